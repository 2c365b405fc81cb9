// Which stacks of a process have the same frames: every copy of a stack is a stack of its
// own until it has been unwound. Used by engine/session/writer-stacks.ts.

/** Stacks whose frames are remembered, about 200 bytes each; of those forgotten some are stored twice. */
const LIMIT = 16_384;

export class EqualStacks {
  readonly #rows = new Map<string, number>();

  /** The stack that had these frames first; `rowId` itself when there is none. */
  firstOf(rowId: number, processId: number | null, frameIds: readonly (number | bigint)[]): number {
    const key = `${processId} ${frameIds.join(' ')}`;
    const first = this.#rows.get(key);
    if (first !== undefined) return first;
    if (this.#rows.size >= LIMIT) this.#rows.clear();
    this.#rows.set(key, rowId);
    return rowId;
  }

  /** Rows were removed or rolled back: none is known any more. */
  forget(): void {
    this.#rows.clear();
  }
}
