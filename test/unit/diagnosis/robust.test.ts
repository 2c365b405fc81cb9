// Whatever was recorded, a failure gets a verdict in whole words; whatever a file says, telling
// it survives, and its commands stay harmless.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { AttemptRow, EventKind, Outcome } from '../../../contract/attempt.ts';
import { ERRNO_NAMES, errnoByName } from '../../../contract/errno.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import type { ContextDetail, Tuple } from '../../../engine/diagnosis/context.ts';
import { diagnose } from '../../../engine/diagnosis/diagnosis.ts';
import { RULES } from '../../../engine/diagnosis/rules.ts';
import { tellVerdict } from '../../../engine/diagnosis/tell.ts';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import type { EventDetail, StateDetail } from '../../../engine/session/detail.ts';
import { attempt as attemptRow } from '../renderer/attempts.ts';
import { rowOf } from './verdict.ts';

vi.setConfig({ testTimeout: 60_000 });

const OUTCOMES: readonly Outcome[] = [
  'refused',
  'timed-out',
  'unreachable',
  'abandoned',
  'reset',
  'failed',
];
const KINDS: readonly EventKind[] = [
  ...(['state', 'connect', 'accept', 'retransmit', 'synack-retransmit', 'reset-sent'] as const),
  ...(['reset-received', 'error', 'destroy', 'first-seen', 'drop', 'icmp', 'call'] as const),
];

const errorName = fc.constantFrom(...ERRNO_NAMES);
const comm = fc.constantFrom('curl', 'a b', '$(id)', "'; reboot", '\u001b[31m', '');
const address = fc.constantFrom('', '10.0.0.2', '127.0.0.1', 'fd00::2', '::1', '224.0.0.1');
const port = fc.constantFrom(0, 9, 443, 40_000, 65_535);
const asked = fc.record({ address, port });
const count = fc.constantFrom(0, 1, 7, 100_000);
const tuple: fc.Arbitrary<Tuple> = fc.record({
  source: address,
  sourcePort: port,
  destination: address,
  destinationPort: port,
});

const stateDetail: fc.Arbitrary<StateDetail | null> = fc.option(
  fc.record(
    {
      inTask: fc.constant(true),
      exiting: fc.constant(true),
      softError: errorName,
      by: fc.record({ pid: count, comm }),
    } as const,
    { requiredKeys: [] },
  ),
);

/** What each kind of event may hold. */
const DETAILS: Readonly<Partial<Record<EventKind, fc.Arbitrary<EventDetail | null>>>> = {
  state: stateDetail,
  error: stateDetail,
  connect: fc.record(
    {
      fd: count,
      result: errorName,
      asked,
      via: fc.constant('fexit'),
      nonblocking: fc.constant(true),
    } as const,
    { requiredKeys: ['fd', 'via'] },
  ),
  call: fc.record(
    {
      call: fc.constantFrom('socket', 'bind', 'listen', 'accept', 'connect'),
      result: errorName,
      asked,
      descriptorLimit: count,
      via: fc.constant('io_uring'),
    } as const,
    { requiredKeys: ['call', 'result', 'via'] },
  ),
  retransmit: fc.record(
    { count, rtoMs: count, state: fc.constantFrom('SYN_SENT', 'ESTABLISHED') } as const,
    { requiredKeys: ['count', 'state'] },
  ),
  'reset-sent': fc.record({ state: fc.constantFrom('SYN_SENT', 'ESTABLISHED') } as const),
  drop: fc.record({
    reason: fc.constantFrom(
      'NETFILTER_DROP',
      'TCP_LISTEN_OVERFLOW',
      'QDISC_DROP',
      'NO_SOCKET',
      '9',
    ),
    way: fc.constantFrom('out', 'in'),
    flags: fc.constantFrom('SYN', 'SYN ACK', 'RST', ''),
  } as const),
  icmp: fc.record({
    from: address,
    version: fc.constantFrom(4, 6),
    type: fc.constantFrom(1, 2, 3, 11),
    code: fc.nat(13),
    meaning: fc.constantFrom('host unreachable', ''),
  } as const),
};

