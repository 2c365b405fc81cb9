// The flight recorder's bounds: drops the oldest ended attempts of a live session by age
// and by size, in small steps between batches. Used by engine/session/writer.ts.
import { existsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AttemptId, Bytes, SessionNanoseconds } from '../../contract/units.ts';
import type { Bounds } from '../engine-types.ts';
import { Queue } from '../lifecycle/queue.ts';

/** Attempts dropped in one step, about 10 ms of work; more when more than half as many ended since the last. */
const STEP = 500;
const TIDY_NS = 300_000_000_000;

interface Ended {
  readonly id: AttemptId;
  readonly endedNs: SessionNanoseconds;
}

export class Retention {
  readonly #database: DatabaseSync;
  readonly #bounds: Bounds;
  readonly #deleteEvents: StatementSync;
  readonly #deleteAttempt: StatementSync;
  readonly #sizes: StatementSync;
  /** In the order in which they ended; 40 bytes for each attempt in the file. */
  readonly #ended = new Queue<Ended>();
  #endedSinceStep = 0;
  #tidiedNs: SessionNanoseconds = 0;
  #droppedSinceTidy = false;

  constructor(database: DatabaseSync, bounds: Bounds) {
    this.#database = database;
    this.#bounds = bounds;
    this.#deleteEvents = database.prepare('DELETE FROM event WHERE attempt_id = ?');
    this.#deleteAttempt = database.prepare('DELETE FROM attempt WHERE id = ?');
    this.#sizes = database.prepare(
      `SELECT (page_count - freelist_count) * page_size AS used
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    );
  }

  attemptEnded(id: AttemptId, endedNs: SessionNanoseconds): void {
    this.#ended.push({ id, endedNs });
    this.#endedSinceStep++;
  }

  /** Bytes in use; freed pages are used again before the file grows. */
  usedBytes(): Bytes {
    return Number(this.#sizes.get()?.used ?? 0);
  }

  /** Drops what is too old, or more than the size allows; returns how many attempts. Inside the caller's transaction. */
  step(nowNs: SessionNanoseconds): number {
    const cutoffNs = nowNs - this.#bounds.maxAgeMs * 1e6;
    const tooLarge = this.usedBytes() > this.#bounds.maxBytes;
    const limit = Math.max(STEP, 2 * this.#endedSinceStep);
    this.#endedSinceStep = 0;
    let attempts = 0;
    for (let oldest = this.#ended.peek(); oldest && attempts < limit; oldest = this.#ended.peek()) {
      if (!tooLarge && oldest.endedNs > cutoffNs) break;
      this.#ended.shift();
      this.#deleteEvents.run(oldest.id);
      if (this.#deleteAttempt.run(oldest.id).changes !== 0) attempts++;
    }
    if (attempts > 0) this.#droppedSinceTidy = true;
    return attempts;
  }

  /** True when processes were removed: frames that were known may be gone. */
  tidy(nowNs: SessionNanoseconds): boolean {
    if (!this.#droppedSinceTidy || nowNs - this.#tidiedNs < TIDY_NS) return false;
    this.#tidiedNs = nowNs;
    this.#droppedSinceTidy = false;
    return this.#dropProcesses();
  }

  /** Processes that are gone and own nothing any more, with their stacks. A living one may be referred to again. */
  #dropProcesses(): boolean {
    const unused = this.#database
      .prepare(
        `SELECT id, pid FROM process WHERE id NOT IN
         (SELECT process_id FROM attempt WHERE process_id IS NOT NULL)`,
      )
      .all();
    const gone = unused.filter(({ pid }) => !existsSync(`/proc/${Number(pid)}`));
    if (gone.length === 0) return false;
    const deletePlaces = this.#database.prepare(
      'DELETE FROM stack_frame WHERE stack_id IN (SELECT id FROM stack WHERE process_id = ?)',
    );
    const deleteStacks = this.#database.prepare('DELETE FROM stack WHERE process_id = ?');
    const deleteProcess = this.#database.prepare('DELETE FROM process WHERE id = ?');
    for (const { id } of gone) {
      for (const statement of [deletePlaces, deleteStacks, deleteProcess]) {
        statement.run(Number(id));
      }
    }
    this.#database.exec('DELETE FROM frame WHERE id NOT IN (SELECT frame_id FROM stack_frame)');
    return true;
  }
}
