// The peer had closed its window and then did not answer the probes of it either.
import { found, type Rule } from '../rule.ts';
import { plural, remote, socketFilter, whoFirst } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { timeoutClaims, timeoutOf, timeoutParams } from './shared/timeout.ts';

const CLOSE = 7;

export const zeroWindowTimeout: Rule = {
  id: 'zero-window-timeout',
  title: 'window stayed closed',
  match(facts) {
    const timeout = timeoutOf(facts);
    if (facts.attempt.outcome !== 'timed-out' || !wasConnected(facts)) return null;
    if (timeout?.detail.timer !== 'zero-window') return null;
    const window = facts.last('zero-window');
    const end = facts.change(null, CLOSE);
    return found('certain', { timeout: timeout.note, window, end }, timeoutParams(timeout));
  },
  tell(told) {
    const { row } = told;
    const waiting = plural(told.number('waiting'), 'byte');
    const why = told.flag('orphan')
      ? 'the program had closed it, and the kernel does not wait for ever on its behalf'
      : 'then the probes of that window went unanswered, too';
    return {
      sentence: `${whoFirst(row)} still had ${waiting} for ${remote(row)}, whose receive window was closed; ${why}, and the kernel gave the connection up.`,
      claims: [
        ...timeoutClaims(told),
        { text: "the peer's window was closed", event: 'window' },
        { text: `the connection ended with ${row.error ?? 'ETIMEDOUT'}`, event: 'end' },
      ],
      next: [
        `Why did the program at ${remote(row)} not read? It was stuck or overloaded before its machine was gone.`,
        'Did the peer crash or lose its network after that? A peer that answers probes is waited for without end.',
        'How often the kernel probes is net.ipv4.tcp_retries2, for a socket that is closed already net.ipv4.tcp_orphan_retries.',
      ],
      command: `ss -tnoi 'dst ${socketFilter(row)}'`,
    };
  },
};
