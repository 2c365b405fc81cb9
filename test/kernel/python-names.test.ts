// Functions of Python by the map that `python -X perf` writes. It calls each of them through a
// trampoline that no unwind table describes: what is here shows that the way goes on beyond.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Frame } from '../../contract/attempt.ts';
import { Unavailable } from '../kernels/archive.ts';
import { Child } from './children.ts';
import { connectOf, type DetailedMoment, sources } from './named-programs.ts';
import { newerPython, type Python } from './newer-python.ts';
import { useStage, whyNoKernel } from './stage.ts';

const stage = useStage();
const script = `${sources}dial.py`;
const made: string[] = [];
let python: Python | null = null;
let reason = '';

// It may have to be fetched.
beforeAll(async () => {
  if (whyNoKernel()) return;
  try {
    python = await newerPython();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    reason = `skipped: no Python with -X perf: ${error.message}`;
  }
}, 300_000);

afterAll(() => {
  for (const path of made) rmSync(path, { force: true });
});

/** The stack of its connect; `stays`: it lives until then. */
async function dialWith(
  skip: (reason: string) => void,
  flags: readonly string[],
  args: readonly string[],
  stays = true,
): Promise<DetailedMoment> {
  if (!python) skip(reason);
  const { program, args: first, environment } = python as Python;
  const child = new Child(program, [...first, ...flags, script, ...args], environment);
  made.push(`/tmp/perf-${child.pid}.map`);
  if (!stays) child.process.stdin?.end();
  const line = await stage.trace.attempt({ pid: child.pid });
  child.process.stdin?.end();
  const { code, stderr } = await child.ended;
  expect(code, stderr).toBe(0);
  return connectOf(line);
}

const CHAIN = ['Pool.dial', 'open_database', 'main.<locals>.<lambda>', 'main', '<module>'];

function expectChain({ userFrames }: DetailedMoment): void {
  const text = userFrames.map(({ name, quality }) => `${name} ${quality}`).join('\n');
  const ofPython = userFrames.filter(({ quality }) => quality === 'jit-map');
  expect(
    ofPython.map(({ name }) => name),
    text,
  ).toEqual(CHAIN);
  for (const frame of ofPython) expect(frame).toMatchObject({ file: script, problem: null });
  // Out of the last trampoline the tables lead on to where the program begins.
  const last = userFrames.at(-1) as Frame;
  expect(last, text).toMatchObject({ name: '_start', quality: 'cfi' });
}

test('each function in order, out to the beginning of the program', async ({ skip }) => {
  const connect = await dialWith(skip, ['-X', 'perf'], ['9']);
  expectChain(connect);
  expect(connect.userHint).toBeNull();
});

test('of a program that has ended when its stack is looked at', async ({ skip }) => {
  expectChain(await dialWith(skip, ['-X', 'perf'], ['9'], false));
});

test('beyond as many trampolines as one arena holds', async ({ skip }) => {
  expectChain(await dialWith(skip, ['-X', 'perf'], ['9', '10000']));
});

test('without -X perf the interpreter alone, and what to switch on', async ({ skip }) => {
  const { userFrames, userHint } = await dialWith(skip, [], ['9']);
  expect(userFrames.map(({ quality }) => quality)).not.toContain('jit-map');
  expect(userHint).toMatch(/python.*-X perf/i);
});
