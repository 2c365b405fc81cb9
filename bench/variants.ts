// Synscope built with another allowance of stacks (bpf/stacks.h), to tell what the stacks
// cost: a copy of the checkout below .synscope/bench, with one constant changed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUT, ROOT } from './output.ts';

/** How many stacks are taken: none, as shipped, or those of every event. */
export type Stacks = 'none' | 'as shipped' | 'every';

const COPIED = ['package.json', 'bpf', 'native', 'contract', 'engine', 'cli', 'serve', 'dist'];
const ALLOWANCE = /(#define STACKED_EVENTS_PER_WINDOW )\d+/;
const EVENTS_PER_WINDOW = { none: 0, every: 1_000_000_000 } as const;

const built = new Map<Stacks, string>();

/**
 * The folder of a Synscope that takes these stacks. All of them are copies, so that an edit
 * of the checkout during a bench does not reach one of them alone. Throws when the constant
 * is not where it was.
 */
export function variant(stacks: Stacks): string {
  const known = built.get(stacks);
  if (known !== undefined) return known;
  // Of this run alone: another one may be under way.
  const own = join(OUTPUT, `variants-${process.pid}`);
  if (built.size === 0) process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  const folder = join(own, stacks.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  for (const name of COPIED) {
    const from = join(ROOT, name);
    // With their times, so that make builds only what the change touches.
    cpSync(from, join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  if (stacks !== 'as shipped') changeAllowance(folder, EVENTS_PER_WINDOW[stacks]);
  built.set(stacks, folder);
  return folder;
}

function changeAllowance(folder: string, events: number): void {
  const path = join(folder, 'bpf/stacks.h');
  const before = readFileSync(path, 'utf8');
  if (!ALLOWANCE.test(before))
    throw new Error('bpf/stacks.h has no STACKED_EVENTS_PER_WINDOW: see bench/variants.ts');
  writeFileSync(path, before.replace(ALLOWANCE, `$1${events}`));
  execFileSync('make', ['-C', join(folder, 'native'), '--no-print-directory'], { stdio: 'pipe' });
}
