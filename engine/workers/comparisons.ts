// Once a second: the kernel's counters of each network namespace beside our own, for one
// and the same moment. The kernel's are read at once; ours are complete once the ring has
// been handled up to that moment. Part of a CaptureRun (capture-run.ts).
import { readFileSync } from 'node:fs';
import { COUNTER_NAMES, type CounterComparison } from '../../contract/completeness.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { KernelCounters, type KernelReading } from '../capture/kernel-counters.ts';
import { type Circumstances, compareCounter, unexplained } from '../lifecycle/comparison.ts';
import type { NamespaceCounts, OwnCounts } from '../lifecycle/own-counts.ts';

/** Rounds in which namespaces are compared though nothing of them was seen. */
const WHOLE_ROUND = 10;
/** Readings in a row until two agree: then nothing moved between them. */
const QUIET_TRIES = 20;
/** A difference may be a connection under way: it must be there so many times in a row. */
const PATIENCE = 3;

interface Namespace {
  readonly netns: number;
  readonly counts: NamespaceCounts;
  /** The kernel's counters when the comparison begins; null = none could be read yet. */
  base: KernelReading | null;
  /** Ours at that moment. */
  ownBase: readonly number[];
  /** Doubtful by as much: what happened while the begin was read. */
  readonly slack: number[];
  /** Seconds into the capture when it was first read, for one that is older; null otherwise. */
  lateSeconds: number | null;
  /** The last reading: one that is lower is of another namespace with the same number. */
  last: readonly number[];
  gone: boolean;
  /** How many comparisons in a row differed. */
  doubts: number;
  rows: readonly CounterComparison[];
}

interface Reading {
  readonly namespace: Namespace;
  readonly before: KernelReading;
  readonly after: readonly number[];
}

/** Network namespaces that are mounted somewhere (`ip netns`, containers): they exist without a process. */
function mountedNamespaces(): number[] {
  try {
    const mounts = readFileSync('/proc/thread-self/mountinfo', 'utf8');
    return [...mounts.matchAll(/ net:\[(\d+)\] /g)].map(([, inode]) => Number(inode));
  } catch {
    return [];
  }
}

export class Comparisons {
  readonly #own: OwnCounts;
  readonly #now: () => SessionNanoseconds;
  readonly #kernel = new KernelCounters();
  readonly #namespaces = new Map<number, Namespace>();
  /** Namespaces that were there before the capture: another one began during it, at 0. */
  readonly #older: ReadonlySet<number>;
  #readings: Reading[] = [];
  #cutNs: SessionNanoseconds | null = null;
  #rounds = 0;
  #discovered = 0;
  #rows: readonly CounterComparison[] | null = null;

  /** Finds the namespaces that there are; `start` begins the comparison. */
  constructor(own: OwnCounts, now: () => SessionNanoseconds) {
    this.#own = own;
    this.#now = now;
    this.#older = new Set([...this.#kernel.discover(), ...mountedNamespaces()]);
  }

  /** To be called as soon as the hooks are in force, and before the first record is handled. */
  start(): void {
    for (const netns of this.#kernel.known()) this.#readBase(this.#namespace(netns));
  }

  /** One row for each counter that moved; null before the first round is finished. */
  get rows(): readonly CounterComparison[] | null {
    return this.#rows;
  }

  /** A round has begun and is not finished. */
  get underWay(): boolean {
    return this.#cutNs !== null;
  }

  #namespace(netns: number): Namespace {
    const known = this.#namespaces.get(netns);
    if (known) return known;
    const made: Namespace = {
      netns,
      counts: this.#own.of(netns),
      base: null,
      ownBase: COUNTER_NAMES.map(() => 0),
      slack: COUNTER_NAMES.map(() => 0),
      lateSeconds: null,
      last: [],
      gone: false,
      doubts: 0,
      rows: [],
    };
    this.#namespaces.set(netns, made);
    return made;
  }

