// What a handshake had to put up with before the connection stood: SYNs that were sent again,
// a SYN that was answered by a cookie. Called by states.ts.
import type { StateEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import { Trouble } from './trouble.ts';

/** A listener notes that it sends cookies once a second (tcp_synq_overflow), and tells in jiffies. */
const STAMP_US = 1_100_000;
const US_PER_MS = 1000;

/** The connection has just been established; its change of state is recorded. */
export function noteHandshake(
  desk: Desk,
  attempt: Attempt,
  event: StateEventReader,
  timeNs: SessionNanoseconds,
): void {
  const resent = attempt.startedNs === null ? 0 : attempt.retransmits;
  const byCookie = attempt.direction === 'accepted' && usedSynCookie(event);
  if (resent === 0 && !byCookie) return;
  attempt.trouble ??= new Trouble();
  attempt.trouble.handshakeResent = resent;
  if (byCookie) {
    const detail = { agoMs: event.synCookieMs - 1, inferred: 'by its round-trip time' } as const;
    attempt.trouble.synCookieId = desk.journal.event(attempt, timeNs, 'syn-cookie', detail);
  }
  desk.troubled(attempt);
}

/**
 * The kernel keeps nothing of a SYN that it answers by a cookie, so the first round-trip time can
 * only come from timestamps, whose unit is the millisecond (tcp_ack_update_rtt), or is not known
 * at all. From a request that was kept it is exact to the microsecond (tcp_synack_rtt_meas), and
 * one in a thousand is a whole millisecond by chance. The listener must have sent a cookie when
 * this SYN came.
 */
export function usedSynCookie({ synCookieMs, counters }: StateEventReader): boolean {
  if (synCookieMs === 0 || counters.totalRetrans > 0) return false;
  const { srttUs } = counters;
  if (srttUs % US_PER_MS !== 0) return false;
  return (synCookieMs - 1) * US_PER_MS <= srttUs + STAMP_US;
}
