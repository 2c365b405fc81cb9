// Events a second over the last seconds, for the status line. Used by
// engine/workers/capture-run.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';

const WINDOW_NS = 3_000_000_000;

export class EventRate {
  #samples: { readonly timeNs: SessionNanoseconds; readonly events: number }[] = [];

  /** Takes the count of all events by now; returns whole events a second. */
  at(timeNs: SessionNanoseconds, events: number): number {
    this.#samples.push({ timeNs, events });
    const first = this.#samples.findIndex((sample) => sample.timeNs >= timeNs - WINDOW_NS);
    if (first > 0) this.#samples.splice(0, first);
    const oldest = this.#samples[0];
    if (!oldest || oldest.timeNs >= timeNs) return 0;
    return Math.round(((events - oldest.events) * 1e9) / (timeNs - oldest.timeNs));
  }
}
