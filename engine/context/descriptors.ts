// How many descriptors a process has, and how many it may have. Asked by questions.ts.
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostFiles } from '../lifecycle/host-files.ts';
import type { Asked } from './asked.ts';

const host = hostFiles();

/** The soft limit; null when the text has none (`unlimited` is no number either). */
export function parseDescriptorLimit(limits: string): number | null {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** Since Linux 6.2 the size of the folder is their number; listing a million takes a second. */
async function countOf(folder: string): Promise<number> {
  const { size } = await stat(folder);
  return size > 0 ? size : (await readdir(folder)).length;
}

/**
 * EMFILE proves that every number below the limit was in use (alloc_fd, fs/file.c). Fewer are of
 * a process that has closed some since, or exits: its folder is empty then.
 */
export async function askDescriptors({ attempt, tell }: Asked): Promise<void> {
  const { owner } = attempt;
  // Its pid may be another's by now.
  if (owner === null || host.describe(owner.pid, owner.startNs) === null) return;
  const { pid } = owner;
  try {
    const limit = parseDescriptorLimit(await readFile(`/proc/${pid}/limits`, 'latin1'));
    const open = await countOf(`/proc/${pid}/fd`);
    if (limit !== null && open >= limit) tell({ about: 'descriptors', open, limit });
  } catch {
    // The process has ended, or may not be looked at.
  }
}
