// What SQLite says when a session file cannot be written, as a sentence for the person:
// what happened, what it means, what to do. Used by engine/session/writer.ts and the
// writer worker.

/** Result codes of SQLite by number (https://sqlite.org/rescode.html). */
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;

function sqliteCode(error: unknown): number {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return error.errcode & 0xff;
  }
  return 0;
}

/** The sentence for a failed write. */
export function writeTrouble(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case SQLITE_FULL:
      return 'The disk is full: new events are not saved. What was saved is kept.';
    case SQLITE_READONLY:
      return 'The session file became read-only: new events are not saved. What was saved is kept.';
    case SQLITE_IOERR:
      return `The disk refused a write (${message}): new events are not saved. What was saved is kept.`;
    case SQLITE_CANTOPEN:
      return `The session file cannot be opened for writing: ${message}.`;
    default:
      return `The session file could not be written: ${message}. What was saved is kept.`;
  }
}
