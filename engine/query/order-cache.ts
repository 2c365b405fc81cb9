// Which attempts a selection has, in which order: id lists, kept per selection and sort,
// so that scrolling costs the rows on the screen and no more. Feeds reader.ts, which
// fetches the rows of a window by their ids. The first screens of a sorted list come without
// the rest of it: SQLite keeps but so many rows while it looks at all.
import type { Selection, Sort } from '../../contract/api.ts';
import type { SessionClock } from './compile.ts';
import { type SortKey, selectionConditions, sortKeys, where } from './selection.ts';
import { comparableKeys, orderedIds } from './sort-keys.ts';
import { StaleValue } from './stale-value.ts';
import type { Statements } from './statements.ts';

/** What the session was when something was read from it. */
export interface ReadPoint {
  /** `PRAGMA data_version`: changes with every commit of the writer. */
  readonly dataVersion: number;
  /** The version that screens know it by. */
  readonly version: number;
  readonly clock: SessionClock;
}

export interface OrderedIds {
  readonly ids: Float64Array;
  /** Version of the session that the list belongs to: may be a little behind the newest. */
  readonly version: number;
}

/** A part of a list. */
export interface OrderedWindow {
  readonly ids: readonly number[];
  /** Ids of the whole list. */
  readonly total: number;
  readonly version: number;
}

/** How many ids of a sorted list are found without ordering all of them: the first screens, with what lies around. */
const TOP = 640;

export class OrderCache {
  private readonly statements: Statements;
  /** The screen's list, and those of a filter being typed. At a million attempts 8 MB each. */
  private readonly lists = new StaleValue<OrderedIds>();
  private readonly tops = new StaleValue<OrderedWindow>();

  constructor(statements: Statements) {
    this.statements = statements;
  }

  /** Ids of a selection in order. Throws a `Problem` for a wrong filter. */
  ordered(selection: Selection, sort: Sort, point: ReadPoint): OrderedIds {
    return this.lists.get(keyOf(selection, sort), point.dataVersion, () =>
      this.make(selection, sort, point),
    );
  }

  /** Ids at `offset` and after it, at most `limit`. Throws as `ordered`. */
  window(
    selection: Selection,
    sort: Sort,
    offset: number,
    limit: number,
    point: ReadPoint,
  ): OrderedWindow {
    const key = keyOf(selection, sort);
    const atTop = offset + limit <= TOP && sortKeys(sort.column).length > 0;
    if (atTop && !this.lists.has(key, point.dataVersion)) {
      const top = this.tops.get(key, point.dataVersion, () => this.top(selection, sort, point));
      return { ...top, ids: top.ids.slice(offset, offset + limit) };
    }
    const { ids, version } = this.ordered(selection, sort, point);
    return { ids: [...ids.subarray(offset, offset + limit)], total: ids.length, version };
  }

  private top(selection: Selection, sort: Sort, point: ReadPoint): OrderedWindow {
    const from = where(selectionConditions(selection, point.clock));
    const terms = [...orderTerms(sortKeys(sort.column), sort.descending)];
    const sql = `SELECT a.id FROM attempt a${from.text} ORDER BY ${terms.join(', ')} LIMIT ${TOP}`;
    const ids = this.statements.all(sql, ...from.values).map(({ id }) => Number(id));
    const total =
      ids.length < TOP
        ? ids.length
        : this.statements.number(`SELECT count(*) FROM attempt a${from.text}`, ...from.values);
    return { ids, total, version: point.version };
  }

  private make(selection: Selection, sort: Sort, point: ReadPoint): OrderedIds {
    const from = where(selectionConditions(selection, point.clock));
    const keys = sortKeys(sort.column);
    const columns = [{ sql: 'a.id' }, ...keys].map(({ sql }, at) => `${sql} AS c${at}`);
    // One text per column crosses from SQLite: a row object each would take longer than the sort.
    const arrays = columns.map((_, at) => `json_group_array(c${at}) AS c${at}`);
    const sql = `SELECT ${arrays.join(', ')} FROM (SELECT ${columns.join(', ')} FROM attempt a${from.text} ORDER BY a.id)`;
    const found = this.statements.get(sql, ...from.values) ?? {};
    const column = (at: number) => JSON.parse(String(found[`c${at}`]));
    // Without a function for each: of 50,000 ids that takes longer than finding them.
    const ids = new Float64Array(column(0));
    const sorted = keys.map(({ kind }, at) => comparableKeys(column(at + 1), kind));
    return { ids: orderedIds(ids, sorted, sort.descending), version: point.version };
  }
}

function keyOf({ filter, failedOnly, upToId, range }: Selection, sort: Sort): string {
  return JSON.stringify([filter, failedOnly, upToId, range, sort.column, sort.descending]);
}

/** What `orderedIds` does, for SQLite: without a value in the first key last either way, ties by id. */
function orderTerms(keys: readonly SortKey[], descending: boolean): string[] {
  const direction = descending ? 'DESC' : 'ASC';
  const [first] = keys;
  const valued = first === undefined ? [] : [`(${first.sql}) IS NULL`];
  const terms = keys.map(
    (key) => `${comparable(key)} ${direction} NULLS ${descending ? 'FIRST' : 'LAST'}`,
  );
  return [...valued, ...terms, `a.id ${direction}`];
}

function comparable({ sql, kind }: SortKey): string {
  if (kind === 'address') return `address_key(${sql})`;
  return kind === 'number' ? `max(0, ${sql})` : sql;
}
