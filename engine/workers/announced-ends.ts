// Attempts that ended and are committed, held back until their stacks have names, or until
// nobody can expect any. Used by engine/workers/capture-run.ts.
import type { AttemptId } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';

/** Tells whether a stack still waits for its names: engine/session/writer-stacks.ts. */
interface PendingStacks {
  isPending(rowId: number): boolean;
}

interface Waiting {
  readonly id: AttemptId;
  readonly stacks: readonly number[] | null;
}

export class AnnouncedEnds {
  readonly #stacks: PendingStacks;
  #waiting: Waiting[] = [];

  constructor(stacks: PendingStacks) {
    this.#stacks = stacks;
  }

  /** An ended attempt whose row has been committed. */
  add({ id, stacks }: Attempt): void {
    this.#waiting.push({ id, stacks });
  }

  /**
   * Ids to announce now; all of them when the symbolizer is stuck. To be called after a
   * commit: what has names by then is in the file.
   */
  ready(stuck: boolean): AttemptId[] {
    if (stuck) return this.all();
    if (this.#waiting.length === 0) return [];
    const ids: AttemptId[] = [];
    this.#waiting = this.#waiting.filter(({ id, stacks }) => {
      if (stacks?.some((stack) => this.#stacks.isPending(stack))) return true;
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
