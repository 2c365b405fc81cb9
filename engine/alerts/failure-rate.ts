// Attempts and failures of each destination within the last minute. Part of alerts.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';

const PART_NS = 10_000_000_000;
const PARTS = 6;
/** Destinations counted at a time, about 200 bytes each; those that nobody asked for longest are forgotten. */
const DESTINATIONS = 4096;

interface Counts {
  readonly attempts: number[];
  readonly failures: number[];
  /** The ten seconds that were counted last, from the begin of the session. */
  part: number;
}

export interface MinuteCounts {
  readonly attempts: number;
  readonly failures: number;
}

const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0);

export class FailureRates {
  readonly #counts = new Map<string, Counts>();

  /** One more attempt that was decided; returns what the minute until then had. */
  count(destination: string, failed: boolean, atNs: SessionNanoseconds): MinuteCounts {
    const counts = this.#take(destination);
    advance(counts, Math.floor(atNs / PART_NS));
    const slot = counts.part % PARTS;
    counts.attempts[slot] = (counts.attempts[slot] ?? 0) + 1;
    if (failed) counts.failures[slot] = (counts.failures[slot] ?? 0) + 1;
    return { attempts: sum(counts.attempts), failures: sum(counts.failures) };
  }

  #take(destination: string): Counts {
    const known = this.#counts.get(destination);
    const counts = known ?? { attempts: [], failures: [], part: 0 };
    this.#counts.delete(destination);
    this.#counts.set(destination, counts);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > DESTINATIONS && oldest !== undefined) this.#counts.delete(oldest);
    return counts;
  }
}

/** Empties the slots of the time in which nothing came. */
function advance(counts: Counts, part: number): void {
  const from = Math.max(counts.part + 1, part - PARTS + 1);
  for (let next = from; next <= part; next++) {
    counts.attempts[next % PARTS] = 0;
    counts.failures[next % PARTS] = 0;
  }
  counts.part = Math.max(counts.part, part);
}
