// Which processes belong to a command: itself, and what it started, as far as that can be
// followed by parents. Used by cli/expect/expect.ts.
//
// A session knows the parent of each process that used TCP. One in between (a shell that
// waits for its child) may not have: so the tree of the living is looked at again and again.
import { readdirSync, readFileSync } from 'node:fs';
import type { Milliseconds } from '../../contract/units.ts';
import type { KnownProcess } from '../../engine/query/processes.ts';

const LEAST_PAUSE_MS: Milliseconds = 1;
/**
 * The pause is this many times the processor time that looking took: a fifth of a core at most. A
 * shell that runs one program lives for some milliseconds, and who is missed takes its children along.
 */
const PAUSE_FACTOR = 4;

function childrenOfThread(pid: number, tid: string): number[] {
  const text = readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Living children; none when the process is gone, or may not be looked at. */
function childrenOf(pid: number): number[] {
  try {
    // Each thread has its own.
    return readdirSync(`/proc/${pid}/task`).flatMap((tid) => childrenOfThread(pid, tid));
  } catch {
    return [];
  }
}

export class Family {
  /** Every process that was seen to belong to it, the living and the dead. */
  readonly pids = new Set<number>();
  #living: Set<number>;
  #timer: NodeJS.Timeout | null = null;

  constructor(root: number) {
    this.pids.add(root);
    this.#living = new Set([root]);
    this.#look();
  }

  #look(): void {
    const before = process.threadCpuUsage();
    const living = new Set<number>();
    const open = [...this.#living];
    for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
      if (living.has(pid)) continue;
      living.add(pid);
      this.pids.add(pid);
      open.push(...childrenOf(pid));
    }
    // A dead one would be looked at for ever, and its number may be another's one day.
    this.#living = new Set([...living].filter(isAlive));
    const { user, system } = process.threadCpuUsage(before);
    const pauseMs = Math.max(LEAST_PAUSE_MS, ((user + system) / 1000) * PAUSE_FACTOR);
    this.#timer = setTimeout(() => this.#look(), pauseMs);
    this.#timer.unref();
  }

  /** Looks no more. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The family with every process of a session that has a parent in it. */
export function withDescendants(
  family: ReadonlySet<number>,
  processes: readonly KnownProcess[],
): Set<number> {
  const all = new Set(family);
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const { pid, parentPid } of processes) {
      if (parentPid !== null && all.has(parentPid)) all.add(pid);
    }
  }
  return all;
}
