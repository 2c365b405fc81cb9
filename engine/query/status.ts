// What is being looked at: the bar at the top and the status line. From the session table
// and, for the live session, the writer's counters that the host passes in.
import { statSync } from 'node:fs';
import type { HookStatus } from '../../contract/addon.ts';
import type { SessionStatus } from '../../contract/api.ts';
import {
  COUNTER_NAMES,
  type Completeness,
  type CounterComparison,
} from '../../contract/completeness.ts';
import type { Bytes } from '../../contract/units.ts';
import { sumUp } from '../lifecycle/comparison.ts';
import { NAMESPACES } from '../lifecycle/own-counts.ts';
import type { ReadPoint } from './order-cache.ts';
import { textOrNull } from './row.ts';
import type { SqlRow, Statements } from './statements.ts';

/** What only the running capture knows; it overrules what was last written. */
export interface LiveCounters {
  readonly version: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly lost: number;
  readonly ringFill: number;
  readonly unwritten: number;
  readonly hooks: readonly HookStatus[];
  readonly bounds: SessionStatus['bounds'];
  readonly completeness: Completeness | null;
  /** Said besides the notes in the file. */
  readonly notes: readonly string[];
}

export interface SessionNames {
  readonly session: string;
  readonly kind: 'live' | 'file';
  readonly name: string | null;
  readonly path: string | null;
}

function toHook(row: SqlRow): HookStatus {
  return {
    family: String(row['family']),
    hook: String(row['hook']),
    attached: row['attached'] === 1,
    required: row['required'] === 1,
    problem: textOrNull(row['problem']),
  };
}

/** Sentences about the session itself, before the notes that the capture wrote. */
function ownNotes(session: SqlRow, kind: 'live' | 'file'): string[] {
  const notes: string[] = [];
  if (kind === 'file' && session['clean_end'] !== 1) {
    notes.push(
      'The recording ended without being stopped in order: up to its last second may be missing.',
    );
  }
  const dropped = Number(session['dropped_attempts']);
  if (dropped > 0) {
    notes.push(`${dropped} older attempts were dropped to keep the session within its bounds.`);
  }
  return notes;
}

function fileBytes(path: string): Bytes {
  return [path, `${path}-wal`].reduce(
    (sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function toComparison(row: SqlRow): CounterComparison[] {
  const name = COUNTER_NAMES.find((known) => known === row['name']);
  if (name === undefined) return [];
  const { netns, kernel, seen, apart, explanation } = row;
  return [
    {
      netns: Number(netns),
      name,
      kernel: kernel === null ? null : Number(kernel),
      seen: Number(seen),
      apart: Number(apart),
      explanation: textOrNull(explanation),
    },
  ];
}

/** Each namespace that is compared, and what was seen elsewhere. */
const MOST_COMPARISONS = (NAMESPACES + 1) * COUNTER_NAMES.length;

/** As the capture left it. */
function readCompleteness(statements: Statements): Completeness | null {
  const rows = statements.all(`SELECT * FROM comparison ORDER BY netns LIMIT ${MOST_COMPARISONS}`);
  return rows.length === 0 ? null : sumUp(rows.flatMap(toComparison));
}

const COUNTS = `SELECT count(*) AS attempts, sum(failed) AS failures, sum(outcome = 'open') AS open FROM attempt`;

/** Attempts, failures and open ones of the whole session. */
export type AttemptCounts = Pick<SessionStatus, 'attempts' | 'failures' | 'open'>;

export function countAttempts(statements: Statements): AttemptCounts {
  const row = statements.get(COUNTS) ?? {};
  return {
    attempts: Number(row['attempts']),
    failures: Number(row['failures']),
    open: Number(row['open']),
  };
}

/** `file` is where the bytes are, also when `names.path` must stay unsaid. */
export function readStatus(
  statements: Statements,
  names: SessionNames,
  file: string,
  counts: AttemptCounts,
  point: ReadPoint,
  live: LiveCounters | null,
): SessionStatus {
  const session = statements.get('SELECT * FROM session') ?? {};
  const { startedUnixMs, nowNs } = point.clock;
  const written = statements.all('SELECT text FROM note ORDER BY time_ns LIMIT 100');
  const notes = [
    ...ownNotes(session, names.kind),
    ...written.map(({ text }) => String(text)),
    ...(live?.notes ?? []),
  ];
  const hooks = live?.hooks ?? statements.all('SELECT * FROM hook LIMIT 100').map(toHook);
  return {
    ...names,
    startedAt: startedUnixMs,
    endedAt: startedUnixMs + nowNs / 1_000_000,
    host: String(session['host']),
    kernel: String(session['kernel']),
    synscopeVersion: String(session['synscope_version']),
    ...counts,
    events: live?.events ?? Number(session['events']),
    eventsPerSecond: live?.eventsPerSecond ?? 0,
    lost: live?.lost ?? Number(session['lost']) + Number(session['missed']),
    hooks,
    ringFill: live?.ringFill ?? 0,
    unwritten: live?.unwritten ?? 0,
    fileBytes: fileBytes(file),
    bounds: live?.bounds ?? null,
    completeness: live ? live.completeness : readCompleteness(statements),
    notes: [...new Set(notes)],
    version: point.version,
  };
}
