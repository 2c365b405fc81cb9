// How many files are open on the whole machine, and how many may be. Asked by questions.ts.
import { readFile } from 'node:fs/promises';
import type { FilesContext } from '../diagnosis/context.ts';
import type { Asked } from './asked.ts';

/** `allocated unused maximum` (proc_sys_fs(5)); null when it is something else. */
export function parseFiles(fileNr: string): FilesContext | null {
  const [, open, most] = /^(\d+)\s+\d+\s+(\d+)\s*$/.exec(fileNr) ?? [];
  if (open === undefined || most === undefined) return null;
  return { about: 'files', open: Number(open), most: Number(most) };
}

export async function askFiles({ tell }: Asked): Promise<void> {
  const files = parseFiles(await readFile('/proc/sys/fs/file-nr', 'latin1'));
  if (files) tell(files);
}
