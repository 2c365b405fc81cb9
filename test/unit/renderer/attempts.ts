// Rows and details for tests of what the window derives from them: a plain closed
// connection, with the parts that a test is about put in.
import type { AttemptDetail, AttemptEvent, AttemptRow } from '../../../contract/attempt.ts';

export function attempt(part: Partial<AttemptRow> = {}): AttemptRow {
  return {
    id: 1,
    call: null,
    direction: 'outgoing',
    family: 'ipv4',
    state: 'CLOSE',
    outcome: 'closed',
    failed: false,
    error: null,
    pid: 30122,
    comm: 'nc',
    ownerSource: 'connect',
    localAddress: '10.0.0.8',
    localPort: 44410,
    remoteAddress: '10.0.3.7',
    remotePort: 5432,
    startedAt: 1_770_128_306_000,
    connectMs: 18,
    durationMs: 2_300,
    ended: true,
    retransmits: 0,
    bytesSent: 211,
    bytesReceived: 26_000_000,
    rttMs: 17.9,
    closedBy: 'remote',
    incomplete: false,
    verdict: null,
    ...part,
  };
}

/** Given up by its caller after 10.0 s, with SYNs sent again at about 1, 3 and 7 s. */
export function abandoned(part: Partial<AttemptRow> = {}): AttemptRow {
  return attempt({
    outcome: 'abandoned',
    failed: true,
    connectMs: null,
    durationMs: 10_003,
    retransmits: 3,
    rttMs: null,
    bytesSent: 0,
    bytesReceived: 0,
    closedBy: null,
    ...part,
  });
}

let nextEvent = 1;

export function event(atMs: number, part: Partial<AttemptEvent>): AttemptEvent {
  return {
    id: nextEvent++,
    atMs,
    timeNs: atMs * 1e6,
    kind: 'state',
    oldState: null,
    newState: null,
    error: null,
    text: part.kind ?? 'state',
    kernelStack: null,
    userStack: null,
    ...part,
  };
}

export function detail(row: AttemptRow, part: Partial<AttemptDetail> = {}): AttemptDetail {
  return {
    row,
    cookie: '5e1f',
    ordinal: 1,
    netns: 4_026_531_840,
    fd: 3,
    async: false,
    via: 'syscall',
    errno: null,
    owner: null,
    threadComm: null,
    tid: null,
    events: [],
    eventCount: 0,
    spans: [],
    stacks: [],
    verdict: null,
    ...part,
  };
}

/** Details of `abandoned()` with its events and spans. */
export function abandonedDetail(): AttemptDetail {
  const events = [
    event(0, { oldState: 'CLOSE', newState: 'SYN_SENT' }),
    ...[1_021, 3_069, 7_197].map((at) => event(at, { kind: 'retransmit', oldState: 'SYN_SENT' })),
    event(10_003, { oldState: 'SYN_SENT', newState: 'CLOSE' }),
  ];
  const spans = [{ state: 'SYN_SENT' as const, startMs: 0, endMs: 10_003 }];
  return detail(abandoned(), { events, eventCount: events.length, spans });
}
