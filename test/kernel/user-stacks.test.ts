// Stacks of programs that keep no frame pointers, as distributions build them: each function
// of a known call chain by its name, in order, out to where the program begins.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, many, pause } from './children.ts';
import type { Lab } from './lab.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { buildChain, buildWhole, PACKED, STUB } from './stack-programs.ts';
import { useStage, whyNoKernel } from './stage.ts';
import { at, names, type TraceLine, type TraceMoment } from './trace-run.ts';

const stage = useStage();
const { folder, remove } = scratch();
afterAll(remove);

const DIAL = ['connect', 'inner_dial', 'inner_entry', 'outer_middle', 'outer_entry'];
const WORK = [...DIAL, 'start_work'];
/** What glibc's exported symbols name of the way to main(). */
const START = ['?', '__libc_start_main', '_start'];
const SLOW_MS = '600';

let chain = '';
let lab: Lab;

beforeAll(() => {
  if (whyNoKernel()) return;
  chain = buildChain(`${folder}/chain`);
  lab = stage.lab();
});

/** Functions of glibc that have a name only where its debug package is installed. */
const PRIVATE = new Set(['__libc_start_call_main', 'start_thread', 'clone3', '__clone3']);

function plain(name: string): string {
  if (name.startsWith('0x') || PRIVATE.has(name)) return '?';
  return name === '__libc_start_main_impl' ? '__libc_start_main' : name;
}

/** Names of the functions, `?` where the file as it is distributed has none. */
function functions(stack: readonly string[]): string[] {
  return names(stack).map(plain);
}

async function userStack(
  child: Child,
  moment: TraceMoment['moment'] = 'failure',
): Promise<readonly string[]> {
  const line = await stage.trace.attempt({ pid: child.pid });
  return at(line, moment).userStack;
}

function run(program: string, how: string, port: number, ...more: string[]): Child {
  return lab.client.run(program, [how, lab.server.ipv4, String(port), ...more]);
}

