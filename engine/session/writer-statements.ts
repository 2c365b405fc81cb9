// The statements with which a session is written, and the values that they bind. Used by
// engine/session/writer.ts.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { errnoName } from '../../contract/errno.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import { stateName } from '../lifecycle/tcp-state.ts';

/** Columns that do not change once an attempt has been stored. */
const FIXED = ['id', 'ordinal', 'netns'];
const CHANGING = [
  'cookie',
  'direction',
  'call',
  'family',
  'local_address',
  'local_port',
  'remote_address',
  'remote_port',
  'process_id',
  'owner_source',
  'tid',
  'thread_comm',
  'fd',
  'async',
  'state',
  'outcome',
  'failed',
  'errno',
  'error',
  'begin_ns',
  'started_ns',
  'established_ns',
  'ended_ns',
  'retransmits',
  'bytes_sent',
  'bytes_received',
  'srtt_us',
  'closed_by',
  'incomplete',
  'verdict',
  'confidence',
  'finding',
  'race',
  'failure_group',
];

const PROCESS = [
  'id',
  'pid',
  'start_ns',
  'exec_id',
  'parent_pid',
  'namespace_pid',
  'comm',
  'exe',
  'cmdline',
  'uid',
  'user',
  'gid',
  'cgroup',
  'unit',
  'container',
];

function insert(table: string, columns: readonly string[], verb = 'INSERT'): string {
  const marks = columns.map(() => '?').join(', ');
  return `${verb} INTO ${table} (${columns.join(', ')}) VALUES (${marks})`;
}

const EVENT = [
  'attempt_id',
  'time_ns',
  'kind',
  'old_state',
  'new_state',
  'errno',
  'detail',
  'kernel_stack_id',
  'user_stack_id',
];

const COMPARISON = ['netns', 'name', 'time_ns', 'kernel', 'seen', 'apart', 'explanation'];
const ALERT = ['id', 'time_ns', 'kind', 'title', 'text', 'filter'];

export interface WriterStatements {
  readonly insertEvent: StatementSync;
  readonly insertAttempt: StatementSync;
  readonly updateAttempt: StatementSync;
  readonly putProcess: StatementSync;
  readonly updateSession: StatementSync;
  readonly insertCounter: StatementSync;
  readonly insertNote: StatementSync;
  readonly putComparison: StatementSync;
  readonly insertAlert: StatementSync;
}

export function prepareWriter(database: DatabaseSync): WriterStatements {
  const assignments = CHANGING.map((column) => `${column} = ?`).join(', ');
  return {
    insertEvent: database.prepare(insert('event', EVENT)),
    insertAttempt: database.prepare(insert('attempt', [...FIXED, ...CHANGING])),
    updateAttempt: database.prepare(`UPDATE attempt SET ${assignments} WHERE id = ?`),
    putProcess: database.prepare(insert('process', PROCESS, 'INSERT OR REPLACE')),
    updateSession: database.prepare(
      'UPDATE session SET ended_ns = ?, events = ?, lost = ?, missed = ?, dropped_attempts = ?',
    ),
    insertCounter: database.prepare('INSERT INTO counter (time_ns, name, value) VALUES (?, ?, ?)'),
    insertNote: database.prepare('INSERT INTO note (time_ns, text) VALUES (?, ?)'),
    putComparison: database.prepare(insert('comparison', COMPARISON, 'INSERT OR REPLACE')),
    insertAlert: database.prepare(insert('alert', ALERT)),
  };
}

function flag(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

/** What a rule found, as engine/diagnosis/tell.ts reads it. */
function findingJson({ verdict }: Attempt): string | null {
  if (verdict === null) return null;
  const { params, events } = verdict.finding;
  return JSON.stringify({ params, events });
}

function changingValues(attempt: Attempt): SQLInputValue[] {
  const { cookie, errno } = attempt;
  return [
    typeof cookie === 'bigint' ? BigInt.asIntN(64, cookie) : cookie,
    attempt.direction,
    attempt.call,
    attempt.family,
    attempt.localAddress,
    attempt.localPort,
    attempt.remoteAddress,
    attempt.remotePort,
    attempt.owner?.id ?? null,
    attempt.ownerSource,
    attempt.tid,
    attempt.threadComm,
    attempt.fd,
    flag(attempt.async),
    stateName(attempt.state),
    attempt.outcome,
    flag(attempt.failed),
    errno === 0 ? null : errno,
    errno === 0 ? null : errnoName(errno),
    attempt.beginNs,
    attempt.startedNs,
    attempt.establishedNs,
    attempt.endedNs,
    attempt.retransmits,
    attempt.bytesSent,
    attempt.bytesReceived,
    attempt.srttUs === 0 ? null : attempt.srttUs,
    attempt.closedBy,
    flag(attempt.incomplete),
    attempt.verdict?.rule ?? null,
    attempt.verdict?.finding.confidence ?? null,
    findingJson(attempt),
    attempt.race?.id ?? null,
    attempt.group,
  ];
}

/** Inserts or updates the row of an attempt. */
export function putAttempt(statements: WriterStatements, attempt: Attempt): void {
  const values = changingValues(attempt);
  if (attempt.stored) {
    values.push(attempt.id);
    statements.updateAttempt.run(...values);
  } else {
    statements.insertAttempt.run(attempt.id, attempt.ordinal, attempt.netns, ...values);
  }
}

export function putProcess(statements: WriterStatements, image: ProcessImage): void {
  statements.putProcess.run(
    image.id,
    image.pid,
    image.startNs,
    image.execId,
    image.parentPid,
    image.namespacePid,
    image.comm,
    image.exe,
    JSON.stringify(image.cmdline),
    image.uid,
    image.user,
    image.gid,
    image.cgroup,
    image.unit,
    image.container,
  );
}
