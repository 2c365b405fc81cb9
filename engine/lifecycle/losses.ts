// Which attempts a loss may have touched. Which record was lost nobody can know, only that
// one was between two looks at the counters: every attempt that lived then may miss it,
// whether it has been handled by now, ended since, or has yet to come out of the ring.
// Used by engine/lifecycle/desk.ts; told by engine/workers/capture-gaps.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';

/** Kept one by one; those further back are taken for one, which may mark more than it must. */
const SPANS = 64;

interface Span {
  fromNs: SessionNanoseconds;
  toNs: SessionNanoseconds;
}

export class Losses {
  readonly #mark: (attempt: Attempt) => void;
  readonly #live: () => Iterable<Attempt>;
  readonly #spans: Span[] = [];
  #settled: Attempt[] = [];

  /** `mark` is called for each attempt that may miss a record and does not say so yet. */
  constructor(live: () => Iterable<Attempt>, mark: (attempt: Attempt) => void) {
    this.#live = live;
    this.#mark = mark;
  }

  /** The counters were read, and nothing has been lost since they were read before. */
  none(): void {
    this.#settled = [];
  }

  /** Records were lost between two readings of the counters. */
  between(fromNs: SessionNanoseconds, toNs: SessionNanoseconds): void {
    this.#remember(fromNs, toNs);
    for (const attempt of this.#settled) this.#touch(attempt, toNs);
    for (const attempt of this.#live()) if (!attempt.final) this.#touch(attempt, toNs);
    this.#settled = [];
  }

  /** An attempt has begun: its records may be older than the last reading. */
  begun(attempt: Attempt): void {
    if (attempt.beginNs <= (this.#spans.at(-1)?.toNs ?? -1)) this.#touch(attempt, Infinity);
  }

  /** The outcome of an attempt stands. Between now and the next reading it may prove to miss something. */
  settled(attempt: Attempt): void {
    this.#settled.push(attempt);
    const { beginNs, endedNs } = attempt;
    const lived = ({ fromNs, toNs }: Span) => beginNs <= toNs && (endedNs ?? beginNs) >= fromNs;
    if (this.#spans.some(lived)) this.#touch(attempt, Infinity);
  }

  #touch(attempt: Attempt, toNs: SessionNanoseconds): void {
    if (!attempt.incomplete && attempt.beginNs <= toNs) this.#mark(attempt);
  }

  #remember(fromNs: SessionNanoseconds, toNs: SessionNanoseconds): void {
    const last = this.#spans.at(-1);
    if (last && fromNs <= last.toNs) last.toNs = toNs;
    else this.#spans.push({ fromNs, toNs });
    const [oldest, next] = this.#spans;
    if (this.#spans.length <= SPANS || !oldest || !next) return;
    this.#spans.splice(0, 2, { fromNs: oldest.fromNs, toNs: next.toNs });
  }
}
