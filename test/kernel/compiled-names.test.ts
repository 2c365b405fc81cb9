// Names of code that was compiled while it ran, by the map of its runtime, and what is said
// where there is none.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Child } from './children.ts';
import { compiled, connectOf, type DetailedMoment, sources } from './named-programs.ts';
import { scratch } from './session-file.ts';
import { useStage } from './stage.ts';

const stage = useStage();
const NODE = process.execPath;
const MAPS = ['--perf-basic-prof', '--interpreted-frames-native-stack'];
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

async function dialWith(...flags: string[]): Promise<DetailedMoment> {
  const child = new Child(NODE, [...flags, `${sources}dial.js`, '9']);
  made.push(`/tmp/perf-${child.pid}.map`);
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;
  return connectOf(line);
}

test('JavaScript by its own map: name, file and line', async () => {
  const { userFrames, userHint } = await dialWith(...MAPS);
  const own = userFrames.find(({ name }) => name === 'internalConnect');
  expect(own).toMatchObject({
    module: '[jit]',
    quality: 'jit-map',
    problem: null,
    file: 'node:net',
    line: expect.any(Number),
  });
  expect(userHint).toBeNull();
});

test('without a map, the switches that make node write one', async () => {
  const { userFrames, userHint } = await dialWith();
  expect(userHint).toMatch(
    /^Frames? [0-9–, ]+ (is|are) JavaScript: .*--perf-basic-prof --interpreted-frames-native-stack\.$/,
  );
  const number = Number(/\d+/.exec(userHint ?? '')?.[0]);
  expect(userFrames[number]?.name ?? 'Builtins_').toMatch(/^Builtins_/);
});

test.for([
  ['through a link', (path: string) => symlinkSync(`${path}.real`, path)],
  [
    'of another user',
    (path: string) => {
      renameSync(`${path}.real`, path);
      chownSync(path, 12345, 12345);
    },
  ],
] as const)('a map %s is not read', async ([, put]) => {
  const child = new Child('sh', ['-c', `sleep 1; exec "$0" ${sources}dial.js 9`, NODE]);
  const path = `/tmp/perf-${child.pid}.map`;
  made.push(path, `${path}.real`);
  rmSync(path, { force: true });
  writeFileSync(`${path}.real`, '0 7fffffffffff evil\n');
  put(path);
  const { userFrames, userHint } = connectOf(await stage.trace.attempt({ pid: child.pid }));
  expect(userFrames.map(({ name }) => name)).not.toContain('evil');
  expect(userHint).toContain('--perf-basic-prof');
  await child.ended;
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
