// What ENFILE means. The kernel says it when fs.file-max is reached (alloc_empty_file), and
// socket(2) and accept(2) also when there is no memory for the inode of the socket, "not exactly
// a match, but its the closest posix thing" (__sock_create, net/socket.c).
import type { ContextNote, Facts } from '../../facts.ts';

/** Files come and go between the failure and the question. */
const NEARLY_ALL = 0.98;

export interface FileTable {
  readonly files: ContextNote<'files'>;
  readonly full: boolean;
}

/** Null when the files of the machine were not counted. */
export function fileTable(facts: Facts): FileTable | null {
  const files = facts.context('files');
  return files && { files, full: files.detail.open >= files.detail.most * NEARLY_ALL };
}