  /** Before any record of it: what comes later than two equal readings is counted on both sides. */
  #readBase(namespace: Namespace): void {
    const { netns, counts, slack } = namespace;
    for (let tries = 0; tries < QUIET_TRIES; tries++) {
      const before = this.#kernel.read(netns);
      counts.beganNs = this.#now();
      const after = this.#kernel.tcp(netns);
      if (before === null || after === null) return;
      namespace.base = before;
      const moved = after.map((value, index) => value - (before.tcp[index] ?? 0));
      for (const [index, by] of moved.entries()) slack[index] = by;
      if (moved.every((by) => by === 0)) return;
    }
  }

  /** Reads the kernel's side. `whole`: also where nothing happened. */
  begin(whole = false): void {
    if (this.underWay) return;
    this.#rounds++;
    const all = whole || this.#rounds % WHOLE_ROUND === 0;
    this.#findNew();
    for (const namespace of this.#namespaces.values()) {
      const due = all || namespace.counts.moved || namespace.doubts > 0;
      if (due && !namespace.gone) this.#read(namespace);
    }
    this.#cutNs = this.#now();
  }

  /** Namespaces of which records came though nobody knew them. */
  #findNew(): void {
    const unknown = [...this.#own.namespaces()].filter(([netns, counts]) => {
      const known = this.#namespaces.get(netns);
      return counts.moved && (known === undefined || known.gone || known.base === null);
    });
    if (unknown.length > 0) this.#discover();
    for (const [netns] of unknown) {
      const namespace = this.#namespace(netns);
      namespace.gone = false;
    }
  }

  /** At most once a round: it looks at every process. */
  #discover(): void {
    if (this.#discovered === this.#rounds) return;
    this.#discovered = this.#rounds;
    this.#kernel.discover();
  }

  #read(namespace: Namespace): void {
    const { netns, counts } = namespace;
    let before = this.#kernel.read(netns);
    if (before === null) {
      this.#discover();
      before = this.#kernel.read(netns);
    }
    counts.cutNs = this.#now();
    const after = before && this.#kernel.tcp(netns);
    if (before === null || after === null) {
      counts.join();
      namespace.gone = true;
      namespace.doubts = 0;
      return;
    }
    this.#readings.push({ namespace, before, after });
  }

  /** Compares, when every record until the reading has been handled; true when a round was finished. */
  finish(handledNs: SessionNanoseconds, circumstances: Circumstances): boolean {
    if (this.#cutNs === null || handledNs < this.#cutNs) return false;
    this.#cutNs = null;
    for (const reading of this.#readings) {
      this.#compare(reading, circumstances);
      reading.namespace.counts.join();
    }
    this.#readings = [];
    const rows: CounterComparison[] = [];
    for (const namespace of this.#namespaces.values()) rows.push(...told(namespace));
    this.#rows = rows;
    return true;
  }

  /** A difference that may yet turn out to be a connection under way: worth another round soon. */
  get doubtful(): boolean {
    for (const { doubts, gone } of this.#namespaces.values()) {
      if (!gone && doubts > 0 && doubts < PATIENCE) return true;
    }
    return false;
  }

  #compare(reading: Reading, circumstances: Circumstances): void {
    const { namespace, before } = reading;
    const another = namespace.last.some((value, index) => (before.tcp[index] ?? 0) < value);
    namespace.last = before.tcp;
    if (namespace.base === null || another) this.#beginLate(namespace, before);
    const rows = this.#rowsOf(reading, circumstances);
    if (rows.every((row) => unexplained(row) === 0)) {
      namespace.doubts = 0;
      namespace.rows = rows;
      return;
    }
    namespace.doubts++;
    if (namespace.doubts < PATIENCE) return;
    this.#settleBegin(namespace, rows);
    namespace.rows = this.#rowsOf(reading, circumstances);
  }

  /** A namespace that was found later: from 0 when it is younger than the capture, else from now on. */
  #beginLate(namespace: Namespace, before: KernelReading): void {
    if (namespace.base === null && !this.#older.has(namespace.netns)) {
      namespace.base = { tcp: before.tcp.map(() => 0), embryonicResets: 0 };
      return;
    }
    namespace.base = before;
    namespace.ownBase = [...namespace.counts.counted];
    namespace.lateSeconds = Math.round(this.#now() / 1e9);
  }

  #rowsOf({ namespace, before, after }: Reading, circumstances: Circumstances) {
    const { base, ownBase, counts, netns } = namespace;
    if (base === null) return [];
    const embryonicResets = before.embryonicResets - base.embryonicResets;
    return COUNTER_NAMES.map((name, index) => {
      const from = base.tcp[index] ?? 0;
      return compareCounter(
        netns,
        {
          name,
          low: (before.tcp[index] ?? 0) - from,
          high: (after[index] ?? 0) - from,
          seen: (counts.counted[index] ?? 0) - (ownBase[index] ?? 0),
          embryonicResets,
        },
        circumstances,
      );
    });
  }

  /** What was under way while the begin was read is on one side only: it belongs to before the capture. */
  #settleBegin(namespace: Namespace, rows: readonly CounterComparison[]): void {
    const { base, slack, counts } = namespace;
    if (base === null) return;
    const tcp = base.tcp.map((value, index) => {
      const row = rows[index];
      const left = row ? unexplained(row) : 0;
      const doubtful = (slack[index] ?? 0) + (counts.nearBegin[index] ?? 0);
      if (left === 0 || Math.abs(left) > doubtful) return value;
      slack[index] = 0;
      counts.nearBegin[index] = 0;
      return value + left;
    });
    namespace.base = { ...base, tcp };
  }
}

/** The rows of a namespace as they are shown: counters that moved, and how far they reach. */
function told({ netns, rows, base, gone, lateSeconds, counts }: Namespace): CounterComparison[] {
  if (base === null) {
    const explanation = 'not compared: no process of this namespace could be looked at in time';
    return COUNTER_NAMES.flatMap((name, index) => {
      const seen = counts.counted[index] ?? 0;
      return seen === 0 ? [] : [{ netns, name, kernel: null, seen, apart: 0, explanation }];
    });
  }
  const reach = [
    ...(lateSeconds === null ? [] : [`compared since ${lateSeconds} s into the capture`]),
    ...(gone ? ['compared for the last time before its last process ended'] : []),
  ];
  return rows
    .filter(({ kernel, seen }) => kernel !== 0 || seen !== 0)
    .map((row) => {
      const explanation = [...(row.explanation ? [row.explanation] : []), ...reach].join('; ');
      return { ...row, explanation: explanation || null };
    });
}
