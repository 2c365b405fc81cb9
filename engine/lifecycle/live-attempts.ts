// The attempts whose sockets still exist, by cookie: begin, end and the moment after which
// an outcome stands. Used by engine/lifecycle/lifecycle.ts.
//
// Memory: one Attempt per live socket (bounded by the machine's sockets), at most LINGERING
// ended ones whose socket was not destroyed yet, and ORDINALS numbers of older ones.
import type { SessionNanoseconds } from '../../contract/units.ts';
import { Attempt, type Cookie } from './attempt.ts';
import { type Ending, endingUndecided } from './outcome.ts';
import type { LifecycleOutput } from './output.ts';
import { Queue } from './queue.ts';

/** How long an ended attempt waits for connect(2) to return or its socket to be destroyed. */
export const GRACE_NS = 200_000_000;
const LINGERING = 20_000;
const ORDINALS = 65_536;

/** It failed within its own call, of a kind whose result nobody saw: sendto(2) with MSG_FASTOPEN. */
const UNSENT: Ending = { outcome: 'failed', failed: true, closedBy: null };

/** A SYN has a port to come from. */
function isUnsent({ direction, startedNs, localPort }: Attempt): boolean {
  return direction === 'outgoing' && startedNs !== null && localPort === 0;
}

export const END_NOT_SEEN: Ending = { outcome: 'unknown', failed: false, closedBy: null };

export interface AttemptWatcher {
  /** A new attempt, of which nothing but its begin is known. */
  begun(attempt: Attempt): void;
  /** The outcome stands, and nobody has been told of it yet. */
  ends(attempt: Attempt): void;
}

export class LiveAttempts {
  readonly #output: LifecycleOutput;
  readonly #byCookie = new Map<Cookie, Attempt>();
  readonly #ordinals = new Map<Cookie, number>();
  readonly #ending = new Queue<Attempt>();
  readonly #lingering = new Queue<Attempt>();
  #lastId = 0;
  readonly #watcher: AttemptWatcher;

  constructor(output: LifecycleOutput, watcher: AttemptWatcher) {
    this.#output = output;
    this.#watcher = watcher;
  }

  get(cookie: Cookie): Attempt | undefined {
    return this.#byCookie.get(cookie);
  }

  /** All that are remembered, ended ones too. */
  values(): Iterable<Attempt> {
    return this.#byCookie.values();
  }

  get size(): number {
    return this.#byCookie.size;
  }

  /** A new attempt; an unfinished one of the same socket ends unseen. */
  begin(cookie: Cookie | null, netns: number, timeNs: SessionNanoseconds): Attempt {
    let ordinal = 1;
    const previous = cookie === null ? undefined : this.#byCookie.get(cookie);
    if (previous) {
      if (!previous.ended) {
        previous.incomplete = true;
        this.end(previous, timeNs, END_NOT_SEEN);
      }
      this.settle(previous);
      ordinal = previous.ordinal + 1;
    } else if (cookie !== null) {
      ordinal = (this.#ordinals.get(cookie) ?? 0) + 1;
    }
    this.#lastId++;
    const attempt = new Attempt(this.#lastId, cookie, ordinal, netns, timeNs);
    if (cookie !== null) this.#byCookie.set(cookie, attempt);
    this.#watcher.begun(attempt);
    this.changed(attempt);
    return attempt;
  }

  /** Gives a half-open attempt the socket that it became. */
  adopt(attempt: Attempt, cookie: Cookie): void {
    attempt.cookie = cookie;
    this.#byCookie.set(cookie, attempt);
    this.changed(attempt);
  }

  changed(attempt: Attempt): void {
    if (attempt.dirty) return;
    attempt.dirty = true;
    this.#output.attemptChanged(attempt);
  }

  end(attempt: Attempt, timeNs: SessionNanoseconds, ending: Ending): void {
    this.decide(attempt, ending);
    this.#endAt(attempt, timeNs);
  }

  /** Ends without knowing how yet: `settle` decides unless something tells before. */
  endUndecided(attempt: Attempt, timeNs: SessionNanoseconds): void {
    attempt.undecided = true;
    this.#endAt(attempt, timeNs);
  }

  #endAt(attempt: Attempt, timeNs: SessionNanoseconds): void {
    attempt.endedNs = timeNs;
    this.#ending.push(attempt);
    this.changed(attempt);
  }

  decide(attempt: Attempt, ending: Ending): void {
    attempt.undecided = false;
    attempt.outcome = ending.outcome;
    attempt.failed = ending.failed;
    // What troubled it while it went on is not why it failed: that has yet to be judged.
    if (ending.failed && !attempt.judged) attempt.verdict = null;
    attempt.closedBy = ending.closedBy;
    this.changed(attempt);
  }

  /**
   * Nobody told how it went. A caller that polls was told of a noted error (ICMP) and
   * closed therefore; one that blocks was not, and gave up by itself.
   */
  #decideAtLast(attempt: Attempt): void {
    const errno = attempt.async === true ? attempt.notedErrno : 0;
    attempt.errno = errno;
    this.decide(attempt, isUnsent(attempt) ? UNSENT : endingUndecided(errno));
  }

  /** From here on the outcome of an ended attempt stands. */
  settle(attempt: Attempt): void {
    if (attempt.final) return;
    if (attempt.undecided) this.#decideAtLast(attempt);
    attempt.final = true;
    this.#watcher.ends(attempt);
    this.#output.attemptEnded(attempt);
  }

  /** The socket is gone: nothing more can come. */
  forget(cookie: Cookie): void {
    this.#byCookie.delete(cookie);
    this.#ordinals.delete(cookie);
  }

  /** Settles what has waited long enough. */
  tick(nowNs: SessionNanoseconds): void {
    for (let next = this.#ending.peek(); next; next = this.#ending.peek()) {
      if (!next.final && (next.endedNs ?? 0) + GRACE_NS > nowNs) break;
      this.#ending.shift();
      this.settle(next);
      if (next.cookie !== null && this.#byCookie.get(next.cookie) === next) this.#linger(next);
    }
  }

  /** Settles everything that has ended: the capture stops. */
  settleAll(): void {
    for (let next = this.#ending.shift(); next; next = this.#ending.shift()) this.settle(next);
  }

  #linger(attempt: Attempt): void {
    this.#lingering.push(attempt);
    if (this.#lingering.length <= LINGERING) return;
    const oldest = this.#lingering.shift();
    if (!oldest || oldest.cookie === null) return;
    if (this.#byCookie.get(oldest.cookie) !== oldest) return;
    this.#byCookie.delete(oldest.cookie);
    this.#ordinals.set(oldest.cookie, oldest.ordinal);
    if (this.#ordinals.size <= ORDINALS) return;
    for (const cookie of this.#ordinals.keys()) {
      this.#ordinals.delete(cookie);
      break;
    }
  }
}
