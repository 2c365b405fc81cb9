// Threads that wait in connect(2), asked for their stacks through the engine: each function of
// a known call chain without frame pointers, in order; and the thread goes on as if nobody had.
import { release } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { kernelVersion } from '../../cli/doctor-findings.ts';
import type { AttemptDetail, AttemptRow, MomentStacks } from '../../contract/attempt.ts';
import { startEngine } from '../../engine/engine.ts';
import type { Engine } from '../../engine/engine-types.ts';
import { NEWEST_FIRST, selecting } from '../fixtures/query.ts';
import { atMost, type Child, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { rows, scratch } from './session-file.ts';
import { buildChain } from './stack-programs.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const file = `${folder}/asked.synscope`;
const DIAL = ['inner_dial', 'inner_entry', 'outer_middle', 'outer_entry', 'start_work'];
const ECONNREFUSED = 111;
const SILENT = 5201;
const ANSWERED_LATER = 5202;
const session = 'live';

let lab: Lab;
let chain = '';
/** Waits since before the capture. */
let older: Child;
let engine: Engine;

beforeAll(async () => {
  if (whyNoKernel()) return;
  lab = openLab();
  // However long the tests take, nobody gives up before.
  lab.client.sysctl('net.ipv4.tcp_syn_retries', 12);
  chain = buildChain(`${folder}/chain`);
  beSilent();
  older = run('thread');
  await pause(500);
  engine = await startEngine({ live: { path: file, bounds: null } });
  expect(engine.captureProblem).toBeNull();
});

afterAll(async () => {
  await engine?.stop();
  lab?.close();
  remove();
});

beforeEach((context) => {
  const [major, minor] = kernelVersion(release());
  if (major < 5 || (major === 5 && minor < 18))
    context.skip('skipped: before Linux 5.18 a thread cannot be asked');
});

function beSilent(): void {
  lab.server.pass();
  lab.server.input(`tcp dport { ${SILENT}, ${ANSWERED_LATER} } drop`);
}

function run(how: string, port = SILENT): Child {
  return lab.client.run(chain, [how, lab.server.ipv4, String(port)]);
}

function python(script: string): Child {
  const address = `("${lab.server.ipv4}", ${SILENT})`;
  return lab.client.run('/usr/bin/python3', ['-c', script.replace('ADDRESS', address)]);
}

/** The attempt of a process, once it is there and connecting. */
async function connecting({ pid }: Child): Promise<AttemptRow> {
  const selection = selecting(`pid = ${pid}`);
  const deadline = Date.now() + atMost(10_000);
  for (;;) {
    const query = { session, selection, sort: NEWEST_FIRST, offset: 0, limit: 2 };
    const { rows: found } = await engine.call('attempts', query);
    const [row, ...others] = found;
    expect(others).toEqual([]);
    if (row?.outcome === 'connecting') return row;
    if (Date.now() > deadline) throw new Error(`no attempt of ${pid}`);
    await pause(50);
  }
}

interface Told {
  readonly detail: AttemptDetail;
  readonly moment: MomentStacks;
  readonly user: readonly string[];
  readonly kernel: readonly string[];
}

/** Asks the thread of an attempt, and reads what it told. */
async function ask({ id }: AttemptRow): Promise<Told> {
  const { event } = await engine.call('askThread', { session, id });
  const detail = await engine.call('attempt', { session, id });
  const moment = detail?.stacks.find(({ asked }) => asked?.event === event);
  if (!detail || !moment) throw new Error(`event ${event} is no moment of attempt ${id}`);
  const names = (stack: MomentStacks['user']) => stack?.frames.map(({ name }) => name ?? '?') ?? [];
  return { detail, moment, user: names(moment.user), kernel: names(moment.kernel) };
}

/** From where a thread sleeps out to the system call; the scheduler's own functions the kernel leaves out. */
function expectWaiting(kernel: readonly string[]): void {
  const way = ['wait_woken', '__inet_stream_connect', '__sys_connect'];
  expect(
    kernel.filter((name) => way.includes(name)),
    kernel.join(' '),
  ).toEqual(way);
}

test('of a connect that is older than the capture its thread is found by its socket', async () => {
  const row = await connecting(older);
  const { detail, user } = await ask(row);
  expect(detail.stacks[0]).toMatchObject({ moment: 'connect', user: null });
  expect(detail.stacks[0]?.userProblem).toContain('older than the capture');
  expect(user.slice(0, 7)).toEqual(['connect', ...DIAL, 'thread_main']);
  older.kill('SIGKILL');
});

test('the main thread tells its call chain and where it waits, and is not disturbed', async () => {
  beSilent();
  const [child, twin] = [run('direct', ANSWERED_LATER), run('direct', ANSWERED_LATER)];
  const row = await connecting(child);
  const first = await ask(row);
  expect(first.user.slice(0, 7)).toEqual(['connect', ...DIAL, 'main']);
  expect(first.user.at(-1)).toBe('_start');
  expect(first.moment.user?.frames.slice(0, 7).map(({ quality }) => quality)).toEqual(
    Array(7).fill('cfi'),
  );
  expectWaiting(first.kernel);
  expect(first.moment.asked?.text).toBe(`thread ${child.pid} was in connect`);
  expect(first.detail.events.map(({ text }) => text)).toContain(
    `asked for its stack: thread ${child.pid} was in connect`,
  );
  const again = await ask(row);
  expect(again.user).toEqual(first.user);
  expect(again.detail.stacks.map(({ moment }) => moment)).toEqual(['connect', 'asked', 'asked']);
  // Its next SYN is answered: it ends in the same way as the one that nobody asked.
  lab.server.pass();
  lab.server.input(`tcp dport ${SILENT} drop`);
  const ended = await Promise.all([child.ended, twin.ended]);
  expect(ended.map(({ code }) => code)).toEqual([ECONNREFUSED, ECONNREFUSED]);
  const now = async () => {
    const detail = await engine.call('attempt', { session, id: row.id });
    const calls = detail?.events.filter(({ kind }) => kind === 'connect').length;
    return { calls, ...detail?.row };
  };
  await expect
    .poll(now, { timeout: atMost(5000) })
    .toMatchObject({ calls: 1, outcome: 'refused', error: 'ECONNREFUSED', incomplete: false });
  await expect(engine.call('askThread', { session, id: row.id })).rejects.toMatchObject({
    code: 'attempt-over',
  });
});

test('another thread than the main one tells its own', async () => {
  const child = run('thread');
  const { detail, moment, user, kernel } = await ask(await connecting(child));
  expect(user.slice(0, 7)).toEqual(['connect', ...DIAL, 'thread_main']);
  expect(user).not.toContain('main');
  expectWaiting(kernel);
  expect(detail.tid).not.toBe(child.pid);
  expect(moment.asked?.text).toBe(`thread ${detail.tid} was in connect`);
  child.kill('SIGKILL');
});

test('a thread that waits elsewhere says so', async () => {
  const child = run('nonblock');
  const { moment, user } = await ask(await connecting(child));
  expect(moment.asked?.text).toBe(
    `thread ${child.pid} was not in this connect, but in another system call`,
  );
  expect(user[0]).toMatch(/^(__)?poll$/);
  expect(user.slice(1, 7)).toEqual([...DIAL, 'main']);
  child.kill('SIGKILL');
});

test('a thread that has ended, and one that computes, are told as such', async () => {
  const begin = 's = socket.socket(); s.setblocking(False); s.connect_ex(ADDRESS)';
  const gone = python(`
import socket, threading, time
def work():
    global s
    ${begin}
thread = threading.Thread(target=work); thread.start(); thread.join()
time.sleep(60)`);
  const row = await connecting(gone);
  await expect(engine.call('askThread', { session, id: row.id })).rejects.toMatchObject({
    code: 'no-thread',
    sentence: expect.stringMatching(/^Thread \d+ of python3 \(\d+\) has ended\.$/),
  });
  gone.kill('SIGKILL');
  const busy = python(`import socket; ${begin}\nwhile True: pass`);
  const computing = await connecting(busy);
  // On a machine with more to do than processors it may have been made to wait.
  const answer = await ask(computing).then(
    ({ moment }) => moment.asked?.text,
    (problem: { code: string }) => problem.code,
  );
  expect(answer).toMatch(
    /^(thread-running|thread \d+ was not in connect, but between system calls)$/,
  );
  busy.kill('SIGKILL');
});

test('the session file has the stacks as events of the attempt', async () => {
  await engine.stopCapture();
  const found = rows(
    file,
    `SELECT DISTINCT e.detail ->> 'in' AS place, u.unwinder, k.kind
     FROM event e JOIN attempt a ON a.id = attempt_id JOIN process p ON p.id = a.process_id
     JOIN stack u ON u.id = user_stack_id JOIN stack k ON k.id = kernel_stack_id
     WHERE e.kind = 'thread-stack' AND comm = 'chain' ORDER BY e.id`,
  );
  const asked = (place: string) => ({ place, unwinder: 'cfi', kind: 'kernel' });
  expect(found).toEqual([asked('connect'), asked('another call')]);
  await expect(engine.call('askThread', { session, id: 1 })).rejects.toMatchObject({
    code: 'no-capture',
  });
});
