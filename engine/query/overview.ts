// Attempts and failures over time, by error and by process: the strip and the overview.
// From the selection, to the `overview` method in reader.ts.
import type { Overview, Selection } from '../../contract/api.ts';
import type { Sql } from './compile.ts';
import type { ReadPoint } from './order-cache.ts';
import { OUTCOMES, oneOf, textOrNull } from './row.ts';
import { selectionConditions, where } from './selection.ts';
import type { Statements } from './statements.ts';

const NS_PER_MS = 1_000_000;
const MAX_BUCKETS = 2000;
/** Processes and errors named; what follows has fewer attempts. */
const MAX_NAMED = 50;

interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The selection's range, else the whole session; milliseconds since it began. */
export function boundsOf(selection: Selection, point: ReadPoint): Bounds {
  const { startedUnixMs, nowNs } = point.clock;
  const fromMs = selection.range === null ? 0 : selection.range.from - startedUnixMs;
  const toMs = selection.range === null ? nowNs / NS_PER_MS : selection.range.to - startedUnixMs;
  return { fromMs, toMs: Math.max(toMs, fromMs + 1) };
}

function readBuckets(
  statements: Statements,
  from: Sql,
  bounds: Bounds,
  count: number,
): { attempts: number; failures: number }[] {
  const buckets = Array.from({ length: count }, () => ({ attempts: 0, failures: 0 }));
  const widthNs = ((bounds.toMs - bounds.fromMs) * NS_PER_MS) / count;
  const sql = `SELECT cast((a.begin_ns - ?) / ? AS INTEGER) AS bucket, count(*) AS attempts, sum(a.failed) AS failures
    FROM attempt a${from.text} GROUP BY bucket`;
  for (const row of statements.all(sql, bounds.fromMs * NS_PER_MS, widthNs, ...from.values)) {
    // Begins before the range (an attempt only overlaps it) and the very end fall into the outermost ones.
    const bucket = buckets[Math.min(count - 1, Math.max(0, Number(row['bucket'])))];
    if (bucket === undefined) continue;
    bucket.attempts += Number(row['attempts']);
    bucket.failures += Number(row['failures']);
  }
  return buckets;
}

function readByError(statements: Statements, conditions: readonly Sql[]): Overview['byError'] {
  const from = where([...conditions, { text: 'a.failed = 1', values: [] }]);
  const sql = `SELECT a.error, a.outcome, count(*) AS count FROM attempt a${from.text}
    GROUP BY a.error, a.outcome ORDER BY count DESC, a.error, a.outcome LIMIT ${MAX_NAMED}`;
  return statements.all(sql, ...from.values).map((row) => {
    const outcome = oneOf(OUTCOMES, row['outcome'], 'unknown');
    return { error: textOrNull(row['error']) ?? outcome, outcome, count: Number(row['count']) };
  });
}

function readByProcess(statements: Statements, from: Sql): Overview['byProcess'] {
  const sql = `SELECT coalesce(p.comm, '') AS comm, sum(n) AS attempts, sum(f) AS failures FROM
    (SELECT a.process_id AS process_id, count(*) AS n, sum(a.failed) AS f FROM attempt a${from.text} GROUP BY a.process_id)
    LEFT JOIN process p ON p.id = process_id
    GROUP BY 1 ORDER BY attempts DESC, failures DESC, comm LIMIT ${MAX_NAMED}`;
  return statements.all(sql, ...from.values).map((row) => ({
    comm: String(row['comm']),
    attempts: Number(row['attempts']),
    failures: Number(row['failures']),
  }));
}

/** Throws a `Problem` for a wrong filter. `byProcess` names attempts without an owner ''. */
export function readOverview(
  statements: Statements,
  selection: Selection,
  buckets: number,
  point: ReadPoint,
): Overview {
  const conditions = selectionConditions(selection, point.clock);
  const from = where(conditions);
  const bounds = boundsOf(selection, point);
  const count = Math.min(MAX_BUCKETS, Math.max(1, Math.floor(buckets) || 1));
  const counted = readBuckets(statements, from, bounds, count);
  const width = (bounds.toMs - bounds.fromMs) / count;
  const { startedUnixMs } = point.clock;
  return {
    from: startedUnixMs + bounds.fromMs,
    to: startedUnixMs + bounds.toMs,
    buckets: counted.map((bucket, index) => ({
      at: startedUnixMs + bounds.fromMs + index * width,
      ...bucket,
    })),
    byError: readByError(statements, conditions),
    byProcess: readByProcess(statements, from),
    attempts: counted.reduce((sum, bucket) => sum + bucket.attempts, 0),
    failures: counted.reduce((sum, bucket) => sum + bucket.failures, 0),
  };
}
