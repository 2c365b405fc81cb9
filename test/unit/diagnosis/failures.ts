// Failures that a machine might record, made up by fast-check: any outcome, errno, events and
// answers of the machine. Used by robust.test.ts.
import fc from 'fast-check';
import type { EventKind, Outcome } from '../../../contract/attempt.ts';
import { ERRNO_NAMES, errnoByName } from '../../../contract/errno.ts';
import type { ContextDetail, Tuple } from '../../../engine/diagnosis/context.ts';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import type { EventDetail, StateDetail } from '../../../engine/session/detail.ts';

export const OUTCOMES: readonly Outcome[] = [
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

export const errorName = fc.constantFrom(...ERRNO_NAMES);
export const comm = fc.constantFrom('curl', 'a b', '$(id)', "'; reboot", '\u001b[31m', '');
export const address = fc.constantFrom('', '10.0.0.2', '127.0.0.1', 'fd00::2', '::1', '224.0.0.1');
export const port = fc.constantFrom(0, 9, 443, 40_000, 65_535);
const asked = fc.record({ address, port });
export const count = fc.constantFrom(0, 1, 7, 100_000);
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
  fc.record({
    about: fc.constant('listener' as const),
    listeners: fc.nat(1),
    ...owner,
    device: comm,
    ipv6Only: fc.constant(true as const),
    maybeIpv6Only: fc.constant(true as const),
  }),
  fc.record(
    {
      about: fc.constant('route' as const),
      found: fc.boolean(),
      many: fc.constant('broadcast' as const),
      device: comm,
      error: comm,
    },
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
  fc.record({ about: fc.constant('nat' as const) }),
  fc.record({ about: fc.constant('conntrack-table' as const), entries: count, most: count }),
  fc.record({ about: fc.constant('descriptors' as const), open: count, limit: count }),
  fc.record({ about: fc.constant('files' as const), open: count, most: count }),
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

export const failure = fc
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
