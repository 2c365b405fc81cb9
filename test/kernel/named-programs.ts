// Programs of test/programs/named/, and what `trace --json` tells of their frames. Used by
// the tests of names.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Frame } from '../../contract/attempt.ts';
import { at, type TraceLine } from './trace-run.ts';

/** Where the sources are, with a slash at the end. */
export const sources = fileURLToPath(new URL('../programs/named/', import.meta.url));

/** Compiles, or gives the reason why not. */
export function compiled(tool: string, args: readonly string[], cache: string): string | null {
  const environment = { ...process.env, GO111MODULE: 'off', GOCACHE: cache, RUSTC_BOOTSTRAP: '1' };
  // A stand-in of a toolchain's manager is there without the toolchain.
  const asked = spawnSync(tool, [tool === 'go' ? 'version' : '--version'], { env: environment });
  if (asked.error || asked.status !== 0) return `skipped: ${tool} is not installed`;
  const { error, status, stderr } = spawnSync(tool, args, { encoding: 'utf8', env: environment });
  if (error) return `skipped: ${tool} is not installed`;
  if (status !== 0) throw new Error(`${tool} failed: ${stderr}`);
  return null;
}

/** Builds pool.cc, optimised and with debug information, under a build-id of its own: names are kept by it. */
export function buildPool(output: string): void {
  const flags = ['-g', '-O2', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls'];
  execFileSync('g++', [
    ...flags,
    `-Wl,--build-id=0x${randomBytes(20).toString('hex')}`,
    '-o',
    output,
    `${sources}pool.cc`,
  ]);
}

/** Strips a program; its debug information becomes `debug`. */
export function stripInto(program: string, debug: string): void {
  execFileSync('objcopy', ['--only-keep-debug', program, debug]);
  execFileSync('strip', [program]);
}

/** A moment with all that is known of its frames. */
export type DetailedMoment = ReturnType<typeof at> & {
  readonly userFrames: readonly Frame[];
  readonly userHint: string | null;
  readonly kernelHint: string | null;
};

/** The stacks of the connect. */
export function connectOf(line: TraceLine): DetailedMoment {
  return at(line, 'connect') as DetailedMoment;
}

/** `name file:line` of the frames of a module, `+` before an inlined one. */
export function told(frames: readonly Frame[], module: string): string[] {
  return frames
    .filter((frame) => frame.module === module)
    .map(({ name, file, line, inlined }) => {
      const place = file === null ? '' : ` ${file.split('/').at(-1)}:${line}`;
      return `${inlined ? '+' : ''}${name}${place}`;
    });
}

const source = readFileSync(`${sources}pool.cc`, 'utf8').split('\n');
const lineWith = (text: string) => source.findIndex((line) => line.includes(text)) + 1;
/** The frames of pool.cc with their lines, innermost first. */
export const POOL = [
  `+raw_connect pool.cc:${lineWith('// LINE')}`,
  expect.stringMatching(
    new RegExp(`pool::Pool<int>::open.* pool.cc:${lineWith('= raw_connect')}$`),
  ),
  `main pool.cc:${lineWith('pool.open(')}`,
];
