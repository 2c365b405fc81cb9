// Connections that wait without being lost: a window is closed, or keep-alive probes go
// unanswered. No tracepoint tells of either, so the scans do, once a second; when it began
// and how long it lasted is told by the kernel's own times. Used by scans.ts.
//
// Memory: one entry for each connection that waits now. At most EVENTS_PER_SECOND events:
// a machine whose ten thousand peers stop reading at once is told in full by the rows.
import type { SocketTimersReader, TimersEventReader } from '../../contract/generated/events.ts';
import type { Milliseconds, SessionNanoseconds } from '../../contract/units.ts';
import type { KeepAliveDetail, ZeroWindowDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import * as tcp from './tcp-state.ts';
import { type ClosedWindow, Trouble } from './trouble.ts';

const MS = 1_000_000;
const EVENTS_PER_SECOND = 500;
/** Scans go on in their rhythm for that long, so that the end of a stall is seen when it comes. */
const YOUNG_NS = 60_000_000_000;
/** Our own window: without data for so long, the peer waits. */
const LEAST_MS: Milliseconds = 200;
/** A shorter stall is none that anybody would look for. */
export const WORTH_TELLING_MS: Milliseconds = 1000;
/** States in which the peer may still send: what we do not read keeps it waiting. */
const PEER_SENDS: ReadonlySet<number> = new Set([tcp.ESTABLISHED, tcp.FIN_WAIT1, tcp.FIN_WAIT2]);

const SKIPPED =
  'Connections stalled faster than each can have its events: some have only their verdict.';

type Side = ZeroWindowDetail['side'];

interface Stall {
  readonly beganNs: SessionNanoseconds;
  readonly beganId: number;
  readonly waiting: number;
  /** When it was first seen, and what the kernel had counted by then (`rwndLimitedMs`). */
  readonly seenNs: SessionNanoseconds;
  readonly limitedMs: Milliseconds;
  /** When it was last seen. */
  lastNs: SessionNanoseconds;
  scan: number;
}

interface Waiting {
  peer: Stall | null;
  own: Stall | null;
  /** The scan that last saw unanswered keep-alive probes; 0 = there are none. */
  probesScan: number;
}

export class Stalls {
  readonly #desk: Desk;
  readonly #waiting = new Map<Attempt, Waiting>();
  #toldSkipped = false;
  #second = 0;
  #events = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** A connection that waits, as scan number `scan` found it. */
  seen(attempt: Attempt, event: TimersEventReader, scan: number, timeNs: SessionNanoseconds): void {
    const { timers, socket } = event;
    const { unacked, unsent } = timers;
    if (timers.sndWnd === 0 && isProbing(timers)) {
      this.#stalled(attempt, 'peer', timers.probingMs, unacked + unsent, scan, timeNs);
    }
    if (timers.rcvWnd === 0 && PEER_SENDS.has(socket.state) && timers.dataMs >= LEAST_MS) {
      this.#stalled(attempt, 'own', timers.dataMs, 0, scan, timeNs);
    }
    const idle = unacked + unsent === 0;
    if (idle && timers.keepalive !== 0 && timers.probesOut > 1) {
      this.#probing(attempt, timers.probesOut, scan, timeNs);
    }
  }

  /** Scan number `scan` is over: what it saw and does not wait any more has gone on. */
  scanned(scan: number, timeNs: SessionNanoseconds): void {
    for (const [attempt, waiting] of this.#waiting) {
      if (attempt.scanSeen !== scan) continue;
      for (const side of ['peer', 'own'] as const) {
        if (waiting[side] && waiting[side].scan !== scan) this.#opened(attempt, side, timeNs);
      }
      if (waiting.probesScan !== 0 && waiting.probesScan !== scan) this.#answered(attempt, timeNs);
      if (!waiting.peer && !waiting.own && waiting.probesScan === 0) this.#waiting.delete(attempt);
    }
  }

  /** The outcome of the attempt stands: nothing opens any more. */
  ended(attempt: Attempt): void {
    const waiting = this.#waiting.get(attempt);
    if (!waiting) return;
    const timeNs = attempt.endedNs ?? attempt.beginNs;
    for (const side of ['peer', 'own'] as const) {
      if (waiting[side]) this.#opened(attempt, side, timeNs, true);
    }
    this.#waiting.delete(attempt);
  }

  /** Something waits since so short a time that its end is of interest. */
  isYoung(nowNs: SessionNanoseconds): boolean {
    for (const { peer, own } of this.#waiting.values()) {
      if (nowNs - Math.max(peer?.beganNs ?? 0, own?.beganNs ?? 0) < YOUNG_NS) return true;
    }
    return false;
  }

  #of(attempt: Attempt): Waiting {
    const known = this.#waiting.get(attempt);
    const waiting = known ?? { peer: null, own: null, probesScan: 0 };
    if (!known) this.#waiting.set(attempt, waiting);
    return waiting;
  }

  /** `sinceMs`: for how long the kernel knows it; 0 = it does not. */
  #stalled(
    attempt: Attempt,
    side: Side,
    sinceMs: Milliseconds,
    bytes: number,
    scan: number,
    timeNs: SessionNanoseconds,
  ): void {
    const waiting = this.#of(attempt);
    const earliestNs = attempt.establishedNs ?? attempt.beginNs;
    const beganNs = Math.max(earliestNs, timeNs - sinceMs * MS);
    const known = waiting[side];
    if (known && (sinceMs === 0 || beganNs <= known.lastNs)) {
      known.scan = scan;
      known.lastNs = timeNs;
      this.#grown(attempt, side, known, timeNs);
      return;
    }
    // It was open for a moment since the last scan.
    if (known) this.#opened(attempt, side, Math.max(beganNs, known.lastNs));
    const beganId = this.#tell(attempt, beganNs, 'zero-window', {
      side,
      phase: 'began',
      inferred: 'seen by scans',
      ...(bytes > 0 && { waiting: bytes }),
    });
    const stall: Stall = {
      beganNs,
      beganId,
      waiting: bytes,
      seenNs: timeNs,
      limitedMs: attempt.rwndLimitedMs,
      lastNs: timeNs,
      scan,
    };
    waiting[side] = stall;
    windowOf(attempt, side).stalls++;
    this.#grown(attempt, side, stall, timeNs);
  }

  /** The longest stall so far may be the one that lasts. */
  #grown(attempt: Attempt, side: Side, stall: Stall, timeNs: SessionNanoseconds): void {
    const window = windowOf(attempt, side);
    const ms = (timeNs - stall.beganNs) / MS;
    if (ms < window.longestMs) return;
    const isNews = window.sinceNs !== stall.beganNs || window.longestMs < WORTH_TELLING_MS;
    window.longestMs = ms;
    window.sinceNs = stall.beganNs;
    window.beganId = stall.beganId;
    window.waiting = stall.waiting;
    window.endedId = 0;
    if (isNews && ms >= WORTH_TELLING_MS) this.#desk.troubled(attempt);
  }

  #opened(attempt: Attempt, side: Side, timeNs: SessionNanoseconds, unresolved = false): void {
    const waiting = this.#of(attempt);
    const stall = waiting[side];
    if (!stall) return;
    waiting[side] = null;
    const ms = lastedMs(attempt, side, stall, timeNs);
    const openNs = side === 'peer' ? stall.beganNs + ms * MS : timeNs;
    const endedId = this.#tell(attempt, openNs, 'zero-window', {
      side,
      phase: 'ended',
      inferred: 'seen by scans',
      forMs: Math.round(ms),
      ...(unresolved && { unresolved }),
    });
    const window = windowOf(attempt, side);
    window.totalMs += ms;
    if (window.sinceNs !== stall.beganNs) return;
    window.longestMs = ms;
    window.endedId = endedId;
    if (!unresolved) this.#desk.troubled(attempt);
  }

  #probing(attempt: Attempt, unanswered: number, scan: number, timeNs: SessionNanoseconds): void {
    const waiting = this.#of(attempt);
    attempt.trouble ??= new Trouble();
    const before = attempt.trouble.keepAlive;
    const isNew = waiting.probesScan === 0;
    waiting.probesScan = scan;
    if (before && unanswered <= before.most && !isNew) return;
    const detail: KeepAliveDetail = { unanswered, inferred: 'seen by scans' };
    const id = isNew || !before ? this.#tell(attempt, timeNs, 'keep-alive', detail) : 0;
    const most = Math.max(unanswered, before?.most ?? 0);
    attempt.trouble.keepAlive = { most, firstId: before?.firstId || id, answeredId: 0 };
  }

  #answered(attempt: Attempt, timeNs: SessionNanoseconds): void {
    this.#of(attempt).probesScan = 0;
    const missed = attempt.trouble?.keepAlive;
    if (!missed) return;
    const detail: KeepAliveDetail = { unanswered: 0, inferred: 'seen by scans' };
    missed.answeredId = this.#tell(attempt, timeNs, 'keep-alive', detail);
    this.#desk.troubled(attempt);
  }

  /** Returns the row of the event; 0 when there were too many. */
  #tell(
    attempt: Attempt,
    timeNs: SessionNanoseconds,
    kind: 'zero-window' | 'keep-alive',
    detail: ZeroWindowDetail | KeepAliveDetail,
  ): number {
    const second = Math.floor(timeNs / 1e9);
    if (second > this.#second) [this.#second, this.#events] = [second, 0];
    this.#events++;
    if (this.#events <= EVENTS_PER_SECOND) {
      return this.#desk.journal.event(attempt, timeNs, kind, detail);
    }
    if (!this.#toldSkipped) {
      this.#toldSkipped = true;
      this.#desk.note(timeNs, SKIPPED);
    }
    return 0;
  }
}

