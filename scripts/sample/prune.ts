// Takes out of a recording what is not of the lab: every attempt of another network
// namespace, with its events, stacks and processes. Says so in a note of the session.
// Called by scripts/record-sample.ts on the raw recording, before it is copied.
import { DatabaseSync } from 'node:sqlite';

/** Statements that leave only what the kept attempts refer to. */
const REST = `
DELETE FROM event WHERE attempt_id NOT IN (SELECT id FROM attempt);
DELETE FROM stack WHERE id NOT IN (
  SELECT kernel_stack_id FROM event WHERE kernel_stack_id IS NOT NULL
  UNION SELECT user_stack_id FROM event WHERE user_stack_id IS NOT NULL
  UNION SELECT same_as FROM stack JOIN event ON user_stack_id = stack.id
  WHERE same_as IS NOT NULL);
DELETE FROM stack_frame WHERE stack_id NOT IN (SELECT id FROM stack);
DELETE FROM frame WHERE id NOT IN (SELECT frame_id FROM stack_frame);
DELETE FROM process WHERE id NOT IN (
  SELECT process_id FROM attempt WHERE process_id IS NOT NULL
  UNION SELECT process_id FROM stack WHERE process_id IS NOT NULL);
UPDATE session SET events = (SELECT count(*) FROM event);
`;

/** Keeps the attempts of these namespaces only, and makes the file small. Returns how many. */
export function prune(file: string, namespaces: readonly number[]): number {
  const database = new DatabaseSync(file);
  try {
    const list = namespaces.map(() => '?').join(',');
    database.exec('BEGIN; PRAGMA defer_foreign_keys = ON');
    database.prepare(`DELETE FROM attempt WHERE netns NOT IN (${list})`).run(...namespaces);
    database.prepare(`DELETE FROM comparison WHERE netns NOT IN (${list})`).run(...namespaces);
    database.exec(REST);
    database
      .prepare('INSERT INTO note (time_ns, text) SELECT coalesce(ended_ns, 0), ? FROM session')
      .run('Recorded in a lab of network namespaces; connections outside of it were taken out.');
    // "6.18.44-host-build" → "6.18.44": the rest names a build, not a kernel.
    database.exec(
      "UPDATE session SET kernel = rtrim(substr(kernel || '-', 1, instr(kernel || '-', '-') - 1))",
    );
    database.exec('COMMIT');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; VACUUM');
    const kept = database.prepare('SELECT count(*) AS n FROM attempt').get();
    return Number(kept?.n);
  } finally {
    database.close();
  }
}
