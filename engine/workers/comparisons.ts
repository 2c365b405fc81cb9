// Once a second: the kernel's counters of each network namespace beside our own, for one
// and the same moment. The kernel's are read at once; ours are complete once the ring has
// been handled up to that moment. Part of a CaptureRun (capture-run.ts).
import { COUNTER_NAMES, type CounterComparison, ELSEWHERE } from '../../contract/completeness.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { type CounterSource, KernelCounters } from '../capture/kernel-counters.ts';
import type { Circumstances } from '../lifecycle/comparison.ts';
import { NAMESPACES, type OwnCounts } from '../lifecycle/own-counts.ts';
import { ComparedNamespace, movedBetween, type Reading } from './compared-namespace.ts';

/** Rounds in which namespaces are compared though nothing of them was seen. */
const WHOLE_ROUND = 10;
/** Readings in a row until two agree: then nothing moved between them. */
const QUIET_TRIES = 20;

export class Comparisons {
  readonly #own: OwnCounts;
  readonly #now: () => SessionNanoseconds;
  readonly #kernel: CounterSource;
  readonly #namespaces = new Map<number, ComparedNamespace>();
  /** Namespaces that were there before the capture. */
  readonly #older: ReadonlySet<number>;
  #readings: { readonly namespace: ComparedNamespace; readonly reading: Reading }[] = [];
  #cutNs: SessionNanoseconds | null = null;
  #rounds = 0;
  #discovered = 0;
  #rows: readonly CounterComparison[] | null = null;
  /** Counters of which something was told that can be held against nothing: they stay, since the file has them. */
  readonly #elsewhereTold = new Set<string>();
  /** There are namespaces beyond those that are compared. */
  #tooMany = false;

  /** Finds the namespaces that there are; `start` begins the comparison. */
  constructor(
    own: OwnCounts,
    now: () => SessionNanoseconds,
    kernel: CounterSource = new KernelCounters(),
  ) {
    this.#own = own;
    this.#now = now;
    this.#kernel = kernel;
    this.#older = new Set([...kernel.discover(), ...kernel.mounted()]);
  }

  /** To be called as soon as the hooks are in force, and before the first record is handled. */
  start(): void {
    for (const netns of this.#kernel.known()) {
      const namespace = this.#namespace(netns);
      if (namespace) this.#begin(namespace);
    }
  }

  /** One row for each counter that moved; null before the first round is finished. */
  get rows(): readonly CounterComparison[] | null {
    return this.#rows;
  }

  /** A round has begun and is not finished. */
  get underWay(): boolean {
    return this.#cutNs !== null;
  }

