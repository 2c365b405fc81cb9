// The programs that the kernel tests run: our own from test/programs/ (compiled here,
// on demand) and what they say on stdout. Used by lab.ts and the tests.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Child } from './children.ts';
import { jsonLines } from './children.ts';

const folder = fileURLToPath(new URL('../programs/', import.meta.url));

/** What test/programs/*.c print: a line at each moment. */
export interface Said {
  readonly moment:
    | ('connect' | 'poll' | 'eof' | 'listening' | 'accept' | 'close')
    | ('ring' | 'socket' | 'bind' | 'listen');
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  /** Socket cookie in hexadecimal, as `ss -e` prints it. */
  readonly cookie: string;
  readonly local: string;
  readonly localPort: number;
  readonly peerPort: number;
  readonly error: string | null;
  readonly received: number;
}

export const PROGRAMS = ['burst', 'dial', 'hold', 'listener', 'ring', 'starve'] as const;

/** Path of a compiled program of test/programs/, compiled again when its source is newer. */
export function program(name: (typeof PROGRAMS)[number]): string {
  const source = `${folder}${name}.c`;
  const built = `${folder}build/${name}`;
  if (existsSync(built) && statSync(built).mtimeMs > statSync(source).mtimeMs) return built;
  mkdirSync(`${folder}build`, { recursive: true });
  const flags = ['-O1', '-g', '-Wall', '-Wextra', '-pthread'];
  // The sample is recorded with them: their sources are named as they lie in the repository.
  const places = [`-ffile-prefix-map=${folder}=test/programs/`, '-ffile-compilation-dir=.'];
  // With frame pointers and no tail calls, so that every function of the chain is a frame.
  const frames = ['-fno-omit-frame-pointer', '-fno-optimize-sibling-calls'];
  execFileSync('clang', [...flags, ...places, ...frames, '-o', built, source], {
    stdio: 'inherit',
  });
  return built;
}

/** Everything that one of our programs has said so far. */
export function said(child: Child): Said[] {
  return jsonLines(child.stdout) as Said[];
}

/** Waits until one of our programs has spoken of a moment, and gives that line. */
export async function hear(
  child: Child,
  moment: Said['moment'],
  timeoutMs?: number,
): Promise<Said> {
  return await child.until(
    `"${moment}" of pid ${child.pid}`,
    () => said(child).find((line) => line.moment === moment),
    timeoutMs,
  );
}
