// SYNs, and nothing came back until the kernel gave up.
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import { duration, host, plural, portIn, remote, who } from '../words.ts';
import { isUnanswered, synClaims, synCount, synFacts } from './shared/syns.ts';

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
    return found(
      facts.attempt.dropsSkipped ? 'likely' : 'certain',
      { ...events, end: facts.change(SYN_SENT, CLOSE) },
      { ...params, early: gaveUpEarly(facts) },
    );
  },
  tell(told) {
    const { row } = told;
    const count = synCount(told);
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    const early = told.flag('early')
      ? ', earlier than the system is set to: the program asked for that (TCP_USER_TIMEOUT or TCP_SYNCNT)'
      : '';
    return {
      sentence: `${remote(row)} did not answer ${plural(count, 'SYN')} of ${who(row)}, neither with SYN-ACK nor with RST nor by ICMP; the kernel gave up${after}${early}.`,
      claims: [
        ...synClaims(told),
        { text: `the kernel gave up with ${row.error ?? 'ETIMEDOUT'}`, event: 'end' },
      ],
      next: [
        'Does a firewall on the way, or on that host, drop packets? It is what silence means most often: ask for its rules, or see whether another port of the host answers.',
        'Is the host up, and is the address right? Does another machine on its network reach it?',
        'Does the answer come back another way? Record packets on the destination: if the SYN arrives there, the way back is broken.',
      ],
      command: `tcpdump -ni any 'host ${host(row.remoteAddress)} and (icmp or icmp6 or tcp port ${portIn(row.remotePort)})'`,
    };
  },
};

function gaveUpEarly(facts: Facts): boolean {
  const givesUpMs = facts.context('settings')?.detail.givesUpMs ?? 0;
  return facts.attempt.startedNs !== null && facts.lastedMs < givesUpMs * EARLY;
}
