// Names of code that was compiled while it ran, by the map of its runtime, and what is said
// where there is none.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Child } from './children.ts';
import { compiled, connectOf, type DetailedMoment, sources } from './named-programs.ts';
import { scratch } from './session-file.ts';
import { useStage } from './stage.ts';

const stage = useStage();
const NODE = process.execPath;
const MAPS = ['--perf-basic-prof', '--interpreted-frames-native-stack'];
const NOBODY = 65534;
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const;
const made: string[] = [];
const { folder, remove } = scratch();

afterAll(() => {
  for (const path of made) rmSync(path, { force: true });
  remove();
});

/** Why a program cannot be run; null when it can. */
function missing(tool: string): string | null {
  return spawnSync(tool, ['-l']).error ? `skipped: ${tool} is not installed` : null;
}

/** An ordinary user cannot reach every checkout. */
function skipWithoutNobody(skip: (reason: string) => void): void {
  const [program, ...args] = AS_NOBODY;
  const { status, error } = spawnSync(program, [...args, NODE, '--check', `${sources}dial.js`]);
  if (error) skip('skipped: setpriv is not installed');
  if (status !== 0) skip(`skipped: the user ${NOBODY} cannot run ${NODE}`);
}

async function dialWith(...flags: string[]): Promise<DetailedMoment> {
  const child = new Child(NODE, [...flags, `${sources}dial.js`, '9']);
  made.push(`/tmp/perf-${child.pid}.map`);
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;
  return connectOf(line);
}

function expectJavaScript({ userFrames, userHint }: DetailedMoment): void {
  const own = userFrames.find(({ name }) => name === 'internalConnect');
  expect(own).toMatchObject({
    module: '[jit]',
    quality: 'jit-map',
    problem: null,
    file: 'node:net',
    line: expect.any(Number),
  });
  expect(userHint).toBeNull();
}

test('JavaScript by its own map: name, file and line', async () => {
  expectJavaScript(await dialWith(...MAPS));
});

test('without a map, the switches that make node write one', async () => {
  const { userFrames, userHint } = await dialWith();
  expect(userHint).toMatch(
    /^Frames? [0-9–, ]+ (is|are) JavaScript: .*--perf-basic-prof --interpreted-frames-native-stack\.$/,
  );
  const number = Number(/\d+/.exec(userHint ?? '')?.[0]);
  expect(userFrames[number]?.name ?? 'Builtins_').toMatch(/^Builtins_/);
});

/**
 * The connect of a program for which somebody else has put a map there before it begins. It
 * compiles each function at once, so that there is something to name.
 */
async function dialWithForeignMap(
  asUser: readonly string[],
  put: (path: string) => void,
): Promise<DetailedMoment> {
  const [first = 'sh', ...args] = [
    ...asUser,
    ...['sh', '-c', `sleep 1; exec "$0" "$1" ${sources}dial.js 9`, NODE, '--always-sparkplug'],
  ];
  const child = new Child(first, args);
  const path = `/tmp/perf-${child.pid}.map`;
  made.push(path, `${path}.real`);
  rmSync(path, { force: true });
  writeFileSync(`${path}.real`, '0 7fffffffffff foreign\n');
  put(path);
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;
  return connectOf(line);
}

function putOf(owner: number): (path: string) => void {
  return (path) => {
    renameSync(`${path}.real`, path);
    chownSync(path, owner, owner);
  };
}

test.for([
  ['through a link', [], (path: string) => symlinkSync(`${path}.real`, path)],
  ['of another user', [], putOf(12345)],
  ['of another user for the program of an ordinary one', AS_NOBODY, putOf(12345)],
] as const)('a map %s is not read', async ([, asUser, put], { skip }) => {
  if (asUser.length > 0) skipWithoutNobody(skip);
  const { userFrames, userHint } = await dialWithForeignMap(asUser, put);
  expect(userFrames.map(({ name }) => name)).not.toContain('foreign');
  expect(userFrames).toContainEqual(expect.objectContaining({ module: '[jit]', name: null }));
  expect(userHint).toContain('--perf-basic-prof');
});

test('the program of an ordinary user by the map that belongs to them', async ({ skip }) => {
  skipWithoutNobody(skip);
  const child = new Child(AS_NOBODY[0], [
    ...AS_NOBODY.slice(1),
    NODE,
    ...MAPS,
    `${sources}dial.js`,
    '9',
  ]);
  const path = `/tmp/perf-${child.pid}.map`;
  made.push(path);
  const line = await stage.trace.attempt({ pid: child.pid });
  expect(line.process?.uid).toBe(NOBODY);
  expect(statSync(path).uid).toBe(NOBODY);
  expectJavaScript(connectOf(line));
  await child.ended;
});

test('root may name the code of an ordinary user', async ({ skip }) => {
  skipWithoutNobody(skip);
  const { userFrames } = await dialWithForeignMap(AS_NOBODY, putOf(0));
  expect(userFrames.map(({ name }) => name)).toContain('foreign');
});

test('in a container the map is where the process itself sees it, under its own pid', async () => {
  const script = 'mount -t tmpfs tmpfs /tmp && "$@"; true';
  const port = '11';
  const args = [...MAPS, `${sources}dial.js`, port];
  new Child('unshare', ['--pid', '--fork', '--mount', 'sh', '-c', script, 'sh', NODE, ...args]);
  const line = await stage.trace.attempt({ remotePort: Number(port) });
  const { userFrames } = connectOf(line);
  expect(userFrames.map(({ name }) => name)).toContain('internalConnect');
});

test('Java by the map that jcmd makes it write', async ({ skip }) => {
  const source = `${sources}Dial.java`;
  const reason = compiled('javac', ['-d', folder, source], folder) ?? missing('jcmd');
  if (reason) skip(reason);
  const child = new Child('java', [
    '-Xcomp',
    '-XX:+PreserveFramePointer',
    '-cp',
    folder,
    'Dial',
    '13',
    '14',
  ]);
  made.push(`/tmp/perf-${child.pid}.map`);
  await child.until('ready', () => (child.stdout.includes('ready') ? true : undefined), 40_000);
  execFileSync('jcmd', [String(child.pid), 'Compiler.perfmap'], { stdio: 'ignore' });
  child.process.stdin?.write('go\n');
  const line = await stage.trace.attempt({ pid: child.pid, remotePort: 14 });
  const found = connectOf(line)
    .userFrames.map(({ name }) => name)
    .join('\n');
  expect(found).toMatch(/java\.net\.Socket\.connect\([\s\S]* Dial\.main\(/);
  await child.ended;
});
