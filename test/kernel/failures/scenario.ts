// What a scenario of the failure lab is: one way in which a connection fails, made for real in
// network namespaces of its own, and what Synscope must then say of it. The tables are beside
// this file, a family of causes each; test/kernel/failures.test.ts plays them.
import type { Confidence } from '../../../contract/verdict.ts';
import type { Child } from '../children.ts';
import type { Lab, Namespace } from '../lab.ts';

export interface Scenario {
  /** The rule that must find it: engine/diagnosis/rules/. */
  readonly verdict: string;
  /** How it is made, in a few words; with the verdict it is the name of the test. */
  readonly title: string;
  readonly confidence: Confidence;
  /** Name of the errno; null for none. */
  readonly error: string | null;
  /** What the evidence must point at, in any order: kinds of events, and of a context what it is about. */
  readonly proofs: readonly string[];
  /** What the sentence must say. */
  readonly sentence: RegExp;
  /** The failure is looked for in this namespace; whatever else fails there is of the same verdict. */
  readonly side: 'client' | 'server';
  /** A third namespace forwards between the two. */
  readonly router?: boolean;
  /** Hooks or families of them (`drop`, …) without which Synscope cannot tell: docs/kernels.md. */
  readonly needs?: readonly string[];
  /** Where Synscope waits longer than 20 s before it says so. */
  readonly waitMs?: number;
  /** Makes it fail, and gives the program that owns the failure. */
  make(lab: Lab): Promise<Child>;
}

/** A scenario cannot be made here; the message says why. */
export class Unavailable extends Error {}

const PYTHON = '/usr/bin/python3';

/** Runs a script of Python in a namespace; its arguments are `sys.argv[1:]`. */
export function python(space: Namespace, script: string, ...args: string[]): Child {
  return space.run(PYTHON, ['-c', script, ...args]);
}

/** The same as another user, without any capability. */
export function pythonAs(uid: number, space: Namespace, script: string, ...args: string[]): Child {
  const user = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  return space.run('setpriv', [...user, PYTHON, '-c', script, ...args]);
}

/** Waits until a script has printed a word. */
export async function says(child: Child, word: string): Promise<void> {
  await child.until(`"${word}"`, () => child.stdout.includes(word) || undefined);
}
