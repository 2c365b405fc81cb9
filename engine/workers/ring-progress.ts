// Up to which moment every record of the ring has been handled. Under load the engine may
// lag behind the kernel: what time alone decides must wait for the records of that time.
// Used by engine/workers/capture-run.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import { Queue } from '../lifecycle/queue.ts';

/** Counts that disagree while nothing was handled for this long (a batch that could not be read) are taken as they are. */
const PATIENCE_NS = 5_000_000_000;

interface Mark {
  readonly timeNs: SessionNanoseconds;
  /** Records that the kernel side had made by then. */
  readonly emitted: number;
}

export class RingProgress {
  readonly #marks = new Queue<Mark>();
  #handledNs: SessionNanoseconds = 0;
  /** Records that will never be handled. */
  #missing = 0;
  #emitted = 0;
  #handled = 0;
  /** When `#handled` rose last. */
  #movedNs: SessionNanoseconds = 0;

  /** `timeNs` is to be read before `emitted`: a record is counted before it takes its time. */
  mark(timeNs: SessionNanoseconds, emitted: number): void {
    this.#marks.push({ timeNs, emitted });
    this.#emitted = emitted;
  }

  /** Session time up to which everything is handled, when `handled` records are (or were lost) by `nowNs`. */
  until(handled: number, nowNs: SessionNanoseconds): SessionNanoseconds {
    if (handled !== this.#handled) this.#movedNs = nowNs;
    this.#handled = handled;
    for (let mark = this.#marks.peek(); mark; mark = this.#marks.peek()) {
      const short = mark.emitted - handled - this.#missing;
      // Being behind is not missing: a flood may be handled many seconds late.
      const waitedNs = nowNs - Math.max(mark.timeNs, this.#movedNs);
      if (short > 0 && waitedNs < PATIENCE_NS) break;
      if (short > 0) this.#missing += short;
      this.#handledNs = mark.timeNs;
      this.#marks.shift();
    }
    // What only came late is not missing.
    if (this.#marks.length === 0) {
      this.#missing = Math.min(this.#missing, Math.max(this.#emitted - handled, 0));
    }
    return this.#handledNs;
  }
}
