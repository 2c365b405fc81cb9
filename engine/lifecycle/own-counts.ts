// What the kernel's counters of TCP would say if they counted the records that came: per
// network namespace, each in the kernel's own sense. Fed by the parts of engine/lifecycle/,
// held against the kernel by engine/workers/comparisons.ts.
import { COUNTER_NAMES, type CounterName } from '../../contract/completeness.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';
import { CLOSE, CLOSE_WAIT, ESTABLISHED, SYN_RECV, SYN_SENT } from './tcp-state.ts';

const COUNTERS = COUNTER_NAMES.length;
const INDEX = Object.fromEntries(COUNTER_NAMES.map((name, index) => [name, index])) as Readonly<
  Record<CounterName, number>
>;
/** A record this close to the first reading may have been counted by it or not. */
const NEAR_NS = 2_000_000;
/** Namespaces beyond this many are counted as one, and not compared. */
export const NAMESPACES = 500;

interface Addition {
  readonly counter: number;
  readonly amount: number;
  readonly timeNs: SessionNanoseconds;
}

/** One namespace. A cut separates what belongs to a reading from what came after it. */
export class NamespaceCounts {
  /** The kernel was read first at this time: what is older is in that reading. */
  beganNs: SessionNanoseconds = -Number.MAX_VALUE;
  cutNs: SessionNanoseconds = Number.MAX_VALUE;
  /** Until the cut. */
  readonly counted: number[] = new Array<number>(COUNTERS).fill(0);
  /** Around `beganNs`, counted or not. */
  readonly nearBegin: number[] = new Array<number>(COUNTERS).fill(0);
  readonly #later: number[] = new Array<number>(COUNTERS).fill(0);
  /** The newest, and those around the cut: a reading may yet become the first one. */
  #recent: Addition[] = [];
  #newestNs: SessionNanoseconds = -Number.MAX_VALUE;
  /** As many as this, and those that nothing asks for any more are thrown out. */
  #tidyAt = 64;
  /** Something was counted since `join`. */
  moved = false;
  /** How often something was counted. */
  additions = 0;

  add(counter: number, amount: number, timeNs: SessionNanoseconds): void {
    this.additions++;
    this.#remember({ counter, amount, timeNs });
    if (Math.abs(timeNs - this.beganNs) < NEAR_NS) {
      this.nearBegin[counter] = (this.nearBegin[counter] ?? 0) + Math.abs(amount);
    }
    if (timeNs <= this.beganNs) return;
    const side = timeNs <= this.cutNs ? this.counted : this.#later;
    side[counter] = (side[counter] ?? 0) + amount;
    this.moved = true;
  }

  #remember(addition: Addition): void {
    this.#newestNs = Math.max(this.#newestNs, addition.timeNs);
    this.#recent.push(addition);
    if (this.#recent.length < this.#tidyAt) return;
    this.#recent = this.#recent.filter(
      ({ timeNs }) => Math.abs(timeNs - this.cutNs) < NEAR_NS || timeNs > this.#newestNs - NEAR_NS,
    );
    this.#tidyAt = Math.max(64, 2 * this.#recent.length);
  }

  /** Takes the reading of the cut for the first one. */
  beginAtCut(): void {
    this.beganNs = this.cutNs;
    this.nearBegin.fill(0);
    for (const { counter, amount, timeNs } of this.#recent) {
      if (Math.abs(timeNs - this.beganNs) >= NEAR_NS) continue;
      this.nearBegin[counter] = (this.nearBegin[counter] ?? 0) + Math.abs(amount);
    }
  }

  /** Ends the cut: what came after it counts too. */
  join(): void {
    this.moved = false;
    for (const [counter, amount] of this.#later.entries()) {
      this.counted[counter] = (this.counted[counter] ?? 0) + amount;
      if (amount !== 0) this.moved = true;
    }
    this.#later.fill(0);
    this.cutNs = Number.MAX_VALUE;
  }
}

export class OwnCounts {
  readonly #byNetns = new Map<number, NamespaceCounts>();
  /** All namespaces beyond the first 500. */
  readonly beyond = new NamespaceCounts();

  of(netns: number): NamespaceCounts {
    const known = this.#byNetns.get(netns);
    if (known) return known;
    if (this.#byNetns.size >= NAMESPACES) return this.beyond;
    const made = new NamespaceCounts();
    this.#byNetns.set(netns, made);
    return made;
  }

  /** Every namespace of which something came, and those asked for. */
  namespaces(): IterableIterator<[number, NamespaceCounts]> {
    return this.#byNetns.entries();
  }

  /** The same namespaces, each with a sign that is another one after something was counted. */
  *activity(): Generator<readonly [netns: number, sign: number]> {
    for (const [netns, { additions }] of this.#byNetns) yield [netns, additions];
  }

  #add(netns: number, name: CounterName, amount: number, timeNs: SessionNanoseconds): void {
    this.of(netns).add(INDEX[name], amount, timeNs);
  }

  /** CLOSE → SYN_SENT: tcp_connect() counts it when it has sent the SYN. */
  opens(netns: number, timeNs: SessionNanoseconds): void {
    this.#add(netns, 'ActiveOpens', 1, timeNs);
  }

  /**
   * A change of state of an attempt that is not a begin. `sent`: segments that its socket
   * has sent; none means that connect(2) failed before the SYN, or a repaired socket.
   */
  changes(
    attempt: Attempt,
    oldState: number,
    newState: number,
    errno: number,
    sent: number,
    timeNs: SessionNanoseconds,
  ): void {
    const { netns } = attempt;
    if (oldState === SYN_SENT && sent === 0 && attempt.startedNs !== null) {
      this.#add(netns, 'ActiveOpens', -1, attempt.startedNs);
    }
    if (oldState === SYN_RECV && attempt.direction !== 'outgoing') {
      this.#add(netns, 'PassiveOpens', 1, timeNs);
    }
    if (newState !== CLOSE) return;
    // tcp_done() comes with an error; close(2) and a refused route set the state alone.
    if ((oldState === SYN_SENT || oldState === SYN_RECV) && errno !== 0) {
      this.#add(netns, 'AttemptFails', 1, timeNs);
    }
    if (oldState === ESTABLISHED || oldState === CLOSE_WAIT) {
      this.#add(netns, 'EstabResets', 1, timeNs);
    }
  }

  /**
   * Segments that a socket has sent again by now. `least`: what has certainly been among
   * them since the last time, for a socket whose past is not known.
   */
  retransmits(attempt: Attempt, total: number, least: 0 | 1, timeNs: SessionNanoseconds): void {
    const known = attempt.countedRetransmits ?? total - least;
    if (total <= known && attempt.countedRetransmits !== null) return;
    attempt.countedRetransmits = total;
    if (total > known) this.#add(attempt.netns, 'RetransSegs', total - known, timeNs);
  }

  synackRetransmit(netns: number, timeNs: SessionNanoseconds): void {
    this.#add(netns, 'RetransSegs', 1, timeNs);
  }

  resetSent(netns: number, timeNs: SessionNanoseconds): void {
    this.#add(netns, 'OutRsts', 1, timeNs);
  }
}
