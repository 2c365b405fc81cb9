// Values that a session has for a field, most frequent first: what completion in the
// filter field offers. Behind the `complete` method in reader.ts.
import { type FieldName, fieldByName } from '../../contract/filter/fields.ts';
import { framesOf } from './frame-sql.ts';
import type { Statements } from './statements.ts';

const OFFERED = 20;
/** Newest attempts looked at: completion answers between two keys, at any size of session. */
const LOOKED_AT = 20_000;

/** Newest stacks looked at, of some twenty frames each. */
const STACKS_LOOKED_AT = 2000;
/** A longer name is not completed: nobody reads it in a list. */
const LONGEST_FRAME = 300;

const COLUMNS: { readonly [field in FieldName]?: string } = {
  proc: 'p.comm',
  pid: 'p.pid',
  exe: 'p.exe',
  user: 'p.user',
  uid: 'p.uid',
  unit: 'p.unit',
  container: 'p.container',
  remote: 'a.remote_address',
  raddr: 'a.remote_address',
  rport: 'a.remote_port',
  port: 'a.remote_port',
  local: 'a.local_address',
  laddr: 'a.local_address',
  lport: 'a.local_port',
  state: 'a.state',
  outcome: 'a.outcome',
  error: 'a.error',
  family: 'a.family',
  direction: 'a.direction',
  closedby: 'a.closed_by',
  verdict: 'a.verdict',
  group: "printf('%013x', nullif(a.failure_group, 0))",
  netns: 'a.netns',
};

/** Up to 20 values that begin with `prefix`, in any case; none for a field that is not known. */
export function knownValues(statements: Statements, field: string, prefix: string): string[] {
  const name = fieldByName(field)?.name;
  const pattern = `${prefix.slice(0, 200).replace(/[\\%_]/g, '\\$&')}%`;
  if (name === 'frame') return knownFrames(statements, pattern);
  const column = name === undefined ? undefined : COLUMNS[name];
  if (column === undefined) return [];
  const sql = `SELECT cast(${column} AS TEXT) AS value, count(*) AS count
    FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT ${LOOKED_AT}) a LEFT JOIN process p ON p.id = a.process_id
    WHERE value LIKE ? ESCAPE '\\' GROUP BY value ORDER BY count DESC, value LIMIT ${OFFERED}`;
  return statements.all(sql, pattern).map((row) => String(row['value']));
}

/** Functions that stand in most of the newest stacks. */
function knownFrames(statements: Statements, pattern: string): string[] {
  const sql = `SELECT f.name AS value, count(*) AS count
    FROM (SELECT * FROM stack ORDER BY id DESC LIMIT ${STACKS_LOOKED_AT}) s
    JOIN stack_frame p ON p.stack_id = ${framesOf('s')} JOIN frame f ON f.id = p.frame_id
    WHERE f.name LIKE ? ESCAPE '\\' AND octet_length(f.name) <= ${LONGEST_FRAME}
    GROUP BY value ORDER BY count DESC, value LIMIT ${OFFERED}`;
  return statements.all(sql, pattern).map((row) => String(row['value']));
}
