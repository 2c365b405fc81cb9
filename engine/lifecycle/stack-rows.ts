// Stack hashes of the kernel side → row ids of the table `stack`. A row id is given at
// the first mention, whether that is the stack itself or an event that refers to it.

import { StackMissing } from '../../contract/generated/events.ts';
import type { StackDetail } from '../session/detail.ts';

const LEFT_OUT: StackDetail = { stack: 'left out' };
const UNREADABLE: StackDetail = { stack: 'unreadable' };

/** What an event says of a user stack that it wanted and has not; null when nothing is missing. */
export function missingStack(reason: number): StackDetail | null {
  if (reason === StackMissing.LEFT_OUT) return LEFT_OUT;
  return reason === StackMissing.UNREADABLE ? UNREADABLE : null;
}

/** Stacks remembered, about 100 bytes each; those that nothing mentioned for longest are forgotten. */
const LIMIT = 262_144;

export class StackRows {
  readonly #rows = new Map<bigint, number>();
  #lastRow = 0;

  /** Row id of a stack; 0 for none. */
  row(stackId: bigint): number {
    if (stackId === 0n) return 0;
    const known = this.#rows.get(stackId);
    if (known !== undefined) return known;
    this.#lastRow++;
    this.#rows.set(stackId, this.#lastRow);
    if (this.#rows.size > LIMIT) this.#forgetOldest();
    return this.#lastRow;
  }

  /** The kernel side sends a stack again only after it has itself forgotten it. */
  #forgetOldest(): void {
    for (const stackId of this.#rows.keys()) {
      this.#rows.delete(stackId);
      break;
    }
  }
}
