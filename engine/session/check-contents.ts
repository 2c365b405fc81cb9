// Whether the rows of a session can be shown: a clock that is one, and no text that is
// longer than any that Synscope writes, since each is copied many times on its way to a
// screen. After check-tables.ts, called by open.ts; long texts are cut where they are read.
import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problem.ts';

/** Longest text by columns, bytes. A name is a kernel's 15 bytes or an address; a path has 4,096. */
const NAME_BYTES = 256;
const PATH_BYTES = 16_384;
/** A few sentences, of which a screen gets hundreds at once. */
const EXPLANATION_BYTES = 1024;
const LONGEST: readonly (readonly [table: string, bytes: number, columns: readonly string[]])[] = [
  [
    'attempt',
    NAME_BYTES,
    [
      'direction',
      'family',
      'local_address',
      'remote_address',
      'owner_source',
      'thread_comm',
      'state',
      'outcome',
      'error',
      'closed_by',
    ],
  ],
  ['process', NAME_BYTES, ['comm', 'user']],
  ['process', PATH_BYTES, ['exe', 'cgroup', 'unit', 'container']],
  ['session', PATH_BYTES, ['uuid', 'host', 'kernel', 'synscope_version', 'layout_hash']],
  ['hook', PATH_BYTES, ['family', 'hook', 'problem']],
  ['note', PATH_BYTES, ['text']],
  ['comparison', NAME_BYTES, ['name']],
  ['comparison', EXPLANATION_BYTES, ['explanation']],
];

/** What a JavaScript date can be, less the years that a session could last. */
const LAST_UNIX_MS = 8.64e15 - 1e12;

function strange(path: string, what: string): Problem {
  const sentence = `${path} cannot be shown: ${what}.`;
  return new Problem('damaged-session', sentence, 'Copy it again from where it came from.');
}

function checkTexts(database: DatabaseSync, path: string): void {
  for (const [table, bytes, columns] of LONGEST) {
    const longest = columns.map((column) => `coalesce(max(octet_length(${column})), 0)`);
    // max() of several arguments needs two at least.
    const sql = `SELECT max(0, ${longest.join(', ')}) AS longest FROM ${table}`;
    if (Number(database.prepare(sql).get()?.['longest']) > bytes) {
      throw strange(path, `a text in its table ${table} is longer than any that is recorded`);
    }
  }
}

/** Throws a `Problem` when the session has no sensible clock, or texts of absurd length. */
export function checkContents(database: DatabaseSync, path: string): void {
  const rows = database.prepare('SELECT started_unix_ms AS at FROM session LIMIT 2').all();
  if (rows.length !== 1) throw strange(path, 'it has no line about its session');
  const at = rows[0]?.['at'];
  if (typeof at !== 'number' || !(at >= 0 && at < LAST_UNIX_MS)) {
    throw strange(path, 'the time at which it began is none');
  }
  checkTexts(database, path);
}

/** SQL for a column whose text is cut at `most` bytes when it is longer. */
export function cutText(column: string, most: number): string {
  // Only the length is looked at first: a long text is not even read.
  return `CASE WHEN octet_length(${column}) > ${most} THEN substr(${column}, 1, ${most}) || '…' ELSE ${column} END`;
}
