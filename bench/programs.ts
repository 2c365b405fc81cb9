// The C programs of the benches (bench/programs/), compiled when they are first needed, and
// the one that holds a kernel setting. Next: bench/load.ts.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../test/kernel/children.ts';
import { OUTPUT } from './output.ts';

export type ProgramName = 'churn' | 'getppid' | 'hold' | 'knock' | 'hold-setting';

const compiled = new Map<ProgramName, string>();

/** Path of a compiled program of bench/programs/. */
export function benchProgram(name: ProgramName): string {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const folder = join(OUTPUT, 'programs');
  mkdirSync(folder, { recursive: true });
  const built = join(folder, name);
  const source = join(import.meta.dirname, 'programs', `${name}.c`);
  // Frame pointers, so that stack walkers have something to walk.
  const flags = ['-O2', '-g', '-Wall', '-Wextra', '-pthread', '-fno-omit-frame-pointer'];
  execFileSync('clang', [...flags, '-o', built, source], { stdio: 'inherit' });
  compiled.set(name, built);
  return built;
}

/** Waits until a child has printed a line that begins with `word`. */
export async function heard(child: Child, word: string): Promise<void> {
  await child.until(`"${word}"`, () => (child.stdout.startsWith(word) ? true : undefined));
}

/** Ends a child that waits for the end of its input. */
export async function endInput(child: Child): Promise<void> {
  child.process.stdin?.end();
  const ended = await child.ended;
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}: ${ended.stderr}`);
}

/**
 * Gives a kernel setting another value until the returned function is called, or until this
 * process ends in whatever way: the program that holds it notices. It is none of the
 * children that are killed when this process ends, since it has something left to do then.
 */
export async function holdSetting(file: string, value: string): Promise<() => Promise<void>> {
  const holder = spawn(benchProgram('hold-setting'), [file, value], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    holder.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${file} could not be set or put back.`)),
    );
  });
  await Promise.race([new Promise((resolve) => holder.stdout.once('data', resolve)), ended]);
  return async () => {
    holder.stdin.end();
    await ended;
  };
}
