// Attempts that ended and are committed, held back until their stacks have names or a
// second has passed. Used by engine/workers/capture-run.ts.
import type { AttemptId, SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';

const PATIENCE_NS = 1_000_000_000;

/** Tells whether a stack still waits for its names: engine/session/writer-stacks.ts. */
interface PendingStacks {
  isPending(rowId: number): boolean;
}

interface Waiting {
  readonly id: AttemptId;
  readonly stacks: readonly number[] | null;
  readonly untilNs: SessionNanoseconds;
}

export class AnnouncedEnds {
  readonly #stacks: PendingStacks;
  #waiting: Waiting[] = [];

  constructor(stacks: PendingStacks) {
    this.#stacks = stacks;
  }

  /** An ended attempt whose row has been committed. */
  add(attempt: Attempt, nowNs: SessionNanoseconds): void {
    const { id, stacks } = attempt;
    this.#waiting.push({ id, stacks, untilNs: nowNs + PATIENCE_NS });
  }

  /** Ids to announce now. To be called after a commit: what has names by then is in the file. */
  ready(nowNs: SessionNanoseconds): AttemptId[] {
    if (this.#waiting.length === 0) return [];
    const ids: AttemptId[] = [];
    this.#waiting = this.#waiting.filter(({ id, stacks, untilNs }) => {
      const named = stacks?.some((stack) => this.#stacks.isPending(stack)) !== true;
      if (!named && nowNs < untilNs) return true;
      ids.push(id);
      return false;
    });
    return ids;
  }

  /** Everything that is left. */
  all(): AttemptId[] {
    const ids = this.#waiting.map(({ id }) => id);
    this.#waiting = [];
    return ids;
  }
}
