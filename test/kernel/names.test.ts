// Names of frames by language, and by the debug information that is installed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Child } from './children.ts';
import {
  buildPool,
  compiled,
  connectOf,
  POOL,
  sources,
  stripInto,
  told,
} from './named-programs.ts';
import { scratch } from './session-file.ts';
import { useStage } from './stage.ts';
import { names, type TraceLine } from './trace-run.ts';

const stage = useStage();
const { folder, remove } = scratch();

const cache = `${folder}/go-cache`;

afterAll(remove);

async function lineOf(program: string, ...args: string[]): Promise<TraceLine> {
  const child = new Child(program, args);
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;
  return line;
}

test('lines and inlined functions out of the file itself', async () => {
  buildPool(`${folder}/pool`);
  const { userFrames } = connectOf(await lineOf(`${folder}/pool`, '9'));
  expect(told(userFrames, `${folder}/pool`).slice(0, 3)).toEqual(POOL);
  const [inlined, outer] = userFrames.filter(({ module }) => module === `${folder}/pool`);
  expect(inlined?.address).toBe(outer?.address);
});

/** Facts of the process that reads debug information for the trace. */
function readerStatus(): string {
  const children = execFileSync('pgrep', ['-P', String(stage.trace.child.pid)], {
    encoding: 'utf8',
  });
  const pid = children
    .trim()
    .split('\n')
    .find((child) => readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'synscope-lines');
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}

test('debug information is read by a process without rights', () => {
  const status = readerStatus();
  expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
  expect(status).toMatch(/^CapPrm:\t0+$/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
});

test('names, lines and inlined functions of a stripped file by its debug link', async () => {
  mkdirSync(`${folder}/.debug`);
  buildPool(`${folder}/linked`);
  stripInto(`${folder}/linked`, `${folder}/.debug/linked.debug`);
  execFileSync('objcopy', [
    `--add-gnu-debuglink=${folder}/.debug/linked.debug`,
    `${folder}/linked`,
  ]);
  const { userFrames } = connectOf(await lineOf(`${folder}/linked`, '9'));
  expect(told(userFrames, `${folder}/linked`).slice(0, 3)).toEqual(POOL);
});

test('the debug information of another build is not believed', async () => {
  buildPool(`${folder}/other`);
  stripInto(`${folder}/other`, `${folder}/other.debug`);
  execFileSync('objcopy', [`--add-gnu-debuglink=${folder}/other.debug`, `${folder}/other`]);
  compiled(
    'g++',
    ['-g', '-O0', '-Wl,--build-id', '-o', `${folder}/wrong`, `${sources}pool.cc`],
    cache,
  );
  stripInto(`${folder}/wrong`, `${folder}/other.debug`);
  const { userFrames } = connectOf(await lineOf(`${folder}/other`, '9'));
  const [frame] = userFrames.filter(({ module }) => module === `${folder}/other`);
  expect(frame).toMatchObject({
    name: null,
    file: null,
    buildId: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  expect(frame?.problem).toMatch(/stripped/);
});

test('a truncated file has no names, and harms nobody', async () => {
  buildPool(`${folder}/shrinks`);
  const whole = readFileSync(`${folder}/shrinks`);
  const child = new Child(`${folder}/shrinks`, ['9']);
  await child.ended;
  writeFileSync(`${folder}/half`, whole.subarray(0, whole.length / 2));
  renameSync(`${folder}/half`, `${folder}/shrinks`);
  const line = await stage.trace.attempt({ pid: child.pid });
  expect(line.outcome).toBe('refused');
  const after = await lineOf(`${folder}/pool`, '9');
  expect(told(connectOf(after).userFrames, `${folder}/pool`).slice(0, 3)).toEqual(POOL);
});

test('damaged debug information costs the lines, nothing else', async () => {
  buildPool(`${folder}/damaged`);
  const noise = Buffer.from(
    Array.from({ length: 20_000 }, (_, index) => (index * 167 + 13) & 0xff),
  );
  writeFileSync(`${folder}/noise`, noise);
  for (const section of ['.debug_info', '.debug_abbrev', '.debug_line']) {
    execFileSync('objcopy', [
      '--update-section',
      `${section}=${folder}/noise`,
      `${folder}/damaged`,
    ]);
  }
  const { userFrames } = connectOf(await lineOf(`${folder}/damaged`, '9'));
  expect(names(connectOf(await lineOf(`${folder}/damaged`, '9')).userStack)).toContain('main');
  expect(userFrames.every(({ inlined }) => !inlined)).toBe(true);
  const after = await lineOf(`${folder}/pool`, '9');
  expect(told(connectOf(after).userFrames, `${folder}/pool`).slice(0, 3)).toEqual(POOL);
});

test('names of a megabyte and of control characters are cut and made visible', async () => {
  buildPool(`${folder}/loud`);
  const names = `main evil\u001b[31m${'x'.repeat(2 ** 20)}\n`;
  writeFileSync(`${folder}/names`, names);
  execFileSync('objcopy', ['--strip-debug', `--redefine-syms=${folder}/names`, `${folder}/loud`]);
  const { userFrames } = connectOf(await lineOf(`${folder}/loud`, '9'));
  const name = userFrames.find((frame) => frame.name?.startsWith('evil'))?.name;
  expect(name).toMatch(/^evil\?\[31mx+…$/);
  expect(name?.length).toBeLessThan(3000);
});

const goSource = readFileSync(`${sources}dial.go`, 'utf8').split('\n');
const goLine = (text: string) => goSource.findIndex((line) => line.includes(text)) + 1;
/** Where the goroutine begins, without a frame pointer, the stack ends. */
const GO_CALLS = [
  `main.(*pool).dial dial.go:${goLine('net.Dial(')}`,
  `main.openDatabase dial.go:${goLine('p.dial()')}`,
  `main.main.func1 dial.go:${goLine('go func()')}`,
];

test.for([
  ['Go without a symbol table', 'go', ['-ldflags', '-s -w']],
  ['Go, position-independent', 'go-pie', ['-buildmode=pie', '-ldflags', '-s -w']],
] as const)('%s', async ([, name, flags], { skip }) => {
  const program = `${folder}/${name}`;
  const reason = compiled('go', ['build', ...flags, '-o', program, `${sources}dial.go`], cache);
  if (reason) skip(reason);
  const { userFrames } = connectOf(await lineOf(program, '127.0.0.1:9'));
  expect(told(userFrames, program).slice(-GO_CALLS.length)).toEqual([...GO_CALLS]);
  // Inlined functions are among them, and each has its line.
  expect(userFrames.filter(({ inlined, line }) => inlined && line !== null)).not.toEqual([]);
  for (const { name, file } of userFrames)
    if (name?.startsWith('net.')) expect(file).toMatch(/\/net\//);
});

test.for(['legacy', 'v0'])('Rust, names mangled the %s way', async (scheme, { skip }) => {
  const program = `${folder}/rust-${scheme}`;
  const flags = ['-O', '-C', 'force-frame-pointers=yes', '-Z', 'unstable-options'];
  flags.push('-C', `symbol-mangling-version=${scheme}`);
  const reason = compiled('rustc', [...flags, '-o', program, `${sources}dial.rs`], cache);
  if (reason) skip(reason);
  const found = names(connectOf(await lineOf(program, '127.0.0.1:9')).userStack);
  expect(found).toContain('<dial::Pool as dial::Opens>::open');
  expect(found.join(' ')).not.toMatch(/::h[0-9a-f]{16}|_ZN|_R/);
});
