// SYNs, and nothing came back until the kernel gave up.
import type { Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { duration, filterPort, host, plural, remote, who } from '../words.ts';
import { isUnanswered, synClaims, synCount, synFacts } from './shared/syns.ts';
import { timeoutOf } from './shared/timeout.ts';

const SYN_SENT = 2;
const CLOSE = 7;
/** Timers are never this early; TCP_SYNCNT and TCP_USER_TIMEOUT are. */
const EARLY = 0.8;

export const silence: Rule = {
  id: 'silence',
  title: 'no answer',
  match(facts) {
    if (facts.attempt.outcome !== 'timed-out' || !isUnanswered(facts)) return null;
    const { events, params } = synFacts(facts);
    const timeout = timeoutOf(facts);
    const { userTimeoutMs, synRetries: askedRetries } = timeout?.detail ?? {};
    return found(
      facts.attempt.dropsSkipped ? 'likely' : 'certain',
      { ...events, timeout: timeout?.note, end: facts.change(SYN_SENT, CLOSE) },
      { ...params, early: gaveUpEarly(facts), userTimeoutMs, askedRetries },
    );
  },
  tell(told) {
    const { row } = told;
    const count = synCount(told);
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    return {
      sentence: `${remote(row)} did not answer ${plural(count, 'SYN')} of ${who(row)}, neither with SYN-ACK nor with RST nor by ICMP; the kernel gave up${after}${sayEarly(told)}.`,
      claims: [
        ...synClaims(told),
        { text: sayAsked(told), event: 'timeout' },
        { text: `the kernel gave up with ${row.error ?? 'ETIMEDOUT'}`, event: 'end' },
      ],
      next: [
        'Does a firewall on the way, or on that host, drop packets? It is what silence means most often: ask for its rules, or see whether another port of the host answers.',
        'Is the host up, and is the address right? Does another machine on its network reach it?',
        'Does the answer come back another way? Record packets on the destination: if the SYN arrives there, the way back is broken.',
      ],
      command: `tcpdump -ni any 'host ${host(row.remoteAddress)} and (icmp or icmp6 or tcp${filterPort(row.remotePort, ' port')})'`,
    };
  },
};

/** What the program had set, as the socket had it when the kernel gave up. */
function sayAsked(told: Told): string {
  if (told.has('userTimeoutMs')) {
    return `TCP_USER_TIMEOUT of the socket was ${duration(told.number('userTimeoutMs'))}`;
  }
  if (told.has('askedRetries'))
    return `TCP_SYNCNT of the socket was ${told.number('askedRetries')}`;
  return 'the timer of the handshake gave up; the program had set neither TCP_USER_TIMEOUT nor TCP_SYNCNT';
}

function sayEarly(told: Told): string {
  if (!told.flag('early') && !told.has('userTimeoutMs')) return '';
  const asked = told.has('userTimeoutMs')
    ? `TCP_USER_TIMEOUT ${duration(told.number('userTimeoutMs'))}`
    : told.has('askedRetries')
      ? `TCP_SYNCNT ${told.number('askedRetries')}`
      : 'TCP_USER_TIMEOUT or TCP_SYNCNT';
  return `, earlier than the system is set to: the program asked for that (${asked})`;
}

function gaveUpEarly(facts: Facts): boolean {
  const givesUpMs = facts.context('settings')?.detail.givesUpMs ?? 0;
  return facts.attempt.startedNs !== null && facts.lastedMs < givesUpMs * EARLY;
}
