// What the kernel's counters of TCP (TcpExt) stood at, second by second, in the namespaces where
// something happens: what rose while an attempt lasted can be told when it has failed. Fed by
// the timer of engine/workers/capture-run.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';

/** Counters that explain why a connection is not made or not kept (Documentation/networking/snmp_counter.rst). */
export const EXPLAINING = [
  'ListenOverflows',
  'ListenDrops',
  'TCPReqQFullDrop',
  'TCPReqQFullDoCookies',
  'TCPDeferAcceptDrop',
  'SyncookiesSent',
  'SyncookiesRecv',
  'SyncookiesFailed',
  'TCPChallengeACK',
  'TCPSYNChallenge',
  'TCPTimeouts',
  'TCPAbortOnTimeout',
  'TCPAbortOnMemory',
  'TCPAbortOnData',
  'TCPAbortOnClose',
  'TCPAbortOnLinger',
  'TCPMemoryPressures',
  'TCPBacklogDrop',
  'TCPTimeWaitOverflow',
  'PAWSActive',
  'PAWSEstab',
  'TCPWantZeroWindowAdv',
  'TCPToZeroWindowAdv',
  'TCPZeroWindowDrop',
  'TCPKeepAlive',
] as const;

/** A connect may take 131 s; what lasted longer is compared with the oldest that there is. */
const READINGS = 180;
/** About 40 kB each when full. */
const NAMESPACES = 32;
const SECOND_NS = 1_000_000_000;
/** Failures come in bursts: a reading this young is a fresh one. */
const FRESH_NS = 50_000_000;

interface Reading {
  readonly timeNs: SessionNanoseconds;
  readonly values: Float64Array;
}

/** Where readings come from: engine/capture/kernel-counters.ts, or a script in a test. */
export interface ExtendedCounters {
  /** Looks for namespaces that are not known yet. */
  discover(): unknown;
  extended(netns: number): ReadonlyMap<string, number> | null;
}

/** Namespaces of which records came, with something that changes when more come. */
export type Activity = Iterable<readonly [netns: number, sign: number]>;

export class CounterHistory {
  readonly #kernel: ExtendedCounters;
  readonly #now: () => SessionNanoseconds;
  readonly #readings = new Map<number, Reading[]>();
  /** The last one that a failure asked for: outside the history, which would be short in a burst. */
  readonly #fresh = new Map<number, Reading>();
  /** Namespaces that could not be read the last time. */
  readonly #gone = new Set<number>();
  readonly #signs = new Map<number, number>();
  #lastNs: SessionNanoseconds = -SECOND_NS;

  constructor(kernel: ExtendedCounters, now: () => SessionNanoseconds) {
    this.#kernel = kernel;
    this.#now = now;
  }

  /** Reads a namespace that is new at once, and all once a second, if something has happened anywhere. */
  tick(activity: Activity): void {
    const nowNs = this.#now();
    const due = nowNs - this.#lastNs >= SECOND_NS;
    let moved = false;
    for (const [netns, sign] of activity) {
      if (this.#isUnread(netns)) this.#begin(netns);
      if (!due || this.#signs.get(netns) === sign) continue;
      this.#signs.set(netns, sign);
      moved = true;
    }
    if (!due || !moved) return;
    this.#lastNs = nowNs;
    for (const netns of this.#readings.keys()) this.#remember(netns);
  }

  #isUnread(netns: number): boolean {
    const readings = this.#readings.get(netns);
    return readings === undefined ? this.#hasRoom() : readings.length === 0;
  }

  /** One that cannot be read any more makes room. */
  #hasRoom(): boolean {
    if (this.#readings.size < NAMESPACES) return true;
    const [gone] = this.#gone;
    if (gone === undefined) return false;
    for (const kept of [this.#gone, this.#readings, this.#fresh]) kept.delete(gone);
    return true;
  }

  /** A process that is in a new namespace has to be looked for, once. */
  #begin(netns: number): void {
    const isNew = !this.#readings.has(netns);
    this.#remember(netns);
    if (!isNew || !this.#isUnread(netns)) return;
    this.#kernel.discover();
    this.#remember(netns);
  }

  #read(netns: number): Reading | null {
    const counters = this.#kernel.extended(netns);
    if (counters === null) return null;
    const values = Float64Array.from(EXPLAINING, (name) => counters.get(name) ?? 0);
    return { timeNs: this.#now(), values };
  }

  #remember(netns: number): void {
    const readings = this.#readings.get(netns) ?? [];
    this.#readings.set(netns, readings);
    const reading = this.#read(netns);
    if (reading) readings.push(reading);
    if (reading) this.#gone.delete(netns);
    else this.#gone.add(netns);
    if (readings.length > READINGS) readings.shift();
  }

  /**
   * What rose from a moment on, by name, without what did not. Since the last reading before
   * it, else the first one after it: then it may have been more. Null when nothing is known.
   */
  rise(netns: number, sinceNs: SessionNanoseconds): Record<string, number> | null {
    const readings = this.#readings.get(netns);
    const base = readings?.findLast(({ timeNs }) => timeNs <= sinceNs) ?? readings?.[0];
    const last = this.#freshest(netns);
    if (base === undefined || last === null || last === base) return null;
    const rose: Record<string, number> = {};
    for (const [index, name] of EXPLAINING.entries()) {
      const by = (last.values[index] ?? 0) - (base.values[index] ?? 0);
      if (by > 0) rose[name] = by;
    }
    return rose;
  }

  #freshest(netns: number): Reading | null {
    const known = this.#fresh.get(netns);
    if (known && this.#now() - known.timeNs < FRESH_NS) return known;
    const reading = this.#readings.has(netns) ? this.#read(netns) : null;
    if (reading) this.#fresh.set(netns, reading);
    return reading;
  }
}
