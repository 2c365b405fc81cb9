// When connect(2) would have been given up by the kernel: the sum of the timeouts of the SYN
// and of its retransmissions. Used by settings.ts.
import type { Milliseconds } from '../../contract/units.ts';

/** TCP_TIMEOUT_INIT: the first timeout, while no round trip has been measured (RFC 6298). */
const FIRST_TIMEOUT_MS = 1000;
/** TCP_RTO_MAX, which tcp_rto_max_ms lowers since Linux 6.15. */
export const LONGEST_TIMEOUT_MS = 120_000;
/** MAX_TCP_SYNCNT, the most that either setting may be. */
const MOST_RETRIES = 127;

export interface SynSettings {
  /** tcp_syn_retries */
  readonly retries: number;
  /** tcp_syn_linear_timeouts, 0 before Linux 6.5: so many retransmissions more, before the timeouts begin to double. */
  readonly linear: number;
  readonly longestMs?: Milliseconds;
}

/** What so many retries take when each timeout doubles: tcp_model_timeout(), which knows no linear ones. */
function modelledMs(retries: number, longestMs: Milliseconds): Milliseconds {
  const doublings = Math.min(retries, Math.floor(Math.log2(longestMs / FIRST_TIMEOUT_MS)));
  const doubled = (2 ** (doublings + 1) - 1) * FIRST_TIMEOUT_MS;
  return doubled + (retries - doublings) * longestMs;
}

/**
 * From the first SYN to ETIMEDOUT, as tcp_write_timeout() and tcp_retransmit_timer() count
 * it (net/ipv4/tcp_timer.c). A socket's own TCP_SYNCNT or TCP_USER_TIMEOUT is not in it.
 */
export function givesUpAfterMs({
  retries,
  linear,
  longestMs = LONGEST_TIMEOUT_MS,
}: SynSettings): Milliseconds {
  const straight = Math.min(Math.max(linear, 0), MOST_RETRIES);
  const all = Math.min(Math.max(retries, 0), MOST_RETRIES) + straight;
  let timeoutMs = Math.min(FIRST_TIMEOUT_MS, longestMs);
  let sumMs = timeoutMs;
  const modelMs = modelledMs(all - straight, longestMs);
  // The timer goes off at each sum; it ends the attempt when either of two limits is reached.
  for (let sent = 1; sent <= all; sent++) {
    if (sent > 1 && sumMs >= modelMs) return sumMs;
    if (sent > straight) timeoutMs = Math.min(timeoutMs * 2, longestMs);
    sumMs += timeoutMs;
  }
  return sumMs;
}
