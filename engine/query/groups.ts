// Failures of the same kind, together: the `groups` method in reader.ts. The writer gave each
// failure its group (engine/session/writer-groups.ts), so that one index answers this.

import type { Selection } from '../../contract/api.ts';
import type { Direction } from '../../contract/attempt.ts';
import { type FailureGroup, type FailureGroups, SPARKLINE_BARS } from '../../contract/groups.ts';
import { badgeOf } from '../diagnosis/tell.ts';
import { cutText } from '../session/check-contents.ts';
import type { Sql } from './compile.ts';
import { destinationText, groupName } from './group-name.ts';
import type { ReadPoint } from './order-cache.ts';
import { boundsOf } from './overview.ts';
import { oneOf, textOrNull } from './row.ts';
import { selectionConditions, where } from './selection.ts';
import type { SqlRow, Statements } from './statements.ts';

const NS_PER_MS = 1_000_000;
/** What began in a session's first minute was there before; after a minute it is new no more. */
export const NEW_NS = 60_000_000_000;
const MAX_GROUPS = 500;
const MAX_PROCESSES = 20;
const DIRECTIONS: readonly Direction[] = ['outgoing', 'accepted', 'unknown'];
const TEXT_BYTES = 512;

/** One group as it was counted. */
interface Counted {
  readonly id: number;
  readonly count: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly exampleId: number;
  readonly bars: number[];
}

function count(statements: Statements, from: Sql, fromNs: number, barNs: number): Counted[] {
  // One text of bars for each group: a row for each bar of each would cost ten times as much.
  const sql = `SELECT a.failure_group AS id, count(*) AS count, min(a.begin_ns) AS first, max(a.begin_ns) AS last,
      max(a.id) AS example, group_concat(cast((a.begin_ns - ?) / ? AS INTEGER)) AS bars
    FROM attempt a${from.text} GROUP BY a.failure_group`;
  return statements.all(sql, fromNs, barNs, ...from.values).map((row) => ({
    id: Number(row['id']),
    count: Number(row['count']),
    firstNs: Number(row['first']),
    lastNs: Number(row['last']),
    exampleId: Number(row['example']),
    bars: barsOf(String(row['bars'])),
  }));
}

/** `0,0,3,23` → how often each bar is named. */
function barsOf(text: string): number[] {
  const bars = new Array<number>(SPARKLINE_BARS).fill(0);
  let from = 0;
  while (from <= text.length) {
    const comma = text.indexOf(',', from);
    const to = comma < 0 ? text.length : comma;
    // Begins before the range (an attempt only overlaps it) and the very end fall into the outermost ones.
    const bar = Math.min(SPARKLINE_BARS - 1, Math.max(0, Number(text.slice(from, to)) || 0));
    bars[bar] = (bars[bar] ?? 0) + 1;
    from = to + 1;
  }
  return bars;
}

type Processes = Map<number, { comm: string; count: number }[]>;

function countProcesses(statements: Statements, from: Sql): Processes {
  const sql = `SELECT group_id, coalesce(p.comm, '') AS comm, sum(n) AS count FROM
      (SELECT a.failure_group AS group_id, a.process_id AS process_id, count(*) AS n
       FROM attempt a${from.text} GROUP BY a.failure_group, a.process_id)
    LEFT JOIN process p ON p.id = process_id GROUP BY 1, 2 ORDER BY count DESC, comm`;
  const byGroup: Processes = new Map();
  for (const row of statements.all(sql, ...from.values)) {
    const id = Number(row['group_id']);
    const processes = byGroup.get(id) ?? [];
    if (processes.length < MAX_PROCESSES) {
      processes.push({ comm: String(row['comm']), count: Number(row['count']) });
    }
    byGroup.set(id, processes);
  }
  return byGroup;
}

const KIND_TEXTS = ['verdict', 'error', 'direction', 'address', 'stack', 'fingerprint']
  .map((column) => `${cutText(`g.${column}`, TEXT_BYTES)} AS ${column}`)
  .join(', ');
