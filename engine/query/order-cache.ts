// Which attempts a selection has, in which order: id lists, kept per selection and sort,
// so that scrolling costs the rows on the screen and no more. Feeds reader.ts, which
// fetches the rows of a window by their ids.
import type { Selection, Sort } from '../../contract/api.ts';
import type { SessionClock } from './compile.ts';
import { selectionConditions, sortKeys, where } from './selection.ts';
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

export class OrderCache {
  private readonly statements: Statements;
  /** The screen's list, and those of a filter being typed. At a million attempts 8 MB each. */
  private readonly lists = new StaleValue<OrderedIds>();

  constructor(statements: Statements) {
    this.statements = statements;
  }

  /** Ids of a selection in order. Throws a `Problem` for a wrong filter. */
  ordered(selection: Selection, sort: Sort, point: ReadPoint): OrderedIds {
    const { filter, failedOnly, upToId, range } = selection;
    const key = JSON.stringify([filter, failedOnly, upToId, range, sort.column, sort.descending]);
    return this.lists.get(key, point.dataVersion, () => this.make(selection, sort, point));
  }

  private make(selection: Selection, sort: Sort, point: ReadPoint): OrderedIds {
    const from = where(selectionConditions(selection, point.clock));
    const keys = sortKeys(sort.column);
    const columns = [{ sql: 'a.id' }, ...keys].map(({ sql }, at) => `${sql} AS c${at}`);
    // One text per column crosses from SQLite: a row object each would take longer than the sort.
    const arrays = columns.map((_, at) => `json_group_array(c${at}) AS c${at}`);
    const sql = `SELECT ${arrays.join(', ')} FROM (SELECT ${columns.join(', ')} FROM attempt a${from.text} ORDER BY a.id)`;
    const found = this.statements.get(sql, ...from.values) ?? {};
    const column = (at: number): (number | string | null)[] => JSON.parse(String(found[`c${at}`]));
    const ids = Float64Array.from(column(0), Number);
    const sorted = keys.map(({ kind }, at) => comparableKeys(column(at + 1), kind));
    return { ids: orderedIds(ids, sorted, sort.descending), version: point.version };
  }
}
