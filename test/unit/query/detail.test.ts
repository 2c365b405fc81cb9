// One attempt in full: events in words, spans, owner, and stacks with the reason where there is none.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptDetail } from '../../../contract/attempt.ts';
import { openFile } from '../../fixtures/query.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const MS = 1_000_000;
let files = 0;

/** The detail of what `build` adds, read back from a file. */
function detailOf(build: (session: SessionBuilder) => number): AttemptDetail {
  const path = join(directory, `${files++}.synscope`);
  const session = new SessionBuilder(path);
  const id = build(session);
  session.close();
  const reader = openFile(path);
  const detail = reader.attempt(id);
  reader.close();
  if (detail === null) throw new Error(`attempt ${id} is not there`);
  return detail;
}

function texts(detail: AttemptDetail): string[] {
  return detail.events.map(({ atMs, text }) => `${Math.round(atMs)} ${text}`);
}

test('silence: SYNs sent again with their gaps, then given up by the caller', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({
      state: 'CLOSE',
      outcome: 'abandoned',
      failed: 1,
      started_ns: 500 * MS,
      ended_ns: 5500 * MS,
      async: 1,
      fd: 3,
      retransmits: 2,
    });
    const user = session.stack('user', [{ name: 'close', module: '/lib/libc.so.6' }]);
    const opened = session.stack('user', [{ name: 'connect', module: '/lib/libc.so.6' }], {
      fingerprint: 'aabbccddeeff0011',
    });
    session.event(id, 500, 'state', {
      old_state: 'CLOSE',
      new_state: 'SYN_SENT',
      detail: '{"inTask":true}',
      user_stack_id: opened,
    });
    session.event(id, 501, 'connect', {
      detail: '{"fd":3,"result":"EINPROGRESS","via":"fexit","nonblocking":true}',
    });
    session.event(id, 1524, 'retransmit', {
      detail: '{"count":1,"rtoMs":1000,"state":"SYN_SENT"}',
    });
    session.event(id, 3572, 'retransmit', {
      detail: '{"count":2,"rtoMs":2000,"state":"SYN_SENT"}',
    });
    session.event(id, 5500, 'state', {
      old_state: 'SYN_SENT',
      new_state: 'CLOSE',
      detail: '{"inTask":true}',
      user_stack_id: user,
    });
    return id;
  });
  expect(texts(detail)).toEqual([
    '0 CLOSE → SYN_SENT',
    '1 connect(3) returned EINPROGRESS',
    '1024 SYN sent again (1) after 1.02 s',
    '3072 SYN sent again (2) after 2.05 s',
    '5000 SYN_SENT → CLOSE',
  ]);
  expect(detail.spans).toEqual([{ state: 'SYN_SENT', startMs: 0, endMs: 5000 }]);
  expect(detail.stacks.map(({ moment, user }) => [moment, user?.frames[0]?.name])).toEqual([
    ['connect', 'connect'],
    ['failure', 'close'],
  ]);
  expect(detail.stacks[0]?.user?.fingerprint).toBe('aabbccddeeff0011');
  expect(detail.async).toBe(true);
  expect(detail.cookie).toBe('1000');
});

test('a thread that was asked for its stack is a moment and an event for each time', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({ state: 'SYN_SENT', started_ns: 0 });
    const user = session.stack('user', [{ name: 'connect', module: '/lib/libc.so.6' }]);
    const kernel = session.stack('kernel', [{ name: 'wait_woken', module: 'vmlinux' }]);
    session.event(id, 0, 'state', { old_state: 'CLOSE', new_state: 'SYN_SENT' });
    const told = (ms: number, found: object, columns: object) =>
      session.event(id, ms, 'thread-stack', { detail: JSON.stringify(found), ...columns });
    told(12_300, { tid: 1234, in: 'connect' }, { user_stack_id: user, kernel_stack_id: kernel });
    told(13_000, { tid: 1235, thread: 'worker', in: 'another call' }, { user_stack_id: 99 });
    told(14_000, { tid: 1234, in: 'no call', stack: 'unreadable' }, {});
    return id;
  });
  expect(texts(detail).slice(1)).toEqual([
    '12300 asked for its stack: thread 1234 was in connect',
    '13000 asked for its stack: thread 1235 (worker) was not in this connect, but in another system call',
    '14000 asked for its stack: thread 1234 was not in connect, but between system calls',
  ]);
  const [connect, ...asked] = detail.stacks;
  expect(connect).toMatchObject({ moment: 'connect', user: null });
  expect(asked.map(({ moment, atMs }) => [moment, atMs])).toEqual([
    ['asked', 12_300],
    ['asked', 13_000],
    ['asked', 14_000],
  ]);
  expect(asked[0]).toMatchObject({
    asked: { event: detail.events[1]?.id, text: 'thread 1234 was in connect' },
    user: { frames: [{ name: 'connect' }] },
    kernel: { frames: [{ name: 'wait_woken' }] },
    userProblem: null,
    kernelProblem: null,
  });
  expect(asked[1]?.userProblem).toBe(
    'taken, but its record was lost before it reached the session',
  );
  expect(asked[2]?.userProblem).toBe('the stack of the thread could not be read');
  expect(asked[2]?.kernelProblem).toBe('the kernel told nothing of where it waited');
});

