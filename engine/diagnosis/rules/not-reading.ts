// The program on this side did not read: its receive window was closed, and the peer had to wait.
import { WORTH_TELLING_MS } from '../../lifecycle/stalls.ts';
import { found, type Rule } from '../rule.ts';
import { remote, socketFilter, whoFirst } from '../words.ts';
import { closedClaims, closedEvents, closedParams, sayHowLong } from './shared/closed-window.ts';

export const notReading: Rule = {
  id: 'not-reading',
  title: 'data left unread',
  match(facts) {
    const window = facts.attempt.trouble?.ownWindow;
    if (!window || window.longestMs < WORTH_TELLING_MS) return null;
    return found('certain', closedEvents(window), closedParams(window));
  },
  tell(told) {
    const { row } = told;
    return {
      sentence: `${whoFirst(row)} left data of ${remote(row)} unread, so that its receive window was closed ${sayHowLong(told)} at least and the peer could send no more.`,
      claims: closedClaims(told, ''),
      next: [
        'What did the program do instead of reading? Its user stacks, or `strace -p PID`, show where it waits.',
        'Is a pause meant, as of a player or a paused download? Then nothing is wrong.',
        'Is it merely slower than the peer for a moment? A larger receive buffer (net.ipv4.tcp_rmem) takes more.',
      ],
      command: `ss -tnmi 'dst ${socketFilter(row)}'`,
    };
  },
};
