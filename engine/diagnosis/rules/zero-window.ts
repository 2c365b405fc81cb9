// This side had something to send, and the peer's receive window was closed: nobody read there.
import { WORTH_TELLING_MS } from '../../lifecycle/stalls.ts';
import { found, type Rule } from '../rule.ts';
import { plural, remote, socketFilter, whoFirst } from '../words.ts';
import { closedClaims, closedEvents, closedParams, sayHowLong } from './shared/closed-window.ts';

export const zeroWindow: Rule = {
  id: 'zero-window',
  title: "peer's window closed",
  match(facts) {
    const window = facts.attempt.trouble?.peerWindow;
    if (!window || window.longestMs < WORTH_TELLING_MS) return null;
    const params = { ...closedParams(window), waiting: window.waiting, local: facts.peerIsLocal };
    return found('certain', closedEvents(window), params);
  },
  tell(told) {
    const { row } = told;
    const where = told.flag('local') ? ', a process on this machine,' : '';
    return {
      sentence: `${whoFirst(row)} had to wait ${sayHowLong(told)} before it could send more to ${remote(row)}: the program there${where} did not read, so its receive window was closed.`,
      claims: closedClaims(
        told,
        told.has('waiting') ? `, with ${plural(told.number('waiting'), 'byte')} waiting here` : '',
      ),
      next: [
        `Is the program at ${remote(row)} stuck, overloaded, or slower than what it is sent? There, Recv-Q of the socket in \`ss -tn\` stays high.`,
        'Is a pause meant, as of a player or a paused download? Then nothing is wrong.',
        'A send timeout in this program, or TCP_USER_TIMEOUT, keeps it from waiting without end.',
      ],
      command: `ss -tnoi 'dst ${socketFilter(row)}'`,
    };
  },
};
