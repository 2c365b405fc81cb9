// One open session, read: the methods of contract/api.ts that ask about attempts. Stands
// behind engine/workers/reader.ts; the stop before is open.ts, the stop after a shell.
import type { Alert } from '../../contract/alerts.ts';
import type {
  AttemptsPage,
  AttemptsQuery,
  Methods,
  Overview,
  Selection,
  SessionStatus,
  Sort,
} from '../../contract/api.ts';
import type { AttemptDetail, AttemptRow } from '../../contract/attempt.ts';
import type { Flame } from '../../contract/flame.ts';
import type { FailureGroups } from '../../contract/groups.ts';
import type { AttemptId } from '../../contract/units.ts';
import { Problem } from '../problem.ts';
import { type OpenedSession, openSessionFile } from '../session/open.ts';
import { registerAddressFunctions } from './address-function.ts';
import { readAlerts } from './alerts.ts';
import { readAttempt } from './attempt-detail.ts';
import { readFlame } from './flame.ts';
import { registerPlainText } from './frame-sql.ts';
import { readGroups } from './groups.ts';
import { knownValues } from './known-values.ts';
import { OrderCache, type ReadPoint } from './order-cache.ts';
import { readOverview } from './overview.ts';
import { pickRows } from './pick.ts';
import { type KnownProcess, readProcesses } from './processes.ts';
import { ROW_SELECT, ROWS_BY_ID, toAttemptRow } from './row.ts';
import { selectionConditions } from './selection.ts';
import { StackPaths } from './stack-paths.ts';
import { StaleValue } from './stale-value.ts';
import { Statements } from './statements.ts';
import { countAttempts, type LiveCounters, readStatus, type SessionNames } from './status.ts';

/** Most rows of one window. */
export const MAX_WINDOW = 500;

export interface ReaderOptions {
  /** Its id in the API: `live`, or what `openSession` gave it. */
  readonly session: string;
  readonly kind: 'live' | 'file';
  /** What the path must be called on screens; null for the live session, which has no name yet. */
  readonly name: string | null;
  /** The writer's counters at this moment; null for a file. */
  readonly live: () => LiveCounters | null;
}

export class SessionReader {
  private readonly opened: OpenedSession;
  private readonly options: ReaderOptions;
  private readonly statements: Statements;
  private readonly orders: OrderCache;
  private readonly counts = new StaleValue<ReturnType<typeof countAttempts>>();
  private readonly overviews = new StaleValue<Overview>();
  private readonly failureGroups = new StaleValue<FailureGroups>();
  private readonly flames = new StaleValue<Flame>();
  private readonly paths = new StackPaths();

  constructor(opened: OpenedSession, options: ReaderOptions) {
    this.opened = opened;
    this.options = options;
    this.statements = new Statements(opened.database);
    this.orders = new OrderCache(this.statements);
    registerAddressFunctions(opened.database);
    registerPlainText(opened.database);
  }

  /** Opens a session file, also one that a writer is writing. Throws a `Problem` that says why it cannot be read. */
  static open(path: string, options: ReaderOptions): SessionReader {
    return new SessionReader(openSessionFile(path, { live: options.kind === 'live' }), options);
  }

  attempts(query: AttemptsQuery): AttemptsPage {
    const offset = Math.max(0, Math.floor(query.offset) || 0);
    const limit = Math.min(MAX_WINDOW, Math.max(0, Math.floor(query.limit) || 0));
    return this.reading((point) => {
      const newestId = this.statements.number('SELECT max(id) FROM attempt');
      const window = this.isPlain(query.selection, query.sort)
        ? this.plainWindow(query, offset, limit, point)
        : this.listedWindow(query, offset, limit, point);
      return { ...window, offset, newestId };
    });
  }

  attempt(id: AttemptId): AttemptDetail | null {
    return this.reading((point) => readAttempt(this.statements, id, point.clock));
  }

  /** Of these attempts the rows of those that the filter selects, oldest first. */
  pick(ids: readonly AttemptId[], filter: string): AttemptRow[] {
    return this.reading((point) => pickRows(this.statements, ids, filter, point));
  }

  /** Some attempts at once; those that are not there any more are left out. */
  details(ids: readonly AttemptId[]): AttemptDetail[] {
    return this.reading(({ clock }) =>
      ids.flatMap((id) => readAttempt(this.statements, id, clock) ?? []),
    );
  }

  position(selection: Selection, sort: Sort, id: AttemptId): Methods['position']['result'] {
    return this.reading((point) => {
      const { ids } = this.orders.ordered(selection, sort, point);
      const offset = ids.indexOf(id);
      return offset < 0 ? null : { offset };
    });
  }

  overview(selection: Selection, buckets: number): Overview {
    return this.reading((point) => {
      const key = JSON.stringify([selection, buckets]);
      return this.overviews.get(key, point.dataVersion, () => {
        return readOverview(this.statements, selection, buckets, point);
      });
    });
  }

  status(): SessionStatus {
    return this.reading((point) => {
      const counts = this.counts.get('', point.dataVersion, () => countAttempts(this.statements));
      const { session, kind, name } = this.options;
      const names: SessionNames = {
        session,
        kind,
        name,
        path: kind === 'live' ? null : this.opened.path,
      };
      const status = readStatus(
        this.statements,
        names,
        this.opened.path,
        counts,
        point,
        this.options.live(),
      );
      return { ...status, notes: [...this.opened.notes, ...status.notes] };
    });
  }

