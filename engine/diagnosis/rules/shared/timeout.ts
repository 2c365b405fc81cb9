// The timer of the kernel that gave a connection up, with what it was set to. Used by the
// rules about connections that timed out.
import type { TimeoutDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import type { Claim, Param, Told } from '../../rule.ts';
import { duration, plural } from '../../words.ts';

export interface Timeout {
  readonly note: EventNote;
  readonly detail: TimeoutDetail;
}

/** Null when no timer ended it, or its record was lost. */
export function timeoutOf(facts: Facts): Timeout | null {
  const note = facts.last('timeout');
  return note?.detail ? { note, detail: note.detail as TimeoutDetail } : null;
}

/** What `timeoutClaims` needs. */
export function timeoutParams(timeout: Timeout | null): Record<string, Param | undefined> {
  if (!timeout) return {};
  const { timer, userTimeoutMs, resent, probes, retries2, silentMs, orphan } = timeout.detail;
  const { keepAlive, unacked, unsent } = timeout.detail;
  return {
    timer,
    userTimeoutMs,
    again: resent,
    probes,
    retries2,
    silentMs,
    orphan,
    idleMs: keepAlive?.idleMs,
    intervalMs: keepAlive?.intervalMs,
    mostProbes: keepAlive?.probes,
    waiting: unacked + unsent,
  };
}

/** The same for a rule that has another cause to tell. */
export function endFacts(facts: Facts) {
  const timeout = timeoutOf(facts);
  return { events: { timeout: timeout?.note ?? null }, params: timeoutParams(timeout) };
}

/** Which timer it was, and since when nothing had come. The finding's event is `timeout`. */
export function timeoutClaims(told: Told): Claim[] {
  if (!told.has('timer')) return [];
  const silent = told.has('silentMs')
    ? `; the last ACK had come ${duration(told.number('silentMs'))} before`
    : '';
  return [{ text: `${sayTimer(told)}${silent}`, event: 'timeout' }];
}

function sayTimer(told: Told): string {
  const who = told.flag('orphan') ? ', for a socket that its process had closed already' : '';
  if (told.has('userTimeoutMs')) {
    const limit = duration(told.number('userTimeoutMs'));
    return `TCP_USER_TIMEOUT of the socket, ${limit}, ran out${who}`;
  }
  switch (told.text('timer')) {
    case 'keep-alive':
      return `the keep-alive timer gave up${who}: ${sayProbes(told)}`;
    case 'zero-window':
      return `the timer of the closed window gave up${who}: ${sayCount(told, 'probes', 'probe')}`;
    default:
      return `the retransmission timer gave up${who}: ${sayCount(told, 'again', 'retransmission')}`;
  }
}

/** `3 probes in a row went unanswered, and tcp_retries2 is 3` */
function sayCount(told: Told, name: 'probes' | 'again', what: string): string {
  const count = `${plural(told.number(name), what)} in a row went unanswered`;
  return told.flag('orphan') ? count : `${count}, and tcp_retries2 is ${told.number('retries2')}`;
}

/** What keep-alive had done, as it was set. */
export function sayProbes(told: Told): string {
  const sent = plural(told.number('probes'), 'probe');
  return `after ${duration(told.number('idleMs'))} without a segment, ${sent} went unanswered, ${duration(told.number('intervalMs'))} apart`;
}
