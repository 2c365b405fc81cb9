// Records that must have been there and did not come, though the capture counts no loss: a
// kernel may leave out a run of a program (patched kernels do so on behalf of tasks that
// they hide). Told apart per attempt; used by states.ts and retransmits.ts.
import type { Attempt } from './attempt.ts';

/**
 * A change of state from another state than the last that was told: the one between is
 * missing. An attempt is a row with all its changes, or is marked.
 */
export function noteChangeFrom(attempt: Attempt, oldState: number): void {
  if (attempt.state !== oldState) attempt.incomplete = true;
}

/**
 * `total`: tcp_sock's total_retrans while the socket is in SYN_SENT or leaves it. One SYN is
 * one segment, so it is the number of records then; later one record may tell of several.
 */
export function noteSynRetransmits(attempt: Attempt, total: number): void {
  const whole = attempt.direction === 'outgoing' && attempt.startedNs !== null;
  if (whole && total > attempt.retransmitRecords) attempt.incomplete = true;
}
