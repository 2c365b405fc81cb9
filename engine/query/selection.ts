// Selection and sort of the API → the WHERE and the sort keys of a query over `attempt a`.
// From a screen or a command, to order-cache.ts and overview.ts.
import type { Selection, SortColumn } from '../../contract/api.ts';
import { parseFilter } from '../../contract/filter/parse.ts';
import { Problem } from '../problem.ts';
import { compileFilter, joinSql, type SessionClock, type Sql } from './compile.ts';
import type { KeyKind } from './sort-keys.ts';

export const EVERYTHING: Selection = { filter: '', failedOnly: false, upToId: null, range: null };

/** The conditions of a selection, empty for one that selects everything. Throws a `Problem` with a place for a wrong filter. */
export function selectionConditions(selection: Selection, clock: SessionClock): readonly Sql[] {
  const conditions: Sql[] = [];
  const parsed = parseFilter(selection.filter);
  if (!parsed.ok) {
    const { from, to, sentence } = parsed.error;
    const fix = 'docs/filter.md lists every field, operator and unit.';
    throw new Problem('bad-filter', sentence, fix, { from, to });
  }
  if (selection.failedOnly) conditions.push({ text: 'a.failed = 1', values: [] });
  if (selection.upToId !== null) {
    conditions.push({ text: 'a.id <= ?', values: [selection.upToId] });
  }
  if (selection.range !== null) conditions.push(overlapping(selection.range, clock));
  if (parsed.filter !== null) conditions.push(compileFilter(parsed.filter, clock));
  return conditions;
}

function overlapping(range: NonNullable<Selection['range']>, clock: SessionClock): Sql {
  const toNs = (unixMs: number) => (unixMs - clock.startedUnixMs) * 1_000_000;
  return {
    text: '(a.begin_ns <= ? AND (a.ended_ns IS NULL OR a.ended_ns >= ?))',
    values: [toNs(range.to), toNs(range.from)],
  };
}

/** ` WHERE …`, or nothing. */
export function where(conditions: readonly Sql[]): Sql {
  if (conditions.length === 0) return { text: '', values: [] };
  const joined = joinSql(conditions, 'AND');
  return { text: ` WHERE ${joined.text}`, values: joined.values };
}

/** A value to sort by. */
export interface SortKey {
  readonly sql: string;
  readonly kind: KeyKind;
}

const number = (sql: string): SortKey => ({ sql, kind: 'number' });
const text = (sql: string): SortKey => ({ sql, kind: 'text' });
const address = (sql: string): SortKey => ({ sql, kind: 'address' });

const SORT_KEYS: { readonly [column in SortColumn]: readonly SortKey[] } = {
  // Ids ascend in the order in which attempts began.
  started: [],
  // As the badge reads: the state, then how it ended, then why.
  state: [text('a.state'), text('a.outcome'), text('a.verdict')],
  outcome: [text('a.outcome')],
  process: [text('(SELECT comm FROM process WHERE process.id = a.process_id)')],
  remote: [address('a.remote_address'), number('a.remote_port')],
  local: [address('a.local_address'), number('a.local_port')],
  connect: [number('a.established_ns - a.started_ns')],
  duration: [number('coalesce(a.ended_ns, (SELECT ended_ns FROM session)) - a.started_ns')],
  retransmits: [number('a.retransmits')],
  bytes: [number('a.bytes_sent + a.bytes_received')],
  rtt: [number('nullif(a.srtt_us, 0)')],
};

/** What a column is sorted by, the first key leading; none for the order of ids. */
export function sortKeys(column: SortColumn): readonly SortKey[] {
  return SORT_KEYS[column];
}
