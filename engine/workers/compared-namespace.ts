// One network namespace whose counters are compared: where the comparison begins, what the
// last reading showed, and since when. Part of Comparisons (comparisons.ts).
import { COUNTER_NAMES, type CounterComparison } from '../../contract/completeness.ts';
import type { KernelReading } from '../capture/kernel-counters.ts';
import { type Circumstances, compareCounter, unexplained } from '../lifecycle/comparison.ts';
import type { NamespaceCounts } from '../lifecycle/own-counts.ts';

/** A difference may be a connection under way: it must be there so many times in a row, unless events were lost. */
const PATIENCE = 3;

/** The kernel's counters just before and just after one moment. */
export interface Reading {
  readonly before: KernelReading;
  readonly after: readonly number[];
}

/** How many of each counter came between the two. */
export function movedBetween({ before, after }: Reading): number[] {
  return after.map((value, index) => value - (before.tcp[index] ?? 0));
}

export class ComparedNamespace {
  readonly netns: number;
  readonly counts: NamespaceCounts;
  /** It cannot be read any more. */
  gone = false;
  /** It was there before the capture: another one began during it, at 0. */
  readonly #older: boolean;
  /** The kernel's counters when the comparison begins; null = none could be read yet. */
  #base: KernelReading | null = null;
  /** Ours at that moment. */
  #ownBase: readonly number[] = COUNTER_NAMES.map(() => 0);
  /** Doubtful by as much: what happened while the begin was read. */
  #slack: number[] = COUNTER_NAMES.map(() => 0);
  /** Seconds into the capture when it was first read, for one that is older; null otherwise. */
  #lateSeconds: number | null = null;
  /** The last reading: one that is lower is of another namespace with the same number. */
  #last: readonly number[] = [];
  /** Events lost in the whole capture when the two sides agreed last. */
  #lostAtPeace = 0;
  /** How many comparisons in a row differed. */
  #doubts = 0;
  #rows: readonly CounterComparison[] = [];
  /** Counters that were told once: they stay, since the file has them. */
  readonly #told = new Set<string>();

  constructor(netns: number, counts: NamespaceCounts, older: boolean) {
    this.netns = netns;
    this.counts = counts;
    this.#older = older;
  }

  /** It has been read once: the comparison has begun. */
  get begun(): boolean {
    return this.#base !== null;
  }

  /** The last comparison differed. */
  get differs(): boolean {
    return this.#doubts > 0 && !this.gone;
  }

  /** It differed, and that may yet turn out to be a connection under way. */
  get doubtful(): boolean {
    return this.differs && this.#doubts < PATIENCE;
  }

  /** Before any record of it has been handled. */
  begin(reading: Reading): void {
    this.#base = reading.before;
    this.#slack = movedBetween(reading);
  }

  /** Nothing of it can be read now. */
  leave(): void {
    this.counts.join();
    this.gone = true;
    this.#doubts = 0;
  }

  /** Holds a reading against what was counted until its moment, the cut. */
  compare(reading: Reading, circumstances: Circumstances): void {
    const { tcp } = reading.before;
    const another = this.#last.some((value, index) => (tcp[index] ?? 0) < value);
    this.#last = tcp;
    if (this.#base === null || another) this.#beginLate(reading);
    const rows = this.#compared(reading, circumstances);
    if (rows.every((row) => unexplained(row) === 0)) {
      this.#doubts = 0;
      this.#lostAtPeace = circumstances.lost;
      this.#rows = rows;
      return;
    }
    this.#doubts++;
    if (this.#doubts < PATIENCE && circumstances.lost === this.#lostAtPeace) return;
    this.#settleBegin(rows);
    this.#rows = this.#compared(reading, circumstances);
  }

  /** A namespace that was found later: from 0 when it is younger than the capture, else from now on. */
  #beginLate(reading: Reading): void {
    const { before } = reading;
    if (this.#base === null && !this.#older) {
      this.#base = { tcp: before.tcp.map(() => 0), embryonicResets: 0 };
      return;
    }
    this.begin(reading);
    this.counts.beginAtCut();
    this.#ownBase = [...this.counts.counted];
    this.#lateSeconds = Math.round(this.counts.beganNs / 1e9);
  }

  #compared({ before, after }: Reading, circumstances: Circumstances): CounterComparison[] {
    const base = this.#base;
    if (base === null) return [];
    const embryonicResets = before.embryonicResets - base.embryonicResets;
    return COUNTER_NAMES.map((name, index) => {
      const from = base.tcp[index] ?? 0;
      const low = (before.tcp[index] ?? 0) - from;
      const high = (after[index] ?? 0) - from;
      const seen = (this.counts.counted[index] ?? 0) - (this.#ownBase[index] ?? 0);
      const sides = { name, low, high, seen, embryonicResets };
      return compareCounter(this.netns, sides, circumstances);
    });
  }

  /** What was under way while the begin was read is on one side only: it belongs to before the begin. */
  #settleBegin(rows: readonly CounterComparison[]): void {
    const base = this.#base;
    if (base === null) return;
    const { nearBegin } = this.counts;
    const tcp = base.tcp.map((value, index) => {
      const row = rows[index];
      const left = row ? unexplained(row) : 0;
      const doubtful = (this.#slack[index] ?? 0) + (nearBegin[index] ?? 0);
      if (left === 0 || Math.abs(left) > doubtful) return value;
      this.#slack[index] = 0;
      nearBegin[index] = 0;
      return value + left;
    });
    this.#base = { ...base, tcp };
  }

  /** Seen of a counter before the comparison began. */
  before(index: number): number {
    return this.begun ? (this.#ownBase[index] ?? 0) : 0;
  }

  /** Seen of a counter after the last reading that there can be. */
  afterwards(index: number): number {
    if (!this.gone || !this.begun) return 0;
    const counted = this.counts.counted[index] ?? 0;
    return counted - this.before(index) - (this.#rows[index]?.seen ?? 0);
  }

  /** The rows as they are shown: counters that moved, and how far they reach. */
  told(): CounterComparison[] {
    const { netns } = this;
    if (this.#base === null) {
      const explanation = 'not compared: no process of this namespace could be looked at in time';
      return COUNTER_NAMES.flatMap((name, index) => {
        const seen = this.counts.counted[index] ?? 0;
        if (seen === 0) return [];
        this.#told.add(name);
        return [{ netns, name, kernel: null, seen, apart: 0, explanation }];
      });
    }
    const late = this.#lateSeconds;
    const reach = [
      ...(late === null ? [] : [`compared since ${late} s into the capture`]),
      ...(this.gone ? ['compared for the last time before its last process ended'] : []),
    ];
    return this.#rows
      .filter(({ name, kernel, seen }) => kernel !== 0 || seen !== 0 || this.#told.has(name))
      .map((row) => {
        const explanation = [...(row.explanation ? [row.explanation] : []), ...reach].join('; ');
        return { ...row, explanation: explanation || null };
      });
  }
}
