// The peer did not answer several keep-alive probes in a row, and then answered after all.
import { found, type Rule } from '../rule.ts';
import { filterPort, host, plural, remote, who } from '../words.ts';

export const missedKeepAlive: Rule = {
  id: 'missed-keep-alive',
  title: 'probes unanswered',
  match(facts) {
    const missed = facts.attempt.trouble?.keepAlive;
    if (!missed || missed.answeredId === 0) return null;
    return found(
      'certain',
      { first: { id: missed.firstId }, answered: { id: missed.answeredId } },
      { probes: missed.most },
    );
  },
  tell(told) {
    const { row } = told;
    const probes = plural(told.number('probes'), 'keep-alive probe');
    return {
      sentence: `${remote(row)} left ${probes} of the idle connection of ${who(row)} unanswered before it answered again: for that time it, or the way to it, was gone.`,
      claims: [
        { text: `up to ${probes} in a row had no answer`, event: 'first' },
        { text: 'then an answer came', event: 'answered' },
      ],
      next: [
        'Was the network down, or the peer asleep, at that moment? A few probes more, and the connection would have ended.',
      ],
      command: `tcpdump -ni any 'tcp and host ${host(row.remoteAddress)}${filterPort(row.remotePort)}'`,
    };
  },
};
