// Synscope built to take all stacks or none (bpf/stacks.h), to tell what the stacks
// cost: a copy of the checkout below .synscope/bench, with that one decision made
// beforehand.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUT, ROOT } from './output.ts';

/**
 * How many stacks are taken: none; as shipped; the kernel's part of every event; or both parts
 * of every failure and of nothing else. Ten thousand copies of the program's part a second fill
 * any ring.
 */
export type Stacks = 'none' | 'as shipped' | 'every' | 'failures';

const COPIED = ['package.json', 'bpf', 'native', 'contract', 'engine', 'cli', 'serve', 'dist'];
/** Where it is decided whether an event gets its stacks. */
const DECISION = /(\bbool may_take_stacks\([^)]*\)\s*\{\n)/;
const DECIDED = {
  none: '\treturn false;\n',
  every: '\tif (way == STACK_WALK)\n\t\treturn true;\n',
  failures: '\treturn occasion == STACK_OF_FAILURE;\n',
} as const;

const made = new Map<Stacks, { readonly folder: string; readonly problem: unknown }>();

/**
 * The folder of a Synscope that takes these stacks. All of them are copies, so that an edit
 * of the checkout during a bench does not reach one of them alone. Throws when it
 * cannot be built.
 */
export function variant(stacks: Stacks): string {
  // Of this run alone: another one may be under way.
  const own = join(OUTPUT, `variants-${process.pid}`);
  if (made.size === 0) process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  let one = made.get(stacks);
  if (one === undefined) {
    const folder = join(own, stacks.replaceAll(' ', '-'));
    one = { folder, problem: build(folder, stacks) };
    made.set(stacks, one);
  }
  if (one.problem !== null) throw one.problem;
  return one.folder;
}

/** What prevents it; null when it is there. */
function build(folder: string, stacks: Stacks): unknown {
  try {
    mkdirSync(folder, { recursive: true });
    // With their times, so that make builds only what the change touches.
    for (const name of COPIED) {
      const options = { recursive: true, preserveTimestamps: true };
      cpSync(join(ROOT, name), join(folder, name), options);
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    if (stacks !== 'as shipped') decide(folder, DECIDED[stacks]);
    execFileSync('make', ['-C', join(folder, 'native'), '--no-print-directory'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return error;
  }
}

function decide(folder: string, statement: string): void {
  const path = join(folder, 'bpf/stacks.h');
  const before = readFileSync(path, 'utf8');
  if (!DECISION.test(before))
    throw new Error('bpf/stacks.h has no may_take_stacks: bench/variants.ts does not fit it');
  writeFileSync(path, before.replace(DECISION, `$1${statement}`));
}
