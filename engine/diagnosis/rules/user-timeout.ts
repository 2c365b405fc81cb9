// TCP_USER_TIMEOUT (RFC 5482, tcp(7)): the program had said how long it would wait for an ACK.
import type { TimeoutDetail } from '../../session/detail.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { duration, remote, socketFilter, who } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { timeoutClaims, timeoutOf, timeoutParams } from './shared/timeout.ts';

const CLOSE = 7;

/** What the connection was waiting for. */
const WAITED: Readonly<Record<TimeoutDetail['timer'], string>> = {
  handshake: 'the handshake was not answered',
  retransmission: 'what it had sent was not acknowledged',
  'keep-alive': 'its keep-alive probes were not answered',
  'zero-window': 'the peer kept its window closed',
};

export const userTimeout: Rule = {
  id: 'user-timeout',
  title: 'user timeout',
  match(facts) {
    const timeout = timeoutOf(facts);
    if (facts.attempt.outcome !== 'timed-out' || !wasConnected(facts)) return null;
    if (!timeout?.detail.userTimeoutMs) return null;
    const resent = timeout.detail.timer === 'retransmission' ? facts.last('retransmit') : null;
    const window = timeout.detail.timer === 'zero-window' ? facts.last('zero-window') : null;
    const end = facts.change(null, CLOSE);
    return found('certain', { timeout: timeout.note, resent, window, end }, timeoutParams(timeout));
  },
  tell(told) {
    const { row } = told;
    return {
      sentence: `The kernel gave up the connection of ${who(row)} to ${remote(row)} after ${duration(told.number('userTimeoutMs'))}, as the program had asked for (TCP_USER_TIMEOUT): ${waited(told)}.`,
      claims: [
        ...timeoutClaims(told),
        { text: 'the last segment that was sent again', event: 'resent' },
        { text: "the peer's window was closed", event: 'window' },
        { text: `the connection ended with ${row.error ?? 'ETIMEDOUT'}`, event: 'end' },
      ],
      next: [
        told.text('timer', '') === 'zero-window'
          ? `Why does the program at ${remote(row)} not read? Its network answers.`
          : 'Did the peer crash or lose its network? It sent neither FIN nor RST.',
        'Is the timeout too short for this network? A round trip, or a few retransmissions, must fit into it.',
      ],
      command: `ss -tnoi 'dst ${socketFilter(row)}'`,
    };
  },
};

function waited(told: Told): string {
  const timer = told.text('timer', '');
  if (Object.hasOwn(WAITED, timer)) return WAITED[timer as TimeoutDetail['timer']];
  return 'the peer did not answer in that time';
}
