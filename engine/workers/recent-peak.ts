// The highest value of the last seconds: how full the ring was. Fed by
// engine/workers/capture-run.ts at every tick.
import type { SessionNanoseconds } from '../../contract/units.ts';

const WINDOW_NS = 5_000_000_000;

export class RecentPeak {
  /** Falling values, oldest first: what a later one exceeds is dropped. */
  #peaks: { readonly timeNs: SessionNanoseconds; readonly value: number }[] = [];

  /** Takes a value and returns the highest one of the window that ends now. */
  at(nowNs: SessionNanoseconds, value: number): number {
    const kept = this.#peaks.filter(
      (peak) => peak.value > value && nowNs - peak.timeNs < WINDOW_NS,
    );
    this.#peaks = [...kept, { timeNs: nowNs, value }];
    return this.#peaks[0]?.value ?? value;
  }
}
