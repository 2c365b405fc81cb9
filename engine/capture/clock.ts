// Kernel time → session time. Records carry 64-bit CLOCK_MONOTONIC nanoseconds; behind
// this everything counts from the begin of the session, which a number holds exactly.
import type { SessionNanoseconds } from '../../contract/units.ts';

const HALF = 0x1_0000_0000;

/** What every record's header offers: a 64-bit time in two halves, so that no bigint is made per event. */
export interface KernelTime {
  readonly timeNsHigh: number;
  readonly timeNsLow: number;
}

export class SessionClock {
  /** CLOCK_MONOTONIC at session time 0. */
  readonly startNs: bigint;
  readonly #high: number;
  readonly #low: number;

  constructor(startNs: bigint) {
    this.startNs = startNs;
    this.#high = Number(startNs >> 32n);
    this.#low = Number(startNs & 0xffff_ffffn);
  }

  /** Nanoseconds since the session began; negative for what happened before. */
  at(time: KernelTime): SessionNanoseconds {
    return (time.timeNsHigh - this.#high) * HALF + (time.timeNsLow - this.#low);
  }

  /** The same for a whole bigint. */
  since(monotonicNs: bigint): SessionNanoseconds {
    return Number(monotonicNs - this.startNs);
  }
}
