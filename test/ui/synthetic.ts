// Attempts that nobody made, for tests of the page alone: many rows, odd names, every
// outcome. Anything that a real session can show is tested with a real one.
import type { AskedThread } from '../../contract/api.ts';
import type {
  AttemptDetail,
  AttemptEvent,
  AttemptRow,
  Frame,
  MomentStacks,
  Outcome,
  Stack,
  TcpState,
} from '../../contract/attempt.ts';
import { EVENT, verdictBadge, wholeVerdict } from './synthetic-verdicts.ts';

export const BEGIN = Date.UTC(2026, 1, 3, 14, 17, 0);

const PROCESSES = [
  'firefox',
  'psql',
  'python3',
  'node',
  'curl',
  'sshd',
  'kubectl',
  'prometheus',
  'a-very-long-process-name-that-goes-on',
];
const ENDS: readonly { outcome: Outcome; error: string | null; state: TcpState }[] = [
  { outcome: 'open', error: null, state: 'ESTABLISHED' },
  { outcome: 'closed', error: null, state: 'CLOSE' },
  { outcome: 'abandoned', error: null, state: 'CLOSE' },
  { outcome: 'closed', error: null, state: 'TIME_WAIT' },
  { outcome: 'refused', error: 'ECONNREFUSED', state: 'CLOSE' },
  { outcome: 'open', error: null, state: 'ESTABLISHED' },
  { outcome: 'connecting', error: null, state: 'SYN_SENT' },
  { outcome: 'closed', error: null, state: 'CLOSE' },
  { outcome: 'unreachable', error: 'EHOSTUNREACH', state: 'CLOSE' },
  { outcome: 'open', error: null, state: 'CLOSE_WAIT' },
  { outcome: 'reset', error: 'ECONNRESET', state: 'CLOSE' },
  { outcome: 'timed-out', error: 'ETIMEDOUT', state: 'CLOSE' },
  { outcome: 'failed', error: 'EADDRNOTAVAIL', state: 'CLOSE' },
  { outcome: 'unknown', error: null, state: 'ESTABLISHED' },
];
const FAILURES: readonly Outcome[] = [
  'refused',
  'timed-out',
  'unreachable',
  'abandoned',
  'reset',
  'failed',
];
const WAITS: Partial<Record<Outcome, number>> = {
  refused: 0.12,
  abandoned: 10_003,
  unreachable: 3_060,
  'timed-out': 127_300,
  failed: 0.05,
  connecting: 3_140,
};

/** Attempts come in waves, in the order of their ids. */
function startOf(id: number): number {
  return BEGIN + id * 137 + 40_000 * Math.sin(id / 450);
}

/** The attempt of an id, always the same one. */
export function attemptRow(id: number): AttemptRow {
  const end = ENDS[(id * 5 + Math.floor(id / 14)) % ENDS.length] ?? ENDS[0];
  if (end === undefined) throw new Error('no outcomes');
  const { outcome, error, state } = end;
  const connected = ['open', 'closed', 'reset', 'unknown'].includes(outcome);
  const wait = WAITS[outcome] ?? 0;
  const ipv6 = id % 11 === 0;
  return {
    id,
    call: null,
    direction: id % 5 === 0 ? 'accepted' : 'outgoing',
    family: ipv6 ? 'ipv6' : 'ipv4',
    state,
    outcome,
    failed: FAILURES.includes(outcome),
    error,
    pid: 900 + (id % 30_000),
    comm: PROCESSES[id % PROCESSES.length] ?? null,
    ownerSource: id % 5 === 0 ? 'accept' : 'connect',
    localAddress: ipv6 ? 'fd00::8' : '10.0.0.8',
    localPort: 32_768 + (id % 28_000),
    remoteAddress: ipv6 ? 'fd12:3456:789a:1:2:3:4:5' : `10.0.${id % 9}.${1 + (id % 250)}`,
    remotePort: [443, 5432, 80, 6379, 9100][id % 5] ?? 443,
    startedAt: id === 3 ? null : startOf(id),
    connectMs: connected ? ((id * 37) % 900) / 9 : null,
    durationMs: connected ? ((id * 7919) % 4_000_000) / 3 : wait,
    ended: outcome !== 'open' && outcome !== 'connecting',
    retransmits: outcome === 'abandoned' || outcome === 'connecting' ? 3 : id % 13 === 0 ? 6 : 0,
    bytesSent: connected ? (id * 8_123) % 40_000_000 : 0,
    bytesReceived: connected ? (id * 131_071) % 900_000_000 : 0,
    rttMs: connected ? ((id * 37) % 900) / 10 : null,
    closedBy: outcome === 'closed' ? (id % 2 === 0 ? 'remote' : 'local') : null,
    incomplete: false,
    verdict: verdictBadge(outcome),
  };
}

function event(id: number, atMs: number, part: Partial<AttemptEvent>): AttemptEvent {
  return {
    id,
    atMs,
    timeNs: atMs * 1e6,
    kind: 'state',
    oldState: null,
    newState: null,
    error: null,
    text: '',
    kernelStack: null,
    userStack: null,
    ...part,
  };
}

function frame(name: string | null, module: string, quality: Frame['quality']): Frame {
  const problem = name === null ? 'no symbol table in this module' : null;
  return {
    name,
    module,
    buildId: null,
    offset: 0x1a2b,
    address: '0x00007f21c0de1a2b',
    quality,
    problem,
    file: null,
    line: null,
    inlined: false,
  };
}

/** What debug information tells, where it is installed. */
const SOURCE = { file: '/build/src/bin/psql/command.c', line: 3461, inlined: true };

