// A listener of this machine had no room at first: its backlog cost the connection some time.
import type { DropDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { type Finding, found, type Rule } from '../rule.ts';
import { local, plural, remote, sport } from '../words.ts';
import {
  ANOTHER_MEANT,
  fullQueue,
  OVERFLOW_COMMAND,
  QUEUES,
  queueNamed,
} from './shared/backlog.ts';
import { isOrWasConnected } from './shared/connected.ts';
import { dropsOf } from './shared/drops.ts';
import { resentClaims, resentFacts } from './shared/resent-handshake.ts';

export const backlogDelayed: Rule = {
  id: 'backlog-delayed',
  title: 'delayed by a backlog',
  match(facts) {
    if (!isOrWasConnected(facts)) return null;
    const drops = dropsOf(facts, isOverflow);
    const { events, params } = resentFacts(facts);
    if (drops)
      return found('certain', { drop: drops.note, ...events }, { ...params, queue: 'accept' });
    return (facts.attempt.trouble?.handshakeResent ?? 0) > 0 ? byCounters(facts) : null;
  },
  tell(told) {
    const { row } = told;
    const accepted = row.direction === 'accepted';
    const queue = queueNamed(told.text('queue', ''));
    const rose = plural(told.number('rose'), 'such overflow');
    const where = accepted ? local(row) : remote(row);
    const what = accepted ? remote(row) : 'this connection';
    return {
      sentence: told.flag('unseen')
        ? `The connection was made only after packets of its handshake had been sent again, and a listener of this machine had no room meanwhile. If it was the one at ${where}, its ${QUEUES[queue]} was full when ${what} came; ${ANOTHER_MEANT}.`
        : `The ${QUEUES[queue]} of the listener at ${where} was full when ${what} came, so the kernel threw packets of the handshake away; it was made only after they had been sent again.`,
      claims: [
        { text: 'the kernel threw a packet away because the queue was full', event: 'drop' },
        { text: `meanwhile ${rose} on this machine`, event: 'counters' },
        ...resentClaims(told),
      ],
      next: [
        'Is the server too busy to call accept(2)? In `ss -ltn`, a Recv-Q above Send-Q means that its queue is full.',
        'For bursts: a larger backlog in listen(2), and net.core.somaxconn, which caps it.',
      ],
      command: `ss -ltn${sport(accepted ? row.localPort : row.remotePort)}; ${OVERFLOW_COMMAND}`,
    };
  },
};

function isOverflow({ reason }: DropDetail): boolean {
  return reason === 'TCP_LISTEN_OVERFLOW';
}

/** Of whole network namespaces: another listener may be meant. */
function byCounters(facts: Facts): Finding | null {
  const full = fullQueue(facts);
  if (!full) return null;
  const { events, params } = resentFacts(facts);
  const { counters, confidence } = full;
  return found(confidence, { counters, ...events }, { ...params, ...full.params });
}
