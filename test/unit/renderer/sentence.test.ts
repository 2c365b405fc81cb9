import { expect, test } from 'vitest';
import { commandLine } from '../../../renderer/panels/details/facts.tsx';
import { describeAttempt } from '../../../renderer/panels/details/sentence.ts';
import { abandoned, abandonedDetail, attempt, detail, event } from './attempts.ts';

const text = (of: Parameters<typeof describeAttempt>[0]): string =>
  describeAttempt(of)
    .map((sentence) => sentence.text)
    .join(' ');

test('given up by the caller', () => {
  expect(text(abandonedDetail())).toBe(
    '4 SYNs to 10.0.3.7:5432, no connection. nc gave up after 10.0 s: the socket was closed before an answer came.',
  );
});

test('refused, with the RST that was recorded', () => {
  const refused = abandoned({
    outcome: 'refused',
    error: 'ECONNREFUSED',
    durationMs: 0.12,
    retransmits: 0,
  });
  const spans = [{ state: 'SYN_SENT' as const, startMs: 0, endMs: 0.12 }];
  expect(text(detail(refused, { spans, events: [event(0.12, { kind: 'reset-received' })] }))).toBe(
    '10.0.3.7:5432 refused after 0.12 ms (ECONNREFUSED). A RST came from the remote.',
  );
  expect(text(detail(refused, { spans }))).not.toContain('RST');
});

test('no SYN is claimed where none was seen', () => {
  const noPort = abandoned({
    outcome: 'failed',
    error: 'EADDRNOTAVAIL',
    durationMs: 0.05,
    retransmits: 0,
  });
  expect(text(detail(noPort))).toBe(
    'No SYN left for 10.0.3.7:5432. It failed after 0.05 ms with EADDRNOTAVAIL.',
  );
});

test('closed in order, with what went over it', () => {
  expect(text(detail(attempt()))).toBe(
    'Connected to 10.0.3.7:5432 in 18 ms. The remote closed first after 2.3 s. 211 B sent, 26 MB received.',
  );
});

test('older than the capture', () => {
  const older = attempt({
    startedAt: null,
    connectMs: null,
    durationMs: null,
    ended: false,
    outcome: 'open',
  });
  expect(text(detail(older))).toContain('its begin was not seen');
});

test('lost events are said', () => {
  expect(text(detail(attempt({ incomplete: true })))).toContain('may have been lost');
});

test('a command line can be pasted into a shell', () => {
  expect(commandLine(['psql', '-c', "select 'x'"])).toBe(`psql -c 'select '\\''x'\\'''`);
});
