// Writes a session file: what the lifecycle hands on, in one transaction per commit. The
// stop before is engine/lifecycle/, the stop after engine/query/, which reads the same
// file through another connection (WAL).
import type { DatabaseSync } from 'node:sqlite';
import type { SymbolizedFrame } from '../../contract/addon.ts';
import type { Alert } from '../../contract/alerts.ts';
import type { CounterComparison } from '../../contract/completeness.ts';
import type { StackCopyEventReader, StackEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { EventRow, LifecycleOutput } from '../lifecycle/output.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import { stateName } from '../lifecycle/tcp-state.ts';
import { createSession, type SessionBegin } from './create.ts';
import { GroupStore } from './writer-groups.ts';
import { Retention } from './writer-retention.ts';
import { type PendingStack, StackStore } from './writer-stacks.ts';
import {
  prepareWriter,
  putAttempt,
  putProcess,
  type WriterStatements,
} from './writer-statements.ts';
import { writeTrouble } from './writer-trouble.ts';

/** What the capture counted by now. */
export interface SeenCounts {
  readonly emitted: number;
  readonly delivered: number;
  readonly lost: number;
  readonly missed: number;
}

/** Changed attempts that wait while the file cannot be written; beyond it the ended ones are dropped. */
const WAITING = 100_000;
const RETRY_NS = 1_000_000_000;
/** Between two commits while nothing happens. */
const HEARTBEAT_NS = 5_000_000_000;

export class SessionWriter implements LifecycleOutput {
  /** Event rows by now. */
  events = 0;
  /** Attempts that the bounds removed. */
  dropped = 0;
  readonly stacks: StackStore;
  readonly groups: GroupStore;
  /** Gets each attempt when its row is written, again whenever it is written again. */
  onAttempt: (attempt: Attempt) => void = () => {};
  readonly #database: DatabaseSync;
  readonly #statements: WriterStatements;
  readonly #retention: Retention | null;
  readonly #onTrouble: (sentence: string) => void;
  #dirty: Attempt[] = [];
  #images = new Set<ProcessImage>();
  #ended: Attempt[] = [];
  /** What the file says of each counter. */
  readonly #compared = new Map<string, string>();
  #countersTold = '';
  #countersNs: SessionNanoseconds = 0;
  #open = false;
  /** Session time at which writing is tried again; null while it works. */
  #retryNs: SessionNanoseconds | null = null;
  #unwritten = 0;
  /** Events of the open transaction. */
  #uncommitted = 0;
  /** Nothing comes after the next commit. */
  #last = false;

  /** Makes the file; throws what the system says when that cannot be. `onTrouble` gets a sentence when a write fails later. */
  constructor(begin: SessionBegin, onTrouble: (sentence: string) => void) {
    this.#onTrouble = onTrouble;
    const database = createSession(begin);
    this.#database = database;
    this.#statements = prepareWriter(database);
    this.stacks = new StackStore(database);
    this.groups = new GroupStore(database, this.stacks);
    this.#retention = begin.bounds ? new Retention(database, begin.bounds) : null;
  }

  event(row: EventRow): number {
    let id = 0;
    this.#write(() => {
      const { lastInsertRowid } = this.#statements.insertEvent.run(
        row.attemptId,
        row.timeNs,
        row.kind,
        row.oldState === 0 ? null : stateName(row.oldState),
        row.newState === 0 ? null : stateName(row.newState),
        row.errno === 0 ? null : row.errno,
        row.detail === null ? null : JSON.stringify(row.detail),
        row.kernelStack === 0 ? null : row.kernelStack,
        row.userStack === 0 ? null : row.userStack,
      );
      id = Number(lastInsertRowid);
      this.#uncommitted++;
      this.events++;
    });
    return id;
  }

  attemptChanged(attempt: Attempt): void {
    this.#dirty.push(attempt);
  }

  attemptEnded(attempt: Attempt): void {
    this.#ended.push(attempt);
  }

  process(image: ProcessImage): void {
    this.#images.add(image);
  }

  stack(rowId: number, event: StackEventReader, owner: ProcessImage | null): void {
    this.#write(() => this.stacks.add(rowId, event, owner?.id ?? null));
  }

  stackCopy(rowId: number, event: StackCopyEventReader, owner: ProcessImage | null): void {
    this.#write(() => this.stacks.addCopy(rowId, event, owner?.id ?? null));
  }

  /** The symbolizer's answers, in the order of the stacks. */
  symbolized(stacks: readonly PendingStack[], frames: readonly SymbolizedFrame[][]): void {
    for (const [index, stack] of stacks.entries()) {
      this.#write(() => this.stacks.answer(stack, frames[index] ?? []));
    }
  }

  note(timeNs: SessionNanoseconds, text: string): void {
    this.#write(() => this.#statements.insertNote.run(Math.max(timeNs, 0), text));
  }

  /** `timeNs`: when it was raised. */
  alert({ id, kind, title, text, filter }: Alert, timeNs: SessionNanoseconds): void {
    this.#write(() => this.#statements.insertAlert.run(id, timeNs, kind, title, text, filter));
  }

  /** What the capture counted: written when it has changed, and now and then, so that the file's end moves on. */
  counters(timeNs: SessionNanoseconds, counts: SeenCounts): void {
    const told = Object.values(counts).join(' ');
    if (told === this.#countersTold && timeNs - this.#countersNs < HEARTBEAT_NS) return;
    this.#write(() => {
      for (const [name, value] of Object.entries(counts)) {
        this.#statements.insertCounter.run(timeNs, name, value);
      }
      this.#countersTold = told;
      this.#countersNs = timeNs;
    });
  }

  /** The kernel's counters beside our own, in place of what was said of them before. */
  comparisons(timeNs: SessionNanoseconds, rows: readonly CounterComparison[]): void {
    for (const row of rows) {
      const { netns, name, kernel, seen, apart, explanation } = row;
      const told = `${kernel} ${seen} ${apart} ${explanation}`;
      if (this.#compared.get(`${netns} ${name}`) === told) continue;
      this.#write(() => {
        this.#statements.putComparison.run(netns, name, timeNs, kernel, seen, apart, explanation);
        this.#compared.set(`${netns} ${name}`, told);
      });
    }
  }

  /** True when a commit would write something. */
  get pending(): boolean {
    return this.#open || this.#dirty.length > 0 || this.#images.size > 0;
  }

  /** Events that could not be written, ever since the file was made. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /**
   * Writes every changed attempt and commits. Returns the attempts that ended and are now
   * in the file, or null when the file could not be written: what changed is tried again.
   */
  commit(nowNs: SessionNanoseconds, counts: SeenCounts): Attempt[] | null {
    if (this.#retryNs !== null && nowNs < this.#retryNs) return null;
    if (this.#retryNs !== null) this.#resume(nowNs);
    this.#regroup(nowNs);
    const written = this.#write(() => {
      for (const image of this.#images) putProcess(this.#statements, image);
      this.#putAttempts(nowNs);
      this.#retain(nowNs);
      const lost = counts.lost + this.#unwritten;
      this.#statements.updateSession.run(nowNs, this.events, lost, counts.missed, this.dropped);
      this.#database.exec('COMMIT');
      this.#open = false;
    });
    if (!written) {
      this.#retryNs = nowNs + RETRY_NS;
      return null;
    }
    return this.#committed();
  }

  #committed(): Attempt[] {
    this.#uncommitted = 0;
    for (const attempt of this.#dirty) {
      attempt.stored = true;
      attempt.dirty = false;
    }
    this.#dirty = [];
    this.#images.clear();
    const ended = this.#ended;
    this.#ended = [];
    for (const attempt of ended) {
      this.#retention?.attemptEnded(attempt.id, attempt.endedNs ?? 0);
    }
    return ended;
  }

  #retain(nowNs: SessionNanoseconds): void {
    if (!this.#retention) return;
    this.dropped += this.#retention.step(nowNs);
    if (!this.#retention.tidy(nowNs)) return;
    this.stacks.forgetFrames();
    this.groups.tidy();
  }

  #putAttempts(nowNs: SessionNanoseconds): void {
    for (const attempt of this.#dirty) {
      this.groups.assign(attempt, nowNs, this.#last);
      putAttempt(this.#statements, attempt);
      this.onAttempt(attempt);
    }
  }

  /** Failures that waited for the names of their stack are written again. */
  #regroup(nowNs: SessionNanoseconds): void {
    for (const attempt of this.groups.takeReady(nowNs, this.#last)) {
      if (attempt.dirty) continue;
      attempt.dirty = true;
      this.#dirty.push(attempt);
    }
  }

  /** The last commit: marks the session as stopped in order. */
  finish(nowNs: SessionNanoseconds, counts: SeenCounts): Attempt[] {
    if (this.#retryNs !== null) this.#resume(nowNs);
    this.#last = true;
    this.counters(nowNs, counts);
    const ended = this.commit(nowNs, counts) ?? [];
    this.#write(() => {
      this.#database.exec('UPDATE session SET clean_end = 1');
      this.#database.exec('COMMIT');
      this.#open = false;
    });
    return ended;
  }

  /** Leaves one file without a log beside it. Every other connection must be closed by now, else the log stays. */
  close(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      this.#database.exec('PRAGMA journal_mode = DELETE');
    } catch (error) {
      this.#onTrouble(writeTrouble(error));
    }
    this.#database.close();
  }

  /** Runs a write inside the open transaction; false when it failed: the transaction is undone. */
  #write(work: () => void): boolean {
    if (this.#retryNs !== null) {
      this.#unwritten++;
      return false;
    }
    try {
      if (!this.#open) this.#database.exec('BEGIN');
      this.#open = true;
      work();
      return true;
    } catch (error) {
      this.#undo(error);
      return false;
    }
  }

  /** What this transaction held is lost to the file; attempts are written again as a whole. */
  #undo(error: unknown): void {
    this.#open = false;
    this.#retryNs = 0;
    this.#unwritten += Math.max(this.#uncommitted, 1);
    this.events -= this.#uncommitted;
    this.#uncommitted = 0;
    this.stacks.forgetFrames();
    this.groups.forget();
    this.#compared.clear();
    this.#onTrouble(writeTrouble(error));
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has undone it by itself (SQLITE_FULL and SQLITE_IOERR do).
    }
  }

  #resume(nowNs: SessionNanoseconds): void {
    this.#retryNs = null;
    for (const attempt of this.#dirty) attempt.incomplete = true;
    if (this.#dirty.length > WAITING) {
      this.#dirty = this.#dirty.filter((attempt) => !attempt.ended);
      this.#ended = [];
    }
    this.note(nowNs, `${this.#unwritten} events before this could not be written to the file.`);
  }
}