const KINDS = `SELECT g.id, ${KIND_TEXTS}, g.port,
    example.confidence, ${cutText('example.call', TEXT_BYTES)} AS call
  FROM json_each(?) j JOIN failure_group g ON g.id = json_extract(j.value, '$[0]')
  LEFT JOIN attempt example ON example.id = json_extract(j.value, '$[1]')`;

function toGroup(kind: SqlRow, counted: Counted, point: ReadPoint, isNew: boolean): FailureGroup {
  const { startedUnixMs } = point.clock;
  const direction = oneOf(DIRECTIONS, kind['direction'], 'unknown');
  const remoteAddress = String(kind['address']);
  const remotePort = Number(kind['port']);
  const id = groupName(counted.id);
  return {
    id,
    verdict: badgeOf(kind['verdict'], kind['confidence']),
    error: textOrNull(kind['error']),
    direction,
    destination: destinationText(direction, remoteAddress, remotePort, textOrNull(kind['call'])),
    remoteAddress,
    remotePort,
    count: counted.count,
    firstAt: startedUnixMs + counted.firstNs / NS_PER_MS,
    lastAt: startedUnixMs + counted.lastNs / NS_PER_MS,
    processes: [],
    sparkline: counted.bars,
    isNew,
    filter: `group = ${id}`,
    exampleId: counted.exampleId,
    stack: textOrNull(kind['stack']),
    fingerprint: textOrNull(kind['fingerprint']),
  };
}

/** Groups that were seen for the first time within the last minute, and after the first one. */
function readNew(statements: Statements, nowNs: number): Set<number> {
  const sql = 'SELECT id FROM failure_group WHERE first_ns > ? AND first_ns >= ?';
  return new Set(statements.all(sql, nowNs - NEW_NS, NEW_NS).map(({ id }) => Number(id)));
}

/** Throws a `Problem` for a wrong filter. */
export function readGroups(
  statements: Statements,
  selection: Selection,
  limit: number,
  point: ReadPoint,
): FailureGroups {
  const grouped: Sql = { text: 'a.failure_group IS NOT NULL', values: [] };
  // What has a group has failed.
  const wanted = { ...selection, failedOnly: false };
  const from = where([...selectionConditions(wanted, point.clock), grouped]);
  const { fromMs, toMs } = boundsOf(selection, point);
  const barNs = ((toMs - fromMs) * NS_PER_MS) / SPARKLINE_BARS;
  const counted = count(statements, from, fromMs * NS_PER_MS, barNs);
  const isNew = readNew(statements, point.clock.nowNs);
  const rank = ({ id }: Counted) => (isNew.has(id) ? 1 : 0);
  counted.sort((a, b) => rank(b) - rank(a) || b.count - a.count || b.exampleId - a.exampleId);
  const most = Math.min(MAX_GROUPS, Math.max(0, Math.floor(limit) || 0));
  const shown = counted.slice(0, most);
  const { startedUnixMs } = point.clock;
  return {
    from: startedUnixMs + fromMs,
    to: startedUnixMs + toMs,
    groups: named(statements, shown, isNew, from, point),
    total: counted.length,
    failures: counted.reduce((sum, each) => sum + each.count, 0),
    version: point.version,
  };
}

function named(
  statements: Statements,
  shown: readonly Counted[],
  isNew: ReadonlySet<number>,
  from: Sql,
  point: ReadPoint,
): FailureGroup[] {
  if (shown.length === 0) return [];
  const ids = JSON.stringify(shown.map(({ id, exampleId }) => [id, exampleId]));
  const kinds = new Map(statements.all(KINDS, ids).map((row) => [Number(row['id']), row]));
  const processes = countProcesses(statements, from);
  return shown.flatMap((each) => {
    const kind = kinds.get(each.id);
    if (kind === undefined) return [];
    const group = toGroup(kind, each, point, isNew.has(each.id));
    return [{ ...group, processes: processes.get(each.id) ?? [] }];
  });
}
