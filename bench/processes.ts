// Processor time of running processes, thread by thread, from /proc. The kernel counts it
// in nanoseconds there (schedstat), unlike the ticks of 10 ms in stat.
import { readdirSync, readFileSync } from 'node:fs';
import { pause } from '../test/kernel/children.ts';
import { sum } from './statistics.ts';

/** Milliseconds on a processor by thread; the key is the thread id. */
export type ThreadTimes = ReadonlyMap<number, { readonly name: string; readonly ms: number }>;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // It ended meanwhile.
  }
}

/** What the threads of a process have used so far. */
export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<number, { name: string; ms: number }>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    const [onProcessor] = (read(`${folder}/schedstat`) ?? '').split(' ');
    const name = read(`${folder}/comm`)?.trim();
    if (name) times.set(Number(thread), { name, ms: Number(onProcessor) / 1e6 });
  }
  return times;
}

/** Milliseconds used between two readings, added up by thread name, most first. */
export function usedByName(before: ThreadTimes, after: ThreadTimes): Map<string, number> {
  const used = new Map<string, number>();
  for (const [thread, { name, ms }] of after) {
    const more = ms - (before.get(thread)?.ms ?? 0);
    used.set(name, (used.get(name) ?? 0) + more);
  }
  return new Map([...used].sort(([, a], [, b]) => b - a));
}

/** Milliseconds used between two readings by all threads together. */
export function usedMs(before: ThreadTimes, after: ThreadTimes): number {
  return sum(usedByName(before, after).values());
}

/** Waits until a process hardly does anything any more. Throws when it never comes to rest. */
export async function atRest(pid: number, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let before = threadTimes(pid);
  for (;;) {
    await pause(150);
    const after = threadTimes(pid);
    if (usedMs(before, after) < 12) return;
    if (performance.now() > deadline) throw new Error(`Process ${pid} did not come to rest.`);
    before = after;
  }
}
