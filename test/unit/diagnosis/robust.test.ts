// Whatever was recorded, a failure gets a verdict in whole words; whatever a file says, telling
// it survives, and its commands stay harmless.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { AttemptRow } from '../../../contract/attempt.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import { diagnose } from '../../../engine/diagnosis/diagnosis.ts';
import { RULES, TROUBLES } from '../../../engine/diagnosis/rules.ts';
import { tellVerdict } from '../../../engine/diagnosis/tell.ts';
import { attempt as attemptRow } from '../renderer/attempts.ts';
import { address, comm, count, errorName, failure, OUTCOMES, port } from './failures.ts';
import { rowOf } from './verdict.ts';

vi.setConfig({ testTimeout: 60_000 });

const ALL = [...RULES, ...TROUBLES];
const NOT_WORDS = /\b(undefined|NaN|null|Infinity)\b|\[object/;
const IN_COMMANDS = /^[\w\s.:;,/|&(){}'"=>[\]*$?^!\\-]*$/;

function expectWhole(verdict: Verdict): void {
  const texts = [verdict.sentence, ...verdict.evidence.map(({ text }) => text), ...verdict.next];
  for (const text of [...texts, verdict.command ?? '']) expect(text).not.toMatch(NOT_WORDS);
  expect(verdict.sentence).toMatch(/^\S.*\.$/s);
  expect(verdict.sentence.length).toBeLessThan(1500);
  expect(verdict.next.length).toBeGreaterThanOrEqual(1);
  expect(verdict.next.length).toBeLessThanOrEqual(3);
  // A name of a process or a file is never a part of a command.
  expect(verdict.command ?? '').not.toMatch(/\$\(id\)|reboot|\u001b|evil/);
  expect(verdict.command ?? '').toMatch(IN_COMMANDS);
  // What is copied works as it is: a port that is not known is left out.
  expect(verdict.command ?? '').not.toMatch(/\bPORT\b/);
}

test('every failure has a verdict, and its claims name recorded events', () => {
  fc.assert(
    fc.property(failure, (attempt) => {
      attempt.verdict = diagnose(attempt);
      expect(attempt.verdict).not.toBeNull();
      const ids = Object.values(attempt.verdict?.finding.events ?? {});
      const recorded = new Set(attempt.notes.all().map(({ id }) => id));
      for (const id of ids) expect(recorded).toContain(id);
      const finding = JSON.parse(JSON.stringify(attempt.verdict?.finding)) as object;
      const verdict = tellVerdict(rowOf(attempt), JSON.stringify(finding));
      expect(verdict).not.toBeNull();
      if (verdict) expectWhole(verdict);
    }),
    { numRuns: 5000 },
  );
});

const anyRow: fc.Arbitrary<AttemptRow> = fc
  .record({
    comm: fc.option(comm),
    pid: fc.option(count),
    error: fc.option(errorName),
    direction: fc.constantFrom('outgoing', 'accepted', 'unknown'),
    outcome: fc.constantFrom(...OUTCOMES),
    family: fc.constantFrom('ipv4', 'ipv6'),
    durationMs: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
    connectMs: fc.option(count),
    remoteAddress: fc.oneof(address, fc.constantFrom("';evil", '$(evil)', '-evil')),
    localAddress: address,
    remotePort: port,
    localPort: port,
  } as const)
  .map((part) => attemptRow(part));

/** Names that rules ask for, with values of any kind. */
const PARAMS = [
  ...['call', 'result', 'asked', 'whole', 'open', 'limit', 'first', 'last', 'used', 'timeWait'],
  ...['holders', 'state', 'comm', 'pid', 'port', 'policy', 'seen', 'queue', 'rose', 'place'],
  ...['answer', 'from', 'way', 'flags', 'drops', 'reason', 'syns', 'resentAtMs', 'synRetries'],
  ...['linearTimeouts', 'givesUpMs', 'entries', 'most', 'challenges', 'old', 'reply', 'address'],
  ...['device', 'own', 'meaning', 'type', 'code', 'soft', 'how', 'early', 'resent', 'overMs'],
  ...[
    'rtoMs',
    'keepAlive',
    'afterFin',
    'local',
    'elsewhere',
    'routed',
    'noFamily',
    'toMany',
    'netns',
  ],
  ...['timer', 'userTimeoutMs', 'again', 'probes', 'retries2', 'silentMs', 'orphan', 'idleMs'],
  ...['intervalMs', 'mostProbes', 'waiting', 'stalls', 'longestMs', 'totalMs', 'segments'],
  ...['inRow', 'askedRetries'],
];
const value = fc.oneof(
  fc.constantFrom<unknown>(true, false, null, -1, 0, 1e308, '$(id)', '__proto__', 'constructor'),
  fc.constantFrom<unknown>('evil'.repeat(5000), '\u001b[2J', [], {}, ''),
  fc.integer(),
);
const params = fc.dictionary(fc.constantFrom(...PARAMS, '__proto__', 'toString'), value);

test.each(ALL.map(({ id }) => id))('%s is told whatever the file says', (id) => {
  fc.assert(
    fc.property(anyRow, params, fc.dictionary(fc.string(), value), (row, said, events) => {
      const badge = { id, title: '', confidence: 'likely' } as const;
      const finding = JSON.stringify({ params: said, events });
      const verdict = tellVerdict({ ...row, verdict: badge }, finding);
      if (!verdict) throw new Error('no verdict');
      expectWhole(verdict);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ...[null, 7, '', '{', '[]', '"x"', 'null', '{"params":7,"events":[]}'],
  '{"params":{"__proto__":{"comm":"x"}},"events":{"reset":"1","end":1.5,"call":1e99}}',
])('a finding that is none of ours: %s', (finding) => {
  for (const { id } of ALL) {
    const verdict = tellVerdict(
      attemptRow({ verdict: { id, title: '', confidence: 'certain' } }),
      finding,
    );
    if (!verdict) throw new Error('no verdict');
    expectWhole(verdict);
    // Without events, the only claims are those of the row itself.
    expect(verdict.evidence.filter(({ eventId }) => eventId !== null)).toEqual([]);
  }
});

test('an address that is none does not get into a command', () => {
  for (const { id } of ALL) {
    const remoteAddress = "10.0.0.1'; touch evil; '";
    expect(isIP(remoteAddress)).toBe(0);
    const row = attemptRow({ remoteAddress, verdict: { id, title: '', confidence: 'certain' } });
    expect(tellVerdict(row, '{}')?.command ?? '').not.toContain('evil');
  }
});
