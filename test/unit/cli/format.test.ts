// Lines for people: what they show, what never reaches a terminal, and where a filter's
// caret points.
import { expect, test } from 'vitest';
import { explain, pointInto, UsageProblem } from '../../../cli/complain.ts';
import { formatDuration, parseDuration } from '../../../cli/duration.ts';
import { attemptLine, paintFor, printable } from '../../../cli/format.ts';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { Problem } from '../../../engine/problem.ts';

const plain = paintFor(false);

const refused: AttemptRow = {
  id: 1,
  call: null,
  direction: 'outgoing',
  family: 'ipv4',
  state: 'CLOSE',
  outcome: 'refused',
  failed: true,
  error: 'ECONNREFUSED',
  pid: 812,
  comm: 'curl',
  ownerSource: 'connect',
  localAddress: '10.0.0.1',
  localPort: 54312,
  remoteAddress: '10.0.0.2',
  remotePort: 443,
  startedAt: new Date(2026, 0, 31, 12, 4, 5, 123).getTime(),
  connectMs: null,
  durationMs: 0.2,
  ended: true,
  retransmits: 0,
  bytesSent: 0,
  bytesReceived: 0,
  rttMs: null,
  closedBy: null,
  incomplete: false,
  verdict: null,
};

function words(row: Partial<AttemptRow>): string {
  return attemptLine({ ...refused, ...row }, plain).replaceAll(/ +/g, ' ');
}

test('a refused connect reads from left to right', () => {
  expect(words({})).toBe(
    '12:04:05.123 refused curl[812] 10.0.0.1:54312 → 10.0.0.2:443 after 0.2 ms ECONNREFUSED',
  );
});

test('IPv6, accepted, unknown owners, older connections, ports not chosen', () => {
  expect(words({ localAddress: '::1', remoteAddress: 'fe80::1' })).toContain(
    '[::1]:54312 → [fe80::1]:443',
  );
  expect(words({ direction: 'accepted' })).toContain('10.0.0.1:54312 ← 10.0.0.2:443');
  expect(words({ pid: null, comm: null })).toContain(' unknown 10.0.0.1');
  expect(words({ startedAt: null, durationMs: null })).toMatch(/^ older refused /);
  expect(words({ localPort: 0 })).toContain('10.0.0.1:- →');
  expect(words({ connectMs: 38.2, retransmits: 1, durationMs: 4100 })).toContain(
    'connect 38 ms, after 4.10 s, 1 retransmit ECONNREFUSED',
  );
});

test('a call that failed before there was a connection', () => {
  const call = { error: 'EMFILE', localAddress: '0.0.0.0', localPort: 0, durationMs: 0 } as const;
  const line = (row: Partial<AttemptRow>) => words({ ...call, ...row }).replace(/^\S+ /, '');
  expect(line({ call: 'socket', outcome: 'failed' })).toBe('failed curl[812] socket(2) EMFILE');
  expect(line({ call: 'bind', localAddress: '::', localPort: 80 })).toContain(
    'curl[812] bind(2) on [::]:80 EMFILE',
  );
});

test('a process name cannot command the terminal', () => {
  expect(printable('a\u001b[2Jb\u009b\n')).toBe('a\\x1b[2Jb\\x9b\\x0a');
  expect(words({ comm: '\u001b]0;owned\u0007' })).not.toContain('\u001b');
});

test('colours only where they are wanted', () => {
  expect(paintFor(true)('red', 'x')).toBe('\u001b[31mx\u001b[0m');
  expect(plain('red', 'x')).toBe('x');
});

test.each([
  ['10s', 10_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['1.5s', 1500],
  ['1h', 3_600_000],
])('%s is a duration', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each(['', '10', 's', '-1s', '0s', '1 day', '1e9h', '10s5'])('%j is none', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  [0.04, '0.04 ms'],
  [0.2, '0.2 ms'],
  [38.4, '38 ms'],
  [999.9, '1.00 s'],
  [59_999, '1 m 00 s'],
  [185_000, '3 m 05 s'],
  [7_440_000, '2 h 04 m'],
])('%f ms reads as %s', (milliseconds, expected) => {
  expect(formatDuration(milliseconds)).toBe(expected);
});

test('the caret is under the place, also at the end', () => {
  expect(pointInto('rport = x', { from: 8, to: 9 })).toBe('  rport = x\n          ^');
  expect(pointInto('rport =', { from: 7, to: 7 })).toBe('  rport =\n         ^');
});

test('problems are sentences with their fix, and statuses that scripts can tell apart', () => {
  expect(explain(new UsageProblem('Wrong.'), '')).toEqual({
    text: 'synscope: Wrong.\n',
    status: 2,
  });
  expect(explain(new Problem('EPERM', 'No.', 'Run as root.'), '')).toEqual({
    text: 'synscope: No.\nRun as root.\n',
    status: 1,
  });
  expect(explain(new Error('boom'), '').text).not.toContain('at ');
});
