// Counters of a socket → payload bytes, round-trip time and retransmissions of its
// attempt. Used by engine/lifecycle/lifecycle.ts for every record that carries counters.
import type { SocketCountersReader } from '../../contract/generated/events.ts';
import type { Attempt } from './attempt.ts';
import { CLOSE, CLOSE_WAIT, CLOSING, FIN_WAIT2, LAST_ACK } from './tcp-state.ts';

/**
 * Takes over the counters; true when one of the attempt's figures changed. They only
 * rise: the kernel clears them when it takes a failed socket apart.
 */
export function takeCounters(attempt: Attempt, counters: SocketCountersReader): boolean {
  const sent = counters.bytesSentNumber - counters.bytesRetransNumber;
  const received = counters.bytesReceivedNumber;
  const payload = attempt.finReceived && received > 0 ? received - 1 : received;
  let changed = false;
  if (sent > attempt.bytesSent) {
    attempt.bytesSent = sent;
    changed = true;
  }
  // A scan may have counted the FIN before a change of state told that it came.
  const countedFin = attempt.finReceived && attempt.bytesReceived === received && received > 0;
  if (payload > attempt.bytesReceived || countedFin) {
    attempt.bytesReceived = payload;
    changed = true;
  }
  if (counters.srttUs !== 0 && counters.srttUs !== attempt.srttUs) {
    attempt.srttUs = counters.srttUs;
    changed = true;
  }
  attempt.rwndLimitedMs = Math.max(attempt.rwndLimitedMs, counters.rwndLimitedMs);
  attempt.segmentsSent = Math.max(attempt.segmentsSent, counters.segsOut);
  if (counters.totalRetrans > attempt.retransmits) {
    attempt.retransmits = counters.totalRetrans;
    changed = true;
  }
  return changed;
}

/**
 * Notes whether the peer's FIN is in `bytes_received` at this change of state. CLOSE_WAIT,
 * CLOSING and LAST_ACK follow a FIN. FIN_WAIT2 → CLOSE does so when the FIN came, but also
 * when the kernel hands an orphan to a TIME_WAIT socket: then nothing was received since.
 */
export function noteFin(
  attempt: Attempt,
  newState: number,
  counters: SocketCountersReader,
  shutdown: number,
): void {
  if (attempt.finReceived) return;
  if (newState === CLOSE_WAIT || newState === CLOSING || newState === LAST_ACK) {
    attempt.finReceived = true;
  } else if (newState === FIN_WAIT2) {
    attempt.receivedAtFinWait2 = counters.bytesReceivedNumber;
    attempt.shutdownAtFinWait2 = shutdown;
  } else if (newState === CLOSE && attempt.state === FIN_WAIT2) {
    attempt.finReceived = finEndedFinWait2(attempt, counters, shutdown);
  }
}

const RECEIVE_SHUTDOWN = 1;

function finEndedFinWait2(
  attempt: Attempt,
  counters: SocketCountersReader,
  shutdown: number,
): boolean {
  const more = counters.bytesReceivedNumber - attempt.receivedAtFinWait2;
  // Closed altogether by then: payload would have been answered with RST, so one more byte is the FIN.
  if ((attempt.shutdownAtFinWait2 & RECEIVE_SHUTDOWN) !== 0) return more === 1;
  return (shutdown & RECEIVE_SHUTDOWN) !== 0 && more > 0;
}