  /** Null for one beyond the bound, which is not counted on its own. */
  #namespace(netns: number, older = this.#older.has(netns)): ComparedNamespace | null {
    const known = this.#namespaces.get(netns);
    if (known) return known;
    const counts = this.#own.of(netns);
    if (counts === this.#own.beyond) {
      this.#tooMany = true;
      return null;
    }
    const made = new ComparedNamespace(netns, counts, older);
    this.#namespaces.set(netns, made);
    return made;
  }

  /** What comes later than two equal readings is counted on both sides. */
  #begin(namespace: ComparedNamespace): void {
    const { netns, counts } = namespace;
    const reading = this.#readingOf(netns, QUIET_TRIES, (nowNs) => {
      counts.beganNs = nowNs;
    });
    if (reading) namespace.begin(reading);
  }

  /** Reads both sides of a moment, again and again until nothing moved between them. */
  #readingOf(
    netns: number,
    tries: number,
    moment: (nowNs: SessionNanoseconds) => void,
  ): Reading | null {
    let reading: Reading | null = null;
    for (let left = tries; left > 0; left--) {
      const before = this.#kernel.read(netns);
      moment(this.#now());
      const after = before && this.#kernel.tcp(netns);
      if (before === null || after === null) return null;
      reading = { before, after };
      if (movedBetween(reading).every((by) => by === 0)) break;
    }
    return reading;
  }

  /** Reads the kernel's side. `whole`: also where nothing happened, and in place of a round under way. */
  begin(whole = false): void {
    if (this.underWay && !whole) return;
    for (const { namespace } of this.#readings) namespace.counts.join();
    this.#readings = [];
    this.#rounds++;
    const all = whole || this.#rounds % WHOLE_ROUND === 0;
    this.#findNew();
    if (all) this.#findSilent();
    for (const namespace of this.#namespaces.values()) {
      const due = all || namespace.counts.moved || namespace.differs;
      if (due && !namespace.gone) this.#read(namespace);
    }
    this.#cutNs = this.#now();
  }

  /** Namespaces of which records came though nobody knew them. */
  #findNew(): void {
    const unknown = [...this.#own.namespaces()].filter(([netns, counts]) => {
      const known = this.#namespaces.get(netns);
      return counts.moved && (known === undefined || known.gone || !known.begun);
    });
    if (unknown.length > 0) this.#discover();
    for (const [netns] of unknown) {
      const namespace = this.#namespace(netns);
      if (namespace) namespace.gone = false;
    }
  }

  /**
   * Namespaces of which no record came. They may be as old as the capture, with nobody in
   * them until now: what their counters say already is not held against anything.
   */
  #findSilent(): void {
    this.#discover();
    for (const netns of this.#kernel.known()) this.#namespace(netns, true);
  }

  /** At most once a round: it looks at every process. */
  #discover(): void {
    if (this.#discovered === this.#rounds) return;
    this.#discovered = this.#rounds;
    this.#kernel.discover();
  }

  #read(namespace: ComparedNamespace): void {
    const { netns, counts, begun } = namespace;
    const read = () =>
      this.#readingOf(netns, begun ? 1 : QUIET_TRIES, (nowNs) => {
        counts.cutNs = nowNs;
      });
    let reading = read();
    if (reading === null) {
      this.#discover();
      reading = read();
    }
    if (reading === null) namespace.leave();
    else this.#readings.push({ namespace, reading });
  }

  /** Compares, when every record until the reading has been handled; true when a round was finished. */
  finish(handledNs: SessionNanoseconds, circumstances: Circumstances): boolean {
    if (this.#cutNs === null || handledNs < this.#cutNs) return false;
    this.#cutNs = null;
    for (const { namespace, reading } of this.#readings) {
      namespace.compare(reading, circumstances);
      namespace.counts.join();
    }
    this.#readings = [];
    const rows: CounterComparison[] = [];
    for (const namespace of this.#namespaces.values()) rows.push(...namespace.told());
    this.#rows = [...this.#elsewhere(), ...rows];
    return true;
  }

  /** What was seen of each counter and can be held against nothing, so that the sum of all rows is everything. */
  #elsewhere(): CounterComparison[] {
    const { beyond } = this.#own;
    if (beyond.moved) this.#tooMany = true;
    const all = [...this.#namespaces.values()];
    return COUNTER_NAMES.flatMap((name, index) => {
      const before = all.reduce((sum, namespace) => sum + namespace.before(index), 0);
      const after = all.reduce((sum, namespace) => sum + namespace.afterwards(index), 0);
      const others = beyond.counted[index] ?? 0;
      const seen = before + after + others;
      const silent = this.#tooMany && name === 'ActiveOpens';
      if (seen === 0 && !silent && !this.#elsewhereTold.has(name)) return [];
      this.#elsewhereTold.add(name);
      const reasons = [
        ...(before === 0 ? [] : [`${before} before their namespace could first be read`]),
        ...(after === 0 ? [] : [`${after} after their namespace could last be read`]),
        ...(others === 0 && !silent
          ? []
          : [`${others} in network namespaces beyond the first ${NAMESPACES}`]),
      ];
      const explanation = reasons.join(', ') || null;
      return [{ netns: ELSEWHERE, name, kernel: null, seen, apart: 0, explanation }];
    });
  }

  /** A difference that may yet turn out to be a connection under way: worth another round soon. */
  get doubtful(): boolean {
    for (const namespace of this.#namespaces.values()) if (namespace.doubtful) return true;
    return false;
  }
}
