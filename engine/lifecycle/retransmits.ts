// Segments that were sent again: RETRANSMIT and SYNACK_RETRANSMIT records. Called by
// engine/lifecycle/lifecycle.ts.
import type { RetransmitEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { RetransmitDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import { noteSynRetransmits } from './gaps.ts';
import type { HalfOpenTable } from './half-open.ts';
import { takeCounters } from './payload.ts';
import * as tcp from './tcp-state.ts';
import { completeTuple, cookieOf, takeTuple } from './tuple.ts';
import { noteTimeout } from './unanswered.ts';

export class Retransmits {
  readonly #desk: Desk;
  readonly #halfOpen: HalfOpenTable;

  constructor(desk: Desk, halfOpen: HalfOpenTable) {
    this.#desk = desk;
    this.#halfOpen = halfOpen;
  }

  /** A SYN or data. */
  segment(event: RetransmitEventReader): void {
    const { socket, counters } = event;
    const cookie = cookieOf(socket);
    if (cookie === null) return;
    const { live, clock, counts } = this.#desk;
    const timeNs = clock.at(event.header);
    const attempt =
      live.get(cookie) ?? this.#desk.beginLate(cookie, socket, socket.state, timeNs, 'event');
    // Since 6.16 the tracepoint also tells of what did not go out, the former copy being
    // still in the queue of the device (-EBUSY): then the count stands where it stood.
    if (counters.totalRetrans === attempt.recordedRetransmits) return;
    attempt.recordedRetransmits = counters.totalRetrans;
    completeTuple(attempt, socket);
    takeCounters(attempt, counters);
    counts.retransmits(attempt, counters.totalRetrans, 1, timeNs);
    this.#count(attempt, event, timeNs, 'retransmit');
    if (socket.state === tcp.SYN_SENT) noteSynRetransmits(attempt, counters.totalRetrans);
  }

  /** A SYN-ACK, of a request that is no socket yet. */
  synack(event: RetransmitEventReader): void {
    const { socket } = event;
    const { live, clock, counts } = this.#desk;
    const timeNs = clock.at(event.header);
    counts.synackRetransmit(socket.netns, timeNs);
    const attempt = this.#halfOpen.retransmitted(socket, timeNs, () => {
      const begun = live.begin(null, socket.netns, timeNs);
      takeTuple(begun, socket);
      begun.direction = 'accepted';
      begun.state = tcp.SYN_RECV;
      begun.startedNs = timeNs;
      this.#desk.ownByListener(begun);
      return begun;
    });
    this.#count(attempt, event, timeNs, 'synack-retransmit');
  }

  /** One retransmission more; `retransmits` is the larger of what was seen and what the kernel counted. */
  #count(
    attempt: Attempt,
    event: RetransmitEventReader,
    timeNs: SessionNanoseconds,
    kind: 'retransmit' | 'synack-retransmit',
  ): void {
    attempt.retransmitRecords++;
    attempt.retransmits = Math.max(attempt.retransmits, attempt.retransmitRecords);
    const inRow = event.counters.icskRetransmits;
    const timedOut = inRow > 0 && event.rtoUs > 0;
    const { state } = event.socket;
    const isPayload = kind === 'retransmit' && state !== tcp.SYN_SENT && state !== tcp.SYN_RECV;
    const detail: RetransmitDetail = {
      count: attempt.retransmits,
      ...(timedOut && { rtoMs: event.rtoUs / 1000, inRow }),
      ...(timedOut && event.backoff > 0 && { backoff: event.backoff }),
      ...(isPayload && event.sndWnd === 0 && { windowClosed: true as const }),
      ...(event.sequence !== 0 && { sequence: event.sequence }),
      state: tcp.stateName(state),
    };
    this.#desk.live.changed(attempt);
    const id = this.#desk.journal.event(attempt, timeNs, kind, detail);
    if (timedOut && isPayload) noteTimeout(this.#desk, attempt, event, timeNs, id);
  }
}