test('refused without blocking: the failure came in a packet, and says where to look', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({
      state: 'CLOSE',
      outcome: 'refused',
      failed: 1,
      errno: 111,
      error: 'ECONNREFUSED',
      started_ns: 0,
      ended_ns: MS,
    });
    const user = session.stack('user', [{ name: null, module: null, problem: 'process gone' }]);
    const kernel = session.stack('kernel', [{ name: 'tcp_reset', module: 'vmlinux' }]);
    session.event(id, 0, 'state', {
      old_state: 'CLOSE',
      new_state: 'SYN_SENT',
      detail: '{"inTask":true}',
      user_stack_id: user,
    });
    session.event(id, 0.9, 'reset-received', { detail: '{"state":"SYN_SENT","reason":3}' });
    session.event(id, 0.95, 'error', { errno: 111 });
    session.event(id, 1, 'state', {
      old_state: 'SYN_SENT',
      new_state: 'CLOSE',
      errno: 111,
      kernel_stack_id: kernel,
      detail: 'not JSON',
    });
    session.event(id, 2, 'destroy', { detail: '{"bytesSent":0,"bytesReceived":1500}' });
    return id;
  });
  expect(texts(detail).slice(1)).toEqual([
    "1 RST received in SYN_SENT, kernel's reason 3",
    '1 socket error ECONNREFUSED',
    '1 SYN_SENT → CLOSE, ECONNREFUSED',
    '2 socket freed: 0 B sent, 1.5 kB received',
  ]);
  const failure = detail.stacks.find(({ moment }) => moment === 'failure');
  expect(failure?.user).toBeNull();
  expect(failure?.userProblem).toBe(
    'closed by a packet in softirq: no user stack; see the one taken at connect',
  );
  expect(failure?.kernel?.frames[0]).toMatchObject({ name: 'tcp_reset', module: 'vmlinux' });
  expect(failure?.kernelProblem).toBeNull();
  expect(detail.stacks[0]?.user?.frames[0]).toMatchObject({
    name: null,
    problem: 'process gone',
    address: '0x401000',
  });
});

test('an accepted connection, closed while its process was ending', () => {
  const detail = detailOf((session) => {
    const owner = session.process('nginx', {
      pid: 9,
      cmdline: '["nginx","-g","daemon off;"]',
      unit: 'nginx.service',
    });
    const id = session.attempt({
      process_id: owner,
      owner_source: 'accept',
      direction: 'accepted',
      state: 'CLOSE',
      outcome: 'closed',
      started_ns: 0,
      established_ns: MS,
      ended_ns: 9 * MS,
      thread_comm: 'worker',
      tid: 11,
    });
    session.event(id, 1, 'state', { old_state: 'SYN_RECV', new_state: 'ESTABLISHED' });
    session.event(id, 2, 'accept', { detail: '{"fd":12,"via":"sys-exit"}' });
    session.event(id, 5, 'state', {
      old_state: 'ESTABLISHED',
      new_state: 'FIN_WAIT1',
      detail: '{"inTask":true,"exiting":true}',
    });
    session.event(id, 9, 'state', {
      old_state: 'FIN_WAIT1',
      new_state: 'CLOSE',
      detail: '{"inferred":"no ACK seen"}',
    });
    return id;
  });
  expect(texts(detail)).toEqual([
    '1 SYN_RECV → ESTABLISHED',
    '2 accept() returned fd 12',
    '5 ESTABLISHED → FIN_WAIT1, the process was ending',
    '9 FIN_WAIT1 → CLOSE, concluded: no ACK seen',
  ]);
  expect(detail.spans.map(({ state, startMs, endMs }) => `${state} ${startMs}-${endMs}`)).toEqual([
    'SYN_RECV 0-1',
    'ESTABLISHED 1-5',
    'FIN_WAIT1 5-9',
  ]);
  expect(detail.stacks.map(({ moment, userProblem }) => `${moment}: ${userProblem}`)).toEqual([
    'connect: opened by a packet in softirq, not by a call: no user stack; accept() took it from the backlog later',
    'close: the process was already exiting: no user stack',
  ]);
  expect(detail.owner).toMatchObject({
    pid: 9,
    comm: 'nginx',
    cmdline: ['nginx', '-g', 'daemon off;'],
    unit: 'nginx.service',
  });
  expect([detail.threadComm, detail.tid]).toEqual(['worker', 11]);
});