  groups(selection: Selection, limit: number): FailureGroups {
    return this.reading((point) => {
      return this.failureGroups.get(JSON.stringify([selection, limit]), point.dataVersion, () => {
        return readGroups(this.statements, selection, limit, point);
      });
    });
  }

  flame(selection: Selection): Flame {
    return this.reading((point) => {
      const key = JSON.stringify(selection);
      const flame = this.flames.get(key, point.dataVersion, () => {
        return readFlame(this.statements, this.paths, selection, point);
      });
      // What was not looked into is read when it is asked for again.
      if (flame.without.unread > 0) this.flames.forget(key);
      return flame;
    });
  }

  alerts(): Alert[] {
    return this.reading(({ clock }) => readAlerts(this.statements, clock));
  }

  complete(field: string, prefix: string): readonly string[] {
    return this.reading(() => knownValues(this.statements, field, prefix));
  }

  /** Ids of a selection, oldest first: what an export goes through. */
  selectedIds(selection: Selection): Float64Array {
    const sort: Sort = { column: 'started', descending: false };
    return this.reading((point) => this.orders.ordered(selection, sort, point).ids);
  }

  /** Every process that owns an attempt, or did something to one. */
  processes(): readonly KnownProcess[] {
    return this.reading(() => readProcesses(this.statements));
  }

  /** For save.ts: copies the whole session, as it is now, into a new file. */
  vacuumInto(path: string): void {
    this.opened.database.prepare('VACUUM INTO ?').run(path);
  }

  get path(): string {
    return this.opened.path;
  }

  get kind(): 'live' | 'file' {
    return this.options.kind;
  }

  close(): void {
    this.opened.close();
  }

  /** Newest or oldest first without a condition needs no list: the primary key is that order. */
  private isPlain({ filter, failedOnly, range }: Selection, sort: Sort): boolean {
    return sort.column === 'started' && filter.trim() === '' && !failedOnly && range === null;
  }

  private plainWindow(
    { selection, sort }: AttemptsQuery,
    offset: number,
    limit: number,
    point: ReadPoint,
  ): Omit<AttemptsPage, 'offset' | 'newestId'> {
    const [condition = { text: '1', values: [] }] = selectionConditions(selection, point.clock);
    const { text, values } = condition;
    const newer =
      text === '1'
        ? 0
        : this.statements.number(`SELECT count(*) FROM attempt a WHERE NOT ${text}`, ...values);
    const total = this.statements.number('SELECT count(*) FROM attempt') - newer;
    // From whichever end is nearer: SQLite walks the rows that it skips.
    const fromEnd = offset > total / 2;
    const direction = sort.descending === fromEnd ? 'ASC' : 'DESC';
    const wanted = Math.max(0, Math.min(limit, total - offset));
    const skipped = fromEnd ? total - offset - wanted : offset;
    const sql = `${ROW_SELECT} WHERE ${text} ORDER BY a.id ${direction} LIMIT ? OFFSET ?`;
    const found = this.statements.all(sql, ...values, wanted, Math.max(0, skipped));
    const rows = found.map((row) => toAttemptRow(row, point.clock));
    return { rows: fromEnd ? rows.reverse() : rows, total, version: point.version };
  }

  private listedWindow(
    { selection, sort }: AttemptsQuery,
    offset: number,
    limit: number,
    point: ReadPoint,
  ): Omit<AttemptsPage, 'offset' | 'newestId'> {
    const found = this.orders.window(selection, sort, offset, limit, point);
    const { ids: wanted, total, version } = found;
    const byId = new Map<AttemptId, AttemptRow>();
    for (const row of this.statements.all(ROWS_BY_ID, JSON.stringify(wanted))) {
      byId.set(Number(row['id']), toAttemptRow(row, point.clock));
    }
    // One that the bounds of the flight recorder removed since the list was made is not there.
    const rows = wanted.flatMap((id) => byId.get(id) ?? []);
    return { rows, total, version };
  }

  /** Runs one method against one state of the session, and says in words when the file is damaged. */
  private reading<T>(read: (point: ReadPoint) => T): T {
    const { database } = this.opened;
    try {
      database.exec('BEGIN');
      try {
        return read(this.readPoint());
      } finally {
        database.exec('COMMIT');
      }
    } catch (thrown) {
      throw asReadProblem(thrown, this.opened.path);
    }
  }

  private readPoint(): ReadPoint {
    const session = this.statements.get('SELECT started_unix_ms, ended_ns FROM session') ?? {};
    const dataVersion = this.statements.number('PRAGMA data_version');
    return {
      dataVersion,
      version: this.options.live()?.version ?? dataVersion,
      clock: {
        startedUnixMs: Number(session['started_unix_ms']),
        nowNs: Number(session['ended_ns'] ?? 0),
      },
    };
  }
}

function asReadProblem(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  // Large files are not checked whole when they are opened: damage shows up here.
  if (thrown.code !== 'ERR_SQLITE_ERROR' && thrown.code !== 'ERR_OUT_OF_RANGE') return thrown;
  const sentence = `${path} could not be read: ${thrown.message}.`;
  const fix = 'If it was copied, copy it again; what is damaged cannot be repaired.';
  return new Problem('unreadable-session', sentence, fix);
}