/** A stack that leads to the beginning of the program: its last frame is in the executable. */
function expectComplete(line: TraceLine, frames: number): void {
  const { userStack } = at(line, 'connect');
  expect(userStack.length, userStack.join('\n')).toBeGreaterThanOrEqual(frames);
  expect(names(userStack)[0]).toBe('connect');
  const [beforeLast, last] = userStack.slice(-2);
  expect(beforeLast).toMatch(/^__libc_start_main(_impl)? \(.*libc/);
  expect(last).toContain(`(${line.process?.exe})`);
}

test('through two shared libraries', async () => {
  const line = await stage.trace.attempt({ pid: run(chain, 'direct', 5001).pid });
  for (const moment of ['connect', 'failure'] as const) {
    const { userStack } = at(line, moment);
    expect(functions(userStack)).toEqual([...WORK, 'main', ...START]);
    expect(userStack[1]).toBe(`inner_dial (${folder}/chain/libinner.so)`);
    expect(userStack[4]).toBe(`outer_entry (${folder}/chain/libouter.so)`);
    expect(userStack[5]).toBe(`start_work (${chain})`);
  }
});

test('in a thread', async () => {
  const stack = functions(await userStack(run(chain, 'thread', 5002)));
  expect(stack.slice(0, 7)).toEqual([...WORK, 'thread_main']);
  expect(stack.slice(7)).toEqual(['?', '?']); // start_thread, clone3
});

test('in a thread that outlives the first one', async () => {
  const child = run(chain, 'leaderless', 5006);
  await pause(11_000);
  const stack = functions(await userStack(child));
  expect(stack.slice(0, 7)).toEqual([...WORK, 'late_main']);
});

test('a failure that a packet brings shows the stack of the connect, and says so', async () => {
  lab.server.input('tcp dport 5003 drop');
  const child = run(chain, 'nonblock', 5003);
  await pause(300);
  lab.server.pass(); // The second SYN is answered, in softirq.
  const line = await stage.trace.attempt({ pid: child.pid });
  expect(line.async).toBe(true);
  expect(functions(at(line, 'connect').userStack)).toEqual([...WORK, 'main', ...START]);
  const failure = at(line, 'failure');
  expect(failure.userStack).toEqual([]);
  expect(failure.userProblem).toContain('see the one taken at connect');
  expect(functions(line.userStack)).toEqual([...WORK, 'main', ...START]);
});

test('a lambda in a std::function', async () => {
  const lambda = buildChain(`${folder}/lambda`, 'lambda.cc');
  const stack = await userStack(lab.client.run(lambda, [lab.server.ipv4, '5004']));
  expect(functions(stack).slice(0, 5)).toEqual(DIAL);
  const calls = stack.map((frame) => frame.replace(` (${lambda})`, ''));
  expect(calls[5]).toMatch(
    /^std::_Function_handler<int \(ask const&\), main::\{lambda\(ask const&\)#1\}>::_M_invoke\(/,
  );
  expect(calls[6]).toMatch(
    /^shop::Database::open\(std::function<int \(ask const&\)> const&\)(| \[clone [.\w]+\])$/,
  );
  expect(functions(stack).slice(7)).toEqual(['main', ...START]);
});

for (const [name, flags] of [
  ['static', ['-static']],
  ['static-pie', ['-static-pie', '-fPIE']],
  ['no-pie', ['-no-pie']],
  ['pie', ['-pie', '-fPIE']],
  ['two-segments-in-a-page', PACKED],
] as const) {
  test(`one file, ${name}`, async () => {
    const program = buildWhole(`${folder}/whole`, name, ...flags);
    const [first, ...others] = functions(await userStack(run(program, 'direct', 5005)));
    expect(first).toMatch(/^(__)?connect$/);
    expect(others).toEqual([...WORK.slice(1), 'main', ...START]);
  });
}

test('of a program that ends at once, every time', async () => {
  const times = many(15);
  for (let i = 0; i < times; i++) {
    const child = run(chain, 'direct', 5010 + i);
    const line = await stage.trace.attempt({ pid: child.pid });
    expect(functions(line.userStack), `run ${i + 1}`).toEqual([...WORK, 'main', ...START]);
  }
});

test('of nc, curl and python3 as the distribution ships them', async () => {
  const { server, client } = lab;
  const python = `import socket; socket.create_connection(("${server.ipv4}", 5032))`;
  const children = [
    client.run('nc', ['-w', '1', server.ipv4, '5030']),
    client.run('curl', ['-s', `http://${server.ipv4}:5031/`]),
    client.run('/usr/bin/python3', ['-c', python]),
  ];
  const least = [5, 8, 12];
  for (const [i, child] of children.entries())
    expectComplete(await stage.trace.attempt({ pid: child.pid }), least[i] ?? 0);
});

test('in another mount namespace, where the program has no other name', async () => {
  const inside = `${folder}/inside`;
  mkdirSync(inside, { recursive: true });
  const steps = `mount -t tmpfs tmpfs ${inside} && cp ${folder}/chain/* ${inside} && exec "$@"`;
  const command = [`${inside}/chain`, 'direct', lab.server.ipv4, '5040', SLOW_MS];
  const child = lab.client.run('unshare', ['-m', 'sh', '-c', steps, 'sh', ...command]);
  const stack = await userStack(child);
  expect(functions(stack)).toEqual([...WORK, 'main', ...START]);
  expect(stack[5]).toBe(`start_work (${inside}/chain)`);
});

test('in a chroot', async () => {
  const root = `${folder}/root`;
  buildWhole(root, 'chain', '-static');
  const command = ['/chain', 'direct', lab.server.ipv4, '5041', SLOW_MS];
  const child = lab.client.run('chroot', [root, ...command]);
  expect(functions(await userStack(child)).slice(1, 7)).toEqual([...WORK.slice(1), 'main']);
});

test('of a program whose files were deleted after its start', async () => {
  const gone = `${folder}/gone`;
  cpSync(`${folder}/chain`, gone, { recursive: true });
  const child = run(`${gone}/chain`, 'direct', 5042, SLOW_MS);
  await pause(200);
  rmSync(gone, { recursive: true });
  expect(functions(await userStack(child))).toEqual([...WORK, 'main', ...START]);
});

interface Doubtful {
  readonly name: string | null;
  readonly quality: string;
  readonly problem: string | null;
}

/** Frames of the connect with what makes them less than certain, from the session file. */
async function recorded(start: () => Child): Promise<Doubtful[]> {
  const file = `${folder}/doubtful.synscope`;
  const recording = await Recording.start(file);
  const { pid, ended } = start();
  await ended;
  await recording.stop();
  const found = rows(
    file,
    `SELECT f.name, f.quality, f.problem FROM event e
     JOIN attempt a ON a.id = e.attempt_id JOIN process p ON p.id = a.process_id
     JOIN stack s ON s.id = e.user_stack_id
     JOIN stack_frame ON stack_id = coalesce(same_as, s.id) JOIN frame f ON f.id = frame_id
     WHERE p.pid = ? AND new_state = 'SYN_SENT' ORDER BY depth`,
    pid,
  );
  rmSync(file);
  return found as unknown as Doubtful[];
}

const calls = (frames: readonly Doubtful[]) => frames.map(({ name }) => plain(name ?? '0x'));

/** The program brings the machine code of x86-64. */
const onX86 = test.runIf(process.arch === 'x64');

onX86('code made at run time is stepped over, and it is said how', async () => {
  for (const [how, quality] of [
    ['trampoline', 'guess'],
    ['framed', 'frame-pointer'],
    ['split', 'frame-pointer'], // and a page of each mapping of code has been remapped
  ] as const) {
    const frames = await recorded(() => run(chain, how, 5050));
    expect(calls(frames), how).toEqual([...WORK, '?', 'through', 'main', ...START]);
    const doubtful = frames.flatMap((frame) => (frame.quality === 'cfi' ? [] : [frame]));
    expect(doubtful).toEqual([{ name: 'through', quality, problem: null }]);
  }
});

test('a program without unwind tables ends its stack with the reason, or shows frame pointers', async () => {
  const none = ['-fno-asynchronous-unwind-tables', '-fno-unwind-tables'];
  const bare = buildWhole(`${folder}/whole`, 'bare', ...none);
  const cut = await recorded(() => run(bare, 'direct', 5051));
  expect(calls(cut)).toEqual(['connect', 'inner_dial']);
  expect(cut.at(-1)?.problem).toBe('no unwind information in bare: its caller is not known');
  const framed = buildWhole(`${folder}/whole`, 'framed', ...none, '-fno-omit-frame-pointer');
  const walked = await recorded(() => run(framed, 'direct', 5052));
  expect(calls(walked).slice(0, 7)).toEqual([...WORK, 'main']);
  const qualities = walked.slice(0, 7).map(({ quality }) => quality);
  expect(qualities).toEqual(['cfi', 'cfi', ...Array(5).fill('frame-pointer')]);
  const problems = walked.slice(0, 7).map(({ problem }) => problem);
  const doubt = 'no unwind information: callers may be missing here';
  expect(problems).toEqual([null, doubt, ...Array(5).fill(null)]);
});

onX86('a syscall made without unwind information has its caller, as a guess', async () => {
  const frames = await recorded(() =>
    run(buildWhole(`${folder}/whole`, 'stub', STUB), 'direct', 5054),
  );
  expect(calls(frames)).toEqual([...WORK, 'main', ...START]);
  const doubtful = frames.filter(({ quality }) => quality !== 'cfi');
  expect(doubtful).toEqual([{ name: 'inner_dial', quality: 'guess', problem: null }]);
});

test('a stack deeper than its copy ends with that reason', async () => {
  const frames = await recorded(() => run(chain, 'deep', 5053));
  const names = calls(frames);
  expect(names.slice(0, 6)).toEqual(WORK);
  expect(new Set(names.slice(6))).toEqual(new Set(['recurse']));
  expect(names.length).toBeGreaterThan(6 + 10);
  expect(frames.at(-1)?.problem).toBe('the copied part of the stack (16 KiB) ends here');
});

test('a stack that goes on elsewhere ends with that reason', async () => {
  const frames = await recorded(() => run(chain, 'elsewhere', 5055));
  expect(calls(frames).slice(0, 7)).toEqual([...WORK, 'on_signal']);
  const problem = 'the stack goes on elsewhere: another stack was not copied';
  expect(frames.at(-1)?.problem).toBe(problem);
});
