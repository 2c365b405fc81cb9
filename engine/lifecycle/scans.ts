// SOCKET records of the iterators: connections older than the capture, owners of older
// sockets, and the metrics of a second. Called by engine/lifecycle/lifecycle.ts.
//
// They do not come through the ring, so one may overtake the begin of its connection, or
// come after its end. What is unknown therefore waits until the ring has caught up.
import { SocketEventReader, type TimersEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt, Cookie } from './attempt.ts';
import type { Desk } from './desk.ts';
import { END_NOT_SEEN } from './live-attempts.ts';
import { takeCounters } from './payload.ts';
import * as tcp from './tcp-state.ts';
import { cookieOf } from './tuple.ts';

/** Scans in a row that must miss a socket before its end counts as lost. */
const MISSES = 3;

export class SocketScans {
  readonly #desk: Desk;
  readonly #reader = new SocketEventReader();
  #number = 0;
  /** Copies of records whose socket is not known. */
  #waiting: DataView[] = [];
  #newestNs: SessionNanoseconds = 0;
  /** Cookies of sockets that were destroyed while a scan was under way or its records wait. */
  readonly #destroyed = new Set<Cookie>();
  #underWay = false;
  #moved = false;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  begin(): void {
    this.#number++;
    this.#underWay = true;
    this.#moved = false;
  }

  /** The last scan showed a figure, a state or a connection that was not known. */
  get moved(): boolean {
    return this.#moved;
  }

  /** All records of the scan have been taken. `entered`: the network namespaces that it was in. */
  end(timeNs: SessionNanoseconds, entered: ReadonlySet<number>): void {
    this.#underWay = false;
    this.#desk.stalls.scanned(this.#number, timeNs);
    this.#desk.listeners.scanned(timeNs);
    this.#moved ||= this.#desk.stalls.isYoung(timeNs);
    for (const attempt of this.#desk.live.values()) {
      if (attempt.ended || attempt.scanSeen === 0) continue;
      // Nobody looked where the last process has left: what it sent may still be under way.
      if (!entered.has(attempt.netns)) attempt.scanSeen += 1;
      this.#moved ||= attempt.scanSeen !== this.#number;
      if (this.#number - attempt.scanSeen < MISSES) continue;
      attempt.incomplete = true;
      this.#desk.journal.state(
        attempt,
        timeNs,
        attempt.state,
        tcp.CLOSE,
        { inferred: 'gone at a scan' },
        0,
        0,
        0,
      );
      attempt.state = tcp.CLOSE;
      this.#desk.live.end(attempt, timeNs, END_NOT_SEEN);
    }
  }

  destroyed(cookie: Cookie): void {
    if (this.#underWay || this.#waiting.length > 0) this.#destroyed.add(cookie);
  }

  take(event: SocketEventReader): void {
    const { socket } = event;
    const cookie = cookieOf(socket);
    if (cookie === null) return;
    if (socket.state === tcp.LISTEN) {
      this.#desk.listeners.add(cookie, socket, this.#desk.processes.of(event.task), null);
      return;
    }
    if (socket.state === tcp.CLOSE || socket.state === 0) return;
    const timeNs = this.#desk.clock.at(event.header);
    const attempt = this.#desk.live.get(cookie);
    if (attempt) {
      this.#update(attempt, event, timeNs);
      return;
    }
    this.#moved = true;
    const from = event.view.byteOffset + event.offset;
    const copy = event.view.buffer.slice(from, from + SocketEventReader.SIZE);
    this.#waiting.push(new DataView(copy));
    this.#newestNs = Math.max(this.#newestNs, timeNs);
  }

  /** What a connection that the scan has just found waits for. */
  waiting(event: TimersEventReader): void {
    const cookie = cookieOf(event.socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt || attempt.ended || attempt.scanSeen !== this.#number) return;
    const timeNs = this.#desk.clock.at(event.header);
    this.#desk.stalls.seen(attempt, event, this.#number, timeNs);
  }

  /** Takes over what waits, once every record of the ring until after it has been handled. */
  tick(handledNs: SessionNanoseconds): void {
    if (this.#underWay || handledNs <= this.#newestNs) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const view of waiting) this.#adopt(this.#reader.at(view, 0));
    this.#destroyed.clear();
  }

  #adopt(event: SocketEventReader): void {
    const { socket } = event;
    const cookie = cookieOf(socket);
    if (cookie === null || this.#destroyed.has(cookie)) return;
    const timeNs = this.#desk.clock.at(event.header);
    const attempt =
      this.#desk.live.get(cookie) ??
      this.#desk.beginLate(cookie, socket, socket.state, timeNs, 'scan');
    this.#update(attempt, event, timeNs);
  }

  /** Figures and owner; no event. */
  #update(attempt: Attempt, event: SocketEventReader, timeNs: SessionNanoseconds): void {
    // Of another socket, at whose address (the cookie before 5.12) this one was made.
    if (attempt.startedNs !== null && timeNs < attempt.startedNs) return;
    const { live } = this.#desk;
    if (event.fd >= 0) {
      this.#desk.ownByTask(attempt, event.task, 'scan');
      attempt.fd ??= event.fd;
      return;
    }
    attempt.scanSeen = this.#number;
    if (attempt.ended) return;
    this.#desk.counts.retransmits(attempt, event.counters.totalRetrans, 0, timeNs);
    const rests = this.#desk.ownTraffic.rests(attempt, timeNs);
    if (!rests && takeCounters(attempt, event.counters)) {
      this.#moved = true;
      live.changed(attempt);
    }
    this.#compareState(attempt, event.socket.state, timeNs);
  }

  /** A state that two scans saw and no record told: that record was lost. */
  #compareState(attempt: Attempt, state: number, timeNs: SessionNanoseconds): void {
    if (state === attempt.state || timeNs <= attempt.lastStateNs) {
      attempt.scanState = 0;
      return;
    }
    this.#moved = true;
    if (attempt.scanState !== state) {
      attempt.scanState = state;
      return;
    }
    attempt.state = state;
    attempt.lastStateNs = timeNs;
    attempt.scanState = 0;
    attempt.incomplete = true;
    if (attempt.outcome === 'connecting' && state !== tcp.SYN_SENT && state !== tcp.SYN_RECV) {
      attempt.outcome = 'open';
    }
    this.#desk.live.changed(attempt);
  }
}
