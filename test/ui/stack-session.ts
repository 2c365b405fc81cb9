// A session file with stacks of every kind that a real one has, for the tests of the stack
// view and of the flame graph: folded libraries, names without end, 200 frames, none at all.
import { type FrameText, SessionBuilder } from '../fixtures/session-builder.ts';

const MS = 1_000_000;
const LIB = '/usr/lib/x86_64-linux-gnu';
/** A C++ name as a demangler gives it, of 2,000 characters. */
export const TEMPLATE = `net::pool<${'std::pair<int, long>, '.repeat(90)}int>::connect(std::vector<int> const&)`;
export const MARKUP = '<img src=x onerror="window.ran=1">\u202e\u001b[31m';

const cfi = (name: string | null, module: string | null, offset = 0x1f3c0): FrameText => ({
  name,
  module,
  offset,
  quality: 'cfi',
});

const PSQL: readonly FrameText[] = [
  cfi('__connect', `${LIB}/libc.so.6`, 0x10e2a7),
  ...['pqConnectDBStart', 'PQconnectPoll', 'connectDBComplete', 'PQconnectdbParams'].map(
    (name, at) => cfi(name, `${LIB}/libpq.so.5`, 0x9000 + at * 0x90),
  ),
  cfi('do_connect', '/usr/bin/psql'),
  cfi('main', '/usr/bin/psql'),
  cfi('__libc_start_call_main', `${LIB}/libc.so.6`),
  cfi('__libc_start_main_impl', `${LIB}/libc.so.6`),
  cfi('_start', '/usr/bin/psql'),
];
const KERNEL = ['tcp_v4_connect', '__inet_stream_connect', '__sys_connect', '__x64_sys_connect'];

function kernelStack(session: SessionBuilder, names: readonly string[]): number {
  return session.stack(
    'kernel',
    names.map((name) => ({ name, module: 'vmlinux', offset: 0x1e })),
  );
}

function connectStack(
  session: SessionBuilder,
  attempt: number,
  user: number | null,
  kernel: number | null,
): void {
  session.database
    .prepare(
      "UPDATE event SET user_stack_id = ?, kernel_stack_id = ? WHERE attempt_id = ? AND new_state = 'SYN_SENT'",
    )
    .run(user, kernel, attempt);
}

/** Frames of a program whose every function is another; the outermost is main. */
function deep(count: number): FrameText[] {
  const frames = Array.from({ length: count - 1 }, (_, at) => cfi(`step_${at}`, '/opt/deep'));
  return [...frames, cfi('main', '/opt/deep')];
}

/** The failures of a process as one group. */
function groupOf(session: SessionBuilder, owner: number): void {
  const id = session.insert('failure_group', {
    id: 77,
    verdict: 'refused-by-peer',
    error: 'ECONNREFUSED',
    direction: 'outgoing',
    address: '10.0.0.2',
    port: 443,
    first_ns: 1000 * MS,
  });
  session.database
    .prepare(
      "UPDATE attempt SET failure_group = ?, verdict = 'refused-by-peer', confidence = 'certain' WHERE process_id = ?",
    )
    .run(id, owner);
}

/** Attempts by process, oldest first; see each one's comment. */
export function buildStacks(path: string): void {
  const session = new SessionBuilder(path);
  const started = (nth: number) => ({ owner_source: 'connect', started_ns: nth * 1000 * MS });
  const process = (comm: string, exe: string) => session.process(comm, { exe, pid: 500 });
  const kernel = kernelStack(session, KERNEL);

  // Refused by a packet: the failure has the kernel's stack alone.
  const psql = process('psql', '/usr/bin/psql');
  const user = session.stack('user', PSQL, { unwinder: 'cfi' });
  const refused = session.refused({ process_id: psql, ...started(1) });
  connectStack(session, refused, user, kernel);
  const softirq = kernelStack(session, ['tcp_reset', 'tcp_rcv_state_process', 'tcp_v4_rcv']);
  session.database
    .prepare("UPDATE event SET kernel_stack_id = ? WHERE attempt_id = ? AND new_state = 'CLOSE'")
    .run(softirq, refused);

  // Another five of psql, of which two went another way.
  const other = session.stack('user', [cfi('probe', '/usr/bin/psql'), ...PSQL.slice(6)]);
  for (let nth = 0; nth < 5; nth++) {
    const id = session.refused({ process_id: psql, ...started(2) });
    connectStack(session, id, nth < 2 ? other : user, kernel);
  }

  // Names that no line has room for, or that do harm.
  const odd = process('odd', '/opt/odd');
  const names = session.stack('user', [
    cfi(TEMPLATE, '/opt/odd'),
    cfi(MARKUP, `/opt/${MARKUP}`),
    { ...cfi('*render file:///srv/app.js:3:7', '[jit]'), quality: 'jit-map' },
    { ...cfi('walked', '/opt/odd'), quality: 'frame-pointer' },
    { ...cfi(null, '/opt/odd'), quality: 'guess', problem: 'no symbol covers this address' },
    { name: null, module: null, problem: 'process gone before its mappings were read' },
  ]);
  connectStack(session, session.refused({ process_id: odd, ...started(3) }), names, null);

  // 200 frames.
  const deepest = session.stack('user', deep(200), { unwinder: 'cfi' });
  const deepProcess = process('deep', '/opt/deep');
  connectStack(
    session,
    session.refused({ process_id: deepProcess, ...started(4) }),
    deepest,
    kernel,
  );

  // None: left out; names not yet known; accepted; older than the capture.
  const bare = process('bare', '/opt/bare');
  session.refused({ process_id: bare, ...started(5) });
  const waiting = process('waiting', '/opt/waiting');
  const pending = session.stack('user', [{ name: null, module: null }], { symbolized: 0 });
  connectStack(session, session.refused({ process_id: waiting, ...started(6) }), pending, null);
  const server = process('server', '/opt/server');
  const accepted = session.attempt({
    ...started(7),
    process_id: server,
    direction: 'accepted',
    owner_source: 'accept',
    established_ns: 7001 * MS,
  });
  session.event(accepted, 7001, 'state', { old_state: 'SYN_RECV', new_state: 'ESTABLISHED' });
  session.attempt({ process_id: server, owner_source: 'scan', direction: 'unknown' });
  groupOf(session, psql);
  session.database.exec("UPDATE frame SET build_id = printf('%040x', id) WHERE module IS NOT NULL");
  session.close();
}
