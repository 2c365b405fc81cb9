// Rows of the attempt table as the screen knows them. Used by reader.ts for windows and
// for the head of a detail.
import type {
  AttemptRow,
  Direction,
  Outcome,
  OwnerSource,
  SocketCall,
  TcpState,
} from '../../contract/attempt.ts';
import { badgeOf } from '../diagnosis/tell.ts';
import type { SessionClock } from './compile.ts';
import type { SqlRow } from './statements.ts';

const NS_PER_MS = 1_000_000;

/** Columns and tables of a row; conditions over `a` follow. */
export const ROW_SELECT = `SELECT a.id, a.direction, a.call, a.family, a.state, a.outcome, a.failed, a.error,
  p.pid, p.comm, a.owner_source, a.local_address, a.local_port, a.remote_address, a.remote_port,
  a.started_ns, a.established_ns, a.ended_ns, a.retransmits, a.bytes_sent, a.bytes_received,
  a.srtt_us, a.closed_by, a.incomplete, a.verdict, a.confidence
  FROM attempt a LEFT JOIN process p ON p.id = a.process_id`;

/** The rows of some ids, in no order; the one parameter is a JSON array of ids. */
export const ROWS_BY_ID = `${ROW_SELECT} WHERE a.id IN (SELECT value FROM json_each(?))`;

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** ns between two moments as ms, null when either is unknown. */
function msBetween(fromNs: number | null, toNs: number | null): number | null {
  return fromNs === null || toNs === null ? null : (toNs - fromNs) / NS_PER_MS;
}

export const OUTCOMES: readonly Outcome[] = [
  'connecting',
  'open',
  'closed',
  'refused',
  'timed-out',
  'unreachable',
  'abandoned',
  'reset',
  'failed',
  'unknown',
];
const CALLS: readonly SocketCall[] = ['socket', 'bind', 'listen', 'accept'];
const DIRECTIONS: readonly Direction[] = ['outgoing', 'accepted', 'unknown'];
const OWNER_SOURCES: readonly OwnerSource[] = ['connect', 'accept', 'scan', 'listener', 'unknown'];

/** The value if it is one of these; files of other versions, or of strangers, may have more. */
export function oneOf<T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((each) => each === value) ?? otherwise;
}

export function toAttemptRow(row: SqlRow, clock: SessionClock): AttemptRow {
  const startedNs = numberOrNull(row['started_ns']);
  const endedNs = numberOrNull(row['ended_ns']);
  const srttUs = numberOrNull(row['srtt_us']);
  return {
    id: Number(row['id']),
    direction: oneOf(DIRECTIONS, row['direction'], 'unknown'),
    call: CALLS.find((each) => each === row['call']) ?? null,
    family: row['family'] === 'ipv6' ? 'ipv6' : 'ipv4',
    state: String(row['state']) as TcpState,
    outcome: oneOf(OUTCOMES, row['outcome'], 'unknown'),
    failed: row['failed'] === 1,
    error: textOrNull(row['error']),
    pid: numberOrNull(row['pid']),
    comm: textOrNull(row['comm']),
    ownerSource: oneOf(OWNER_SOURCES, row['owner_source'], 'unknown'),
    localAddress: String(row['local_address']),
    localPort: Number(row['local_port']),
    remoteAddress: String(row['remote_address']),
    remotePort: Number(row['remote_port']),
    startedAt: startedNs === null ? null : clock.startedUnixMs + startedNs / NS_PER_MS,
    connectMs: msBetween(startedNs, numberOrNull(row['established_ns'])),
    // Never below zero: a row may be newer than the session's own last line.
    durationMs:
      startedNs === null ? null : Math.max(0, msBetween(startedNs, endedNs ?? clock.nowNs) ?? 0),
    ended: endedNs !== null,
    retransmits: Number(row['retransmits']),
    bytesSent: Number(row['bytes_sent']),
    bytesReceived: Number(row['bytes_received']),
    rttMs: srttUs === null || srttUs === 0 ? null : srttUs / 1000,
    closedBy:
      row['closed_by'] === 'local' || row['closed_by'] === 'remote' ? row['closed_by'] : null,
    incomplete: row['incomplete'] === 1,
    verdict: badgeOf(row['verdict'], row['confidence']),
  };
}