function windowOf(attempt: Attempt, side: Side): ClosedWindow {
  attempt.trouble ??= new Trouble();
  const key = side === 'peer' ? 'peerWindow' : 'ownWindow';
  attempt.trouble[key] ??= {
    stalls: 0,
    totalMs: 0,
    longestMs: 0,
    sinceNs: -1,
    beganId: 0,
    endedId: 0,
    waiting: 0,
  };
  return attempt.trouble[key];
}

/**
 * With a window that is full for a moment now and then nothing is wrong. Closed for as long as
 * a retransmission timeout, the kernel probes it; since when it notes only since 5.11.
 */
function isProbing({ probingMs, unacked, unsent, backoff }: SocketTimersReader): boolean {
  return probingMs > 0 || (backoff > 0 && unacked + unsent > 0);
}

/**
 * Of the peer's window the kernel has counted how long it kept this side from sending, and the
 * scan that did not see it any more is the bound; our own was closed when it was last seen.
 */
function lastedMs(
  attempt: Attempt,
  side: Side,
  stall: Stall,
  timeNs: SessionNanoseconds,
): Milliseconds {
  if (side === 'own') return (stall.lastNs - stall.beganNs) / MS;
  const most = Math.max(0, (timeNs - stall.beganNs) / MS);
  const before = (stall.seenNs - stall.beganNs) / MS;
  return Math.min(most, before + Math.max(0, attempt.rwndLimitedMs - stall.limitedMs));
}