test('a connection older than the capture, still open', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({
      direction: 'unknown',
      started_ns: null,
      begin_ns: 2 * MS,
      cookie: null,
    });
    session.event(id, 2, 'first-seen', { detail: '{"state":"ESTABLISHED","by":"scan"}' });
    return id;
  });
  expect(texts(detail)).toEqual(['0 found by a scan in ESTABLISHED: its begin was not seen']);
  expect(detail.spans).toEqual([{ state: 'ESTABLISHED', startMs: 0, endMs: null }]);
  expect(detail.stacks.map(({ moment, userProblem }) => `${moment}: ${userProblem}`)).toEqual([
    'connect: older than the capture: its connect was not seen',
  ]);
  expect(detail.row).toMatchObject({ startedAt: null, durationMs: null, ended: false });
  expect([detail.cookie, detail.owner, detail.async]).toEqual([null, null, null]);
});

test('asked of io_uring and carried out by another thread: says so, also where a stack is missing', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({ outcome: 'refused', failed: 1, started_ns: 0, async: 1 });
    session.event(id, 0, 'state', {
      old_state: 'CLOSE',
      new_state: 'SYN_SENT',
      detail: '{"inTask":true}',
      kernel_stack_id: session.stack('kernel', [{ name: 'tcp_v4_connect', module: null }]),
    });
    session.event(id, 1, 'connect', {
      errno: 111,
      detail: '{"fd":4,"result":"ECONNREFUSED","via":"io_uring"}',
    });
    session.event(id, 2, 'call', { detail: '{"call":"bind","result":"EINVAL","via":"io_uring"}' });
    return id;
  });
  expect(detail.via).toBe('io_uring');
  expect(texts(detail)).toEqual([
    '0 CLOSE → SYN_SENT',
    '1 connect(4) returned ECONNREFUSED, through io_uring',
    '2 bind(2) failed with EINVAL, through io_uring',
  ]);
  expect(detail.stacks[0]?.userProblem).toMatch(/^carried out by io_uring apart from its caller/);
});

test('a connect that failed before any state change has its stack at the failure and no cookie', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({
      cookie: null,
      state: 'CLOSE',
      outcome: 'unreachable',
      failed: 1,
      errno: 101,
      error: 'ENETUNREACH',
      started_ns: 0,
      ended_ns: 0,
    });
    const user = session.stack('user', [{ name: 'connect', module: null }]);
    session.event(id, 0, 'connect', {
      errno: 101,
      user_stack_id: user,
      detail: '{"fd":4,"result":"ENETUNREACH","via":"fexit","boundDevice":7,"mark":5}',
    });
    return id;
  });
  expect(texts(detail)).toEqual([
    '0 connect(4) returned ENETUNREACH, the socket bound to interface 7, marked 0x5',
  ]);
  expect(detail.stacks.map(({ moment, user }) => [moment, user?.frames.length])).toEqual([
    ['connect', 1],
    ['failure', 1],
  ]);
});

test('more events than a detail carries: counted, and the spans still whole', () => {
  const detail = detailOf((session) => {
    const id = session.attempt({
      state: 'CLOSE',
      outcome: 'closed',
      started_ns: 0,
      ended_ns: 5000 * MS,
    });
    session.event(id, 0, 'state', { old_state: 'CLOSE', new_state: 'SYN_SENT' });
    session.event(id, 1, 'state', { old_state: 'SYN_SENT', new_state: 'ESTABLISHED' });
    session.database.exec('BEGIN');
    for (let at = 2; at < 2500; at++)
      session.event(id, at, 'retransmit', { detail: '{"state":"ESTABLISHED"}' });
    session.database.exec('COMMIT');
    session.event(id, 5000, 'state', { old_state: 'ESTABLISHED', new_state: 'CLOSE' });
    return id;
  });
  expect(detail.events).toHaveLength(2000);
  expect(detail.eventCount).toBe(2501);
  expect(detail.spans.at(-1)).toEqual({ state: 'ESTABLISHED', startMs: 1, endMs: 5000 });
  expect(detail.events[3]?.text).toBe('data sent again after 1 ms');
});