const USER: Stack = {
  id: 1,
  kind: 'user',
  unwinder: 'frame-pointer',
  symbolized: true,
  fingerprint: '3f9a0c1d2b4e5f60',
  hint: 'frames 3–4 are JavaScript: start node with --perf-basic-prof',
  frames: [
    frame('__connect', '/usr/lib/x86_64-linux-gnu/libc.so.6', 'frame-pointer'),
    frame('pqConnectDBStart', '/usr/lib/x86_64-linux-gnu/libpq.so.5', 'frame-pointer'),
    frame(null, '/usr/lib/x86_64-linux-gnu/libpq.so.5', 'guess'),
    { ...frame('do_connect', '/usr/bin/psql', 'frame-pointer'), ...SOURCE },
    frame(
      'std::_Function_handler<void (int), (anonymous namespace)::ConnectionPool::open()::{lambda(int)#1}>::_M_invoke',
      '/usr/bin/psql',
      'frame-pointer',
    ),
    frame('main', '/usr/bin/psql', 'frame-pointer'),
  ],
};

const KERNEL: Stack = {
  id: 2,
  kind: 'kernel',
  unwinder: 'kernel',
  symbolized: true,
  fingerprint: null,
  hint: null,
  frames: [
    'tcp_connect',
    'tcp_v4_connect',
    '__inet_stream_connect',
    'inet_stream_connect',
    '__sys_connect',
  ].map((name) => frame(name, 'vmlinux', 'kernel')),
};

/** Details with SYNs at about 1, 3 and 7 s for an abandoned attempt, else a short life. */
export function attemptDetail(id: number): AttemptDetail {
  const row = attemptRow(id);
  const lives = row.connectMs !== null;
  const total = row.durationMs ?? 0;
  const tries = [1_021, 3_069, 7_197].filter((at) => at < total).slice(0, row.retransmits);
  const events = [
    event(1, 0, { newState: 'SYN_SENT', oldState: 'CLOSE', text: 'CLOSE → SYN_SENT' }),
    event(2, 0.04, { kind: 'connect', text: 'connect(3) called' }),
    ...(lives
      ? [
          event(3, row.connectMs ?? 0, {
            newState: 'ESTABLISHED',
            oldState: 'SYN_SENT',
            text: 'SYN_SENT → ESTABLISHED',
          }),
        ]
      : []),
    ...tries.map((at, index) =>
      event(10 + index, at, { kind: 'retransmit', oldState: 'SYN_SENT', text: 'SYN sent again' }),
    ),
    ...(row.outcome === 'timed-out'
      ? [
          event(EVENT.drop, 63_000, {
            kind: 'drop',
            text: 'SYN packet to the peer thrown away: NETFILTER_DROP',
          }),
        ]
      : []),
    ...(row.outcome === 'unreachable'
      ? [
          event(EVENT.icmp, total - 0.04, {
            kind: 'icmp',
            text: 'ICMP host unreachable from 10.0.0.1',
          }),
        ]
      : []),
    ...(row.error === null
      ? []
      : [
          event(20, total, {
            kind: 'error',
            error: row.error,
            text: `${row.error} reported to the socket`,
          }),
        ]),
    ...(row.ended
      ? [event(30, total, { newState: 'CLOSE', oldState: 'SYN_SENT', text: 'SYN_SENT → CLOSE' })]
      : []),
    ...(row.failed
      ? [
          event(EVENT.asked, total, {
            kind: 'context',
            text: 'tcp_syn_retries was 6: the kernel gives up after 2 min 7 s',
          }),
        ]
      : []),
  ];
  const spans = [
    {
      state: 'SYN_SENT' as const,
      startMs: 0,
      endMs: lives ? row.connectMs : row.ended ? total : null,
    },
    ...(lives
      ? [
          {
            state: 'ESTABLISHED' as const,
            startMs: row.connectMs ?? 0,
            endMs: row.ended ? total : null,
          },
        ]
      : []),
  ];
  return {
    row,
    cookie: '5e1f',
    ordinal: 1,
    netns: 4_026_531_840,
    fd: 3,
    async: false,
    via: 'syscall',
    errno: null,
    owner: {
      pid: row.pid ?? 0,
      comm: row.comm ?? '',
      exe: '/usr/bin/psql',
      cmdline: ['psql', '-h', 'db-3.internal', 'select 1'],
      uid: 1000,
      user: 'ada',
      unit: 'user@1000.service',
      container: null,
      cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice',
    },
    threadComm: null,
    tid: row.pid,
    events,
    eventCount: events.length,
    spans,
    verdict: wholeVerdict(row, events),
    stacks: [
      {
        moment: 'connect',
        atMs: 0,
        user: USER,
        userProblem: null,
        kernel: KERNEL,
        kernelProblem: null,
      },
      ...(row.ended
        ? [
            {
              moment: 'close' as const,
              atMs: total,
              user: null,
              userProblem: 'a softirq timer has no user stack: this is the one taken at connect',
              kernel: KERNEL,
              kernelProblem: null,
            },
          ]
        : []),
    ],
  };
}

/** The same after its thread was asked for its stack, 12.3 s after the begin; as it was when it was not. */
export function askedDetail(id: number, thread: AskedThread | undefined): AttemptDetail {
  const detail = attemptDetail(id);
  if (thread === undefined) return detail;
  const moment: MomentStacks = {
    moment: 'asked',
    atMs: 12_300,
    asked: { ...thread, text: 'thread 1234 was in connect' },
    user: { ...USER, id: 3, frames: USER.frames.slice(1) },
    userProblem: null,
    kernel: KERNEL,
    kernelProblem: null,
  };
  return { ...detail, stacks: [...detail.stacks, moment] };
}