const owner = { pid: fc.option(count), comm: fc.option(comm) };
const context: fc.Arbitrary<ContextDetail> = fc.oneof(
  fc.record({
    about: fc.constant('listener' as const),
    listeners: count,
    ...owner,
    elsewhere: fc.array(address),
  }),
  fc.record(
    { about: fc.constant('route' as const), found: fc.boolean(), device: comm, error: comm },
    { requiredKeys: ['about', 'found'] },
  ),
  fc.record({
    about: fc.constant('neighbour' as const),
    address,
    state: fc.constantFrom('FAILED', 'INCOMPLETE', 'REACHABLE'),
    device: comm,
  }),
  fc.record({
    about: fc.constant('ports' as const),
    first: port,
    last: port,
    used: count,
    timeWait: count,
    holders: fc.array(fc.record({ comm, pid: count, count })),
  }),
  fc.record({
    about: fc.constant('conntrack' as const),
    original: tuple,
    reply: tuple,
    state: comm,
    translated: fc.boolean(),
  }),
  fc.record({ about: fc.constant('conntrack-table' as const), entries: count, most: count }),
  fc.record({ about: fc.constant('descriptors' as const), open: count, limit: count }),
  fc.record({
    about: fc.constant('settings' as const),
    synRetries: count,
    linearTimeouts: count,
    givesUpMs: count,
    ipv6Disabled: fc.boolean(),
  }),
  fc.record({ about: fc.constant('holder' as const), address, port, state: comm, ...owner }),
  fc.record({
    about: fc.constant('collision' as const),
    local: address,
    localPort: port,
    peer: address,
    peerPort: port,
    state: comm,
    ...owner,
  }),
  fc.record({
    about: fc.constant('counters' as const),
    rose: fc.dictionary(
      fc.constantFrom('ListenOverflows', 'ListenDrops', 'TCPReqQFullDrop', 'TCPChallengeACK'),
      count,
    ),
  }),
);

interface Noted {
  readonly kind: EventKind;
  readonly oldState: number;
  readonly newState: number;
  readonly error: string | null;
  readonly detail: EventDetail | null;
}

function notedAs(kind: EventKind, detail: fc.Arbitrary<EventDetail | null>): fc.Arbitrary<Noted> {
  return fc.record({
    kind: fc.constant(kind),
    oldState: fc.nat(12),
    newState: fc.nat(12),
    error: fc.option(errorName),
    detail,
  });
}

const noted: fc.Arbitrary<Noted> = fc.oneof(
  ...KINDS.map((kind) => notedAs(kind, DETAILS[kind] ?? fc.constant(null))),
  { arbitrary: notedAs('context', context), weight: 8 },
);

const failure = fc
  .record({
    outcome: fc.constantFrom(...OUTCOMES),
    error: fc.option(errorName),
    direction: fc.constantFrom('outgoing', 'accepted', 'unknown'),
    closedBy: fc.constantFrom('local', 'remote', null),
    localAddress: address,
    localPort: port,
    remoteAddress: address,
    remotePort: port,
    established: fc.boolean(),
    endedFrom: fc.nat(12),
    retransmits: count,
    bytesReceived: count,
    lastedNs: fc.constantFrom(0, 5e6, 70e9),
    events: fc.array(noted, { maxLength: 12 }),
  } as const)
  .map(({ error, established, lastedNs, events, ...facts }) => {
    const attempt = new Attempt(1, 7, 1, 1, 0);
    Object.assign(attempt, facts, {
      failed: true,
      errno: numberOf(error),
      family: facts.remoteAddress.includes(':') ? 'ipv6' : 'ipv4',
      startedNs: 0,
      establishedNs: established ? 10 : null,
      endedNs: lastedNs,
    });
    for (const [index, { error: failed, ...note }] of events.entries()) {
      attempt.notes.add({ ...note, id: index + 1, timeNs: index, errno: numberOf(failed) });
    }
    return attempt;
  });

function numberOf(name: string | null): number {
  return name === null ? 0 : (errnoByName(name) ?? 0);
}

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
];
const value = fc.oneof(
  fc.constantFrom<unknown>(true, false, null, -1, 0, 1e308, '$(id)', '__proto__', 'constructor'),
  fc.constantFrom<unknown>('evil'.repeat(5000), '\u001b[2J', [], {}, ''),
  fc.integer(),
);
const params = fc.dictionary(fc.constantFrom(...PARAMS, '__proto__', 'toString'), value);

test.each(RULES.map(({ id }) => id))('%s is told whatever the file says', (id) => {
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
  for (const { id } of RULES) {
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
  for (const { id } of RULES) {
    const remoteAddress = "10.0.0.1'; touch evil; '";
    expect(isIP(remoteAddress)).toBe(0);
    const row = attemptRow({ remoteAddress, verdict: { id, title: '', confidence: 'certain' } });
    expect(tellVerdict(row, '{}')?.command ?? '').not.toContain('evil');
  }
});
