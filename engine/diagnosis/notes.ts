// The events of one attempt that its diagnosis may need: the first ones and the last ones,
// however chatty the connection is. Kept with the attempt (engine/lifecycle/attempt.ts).
import type { EventNote } from './facts.ts';

const FIRST = 24;
const LAST = 24;

export class EventNotes {
  readonly #first: EventNote[] = [];
  readonly #last: EventNote[] = [];

  add(note: EventNote): void {
    if (this.#first.length < FIRST) this.#first.push(note);
    else {
      if (this.#last.length >= LAST) this.#last.shift();
      this.#last.push(note);
    }
  }

  /** Nothing will be asked of them any more. */
  clear(): void {
    this.#first.length = 0;
    this.#last.length = 0;
  }

  /** In the order in which they were recorded. */
  all(): readonly EventNote[] {
    return this.#last.length === 0 ? this.#first : [...this.#first, ...this.#last];
  }
}
