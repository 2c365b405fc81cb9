// A listener of this machine had no room for one more connection.
import type { DropDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { type Finding, found, type Rule } from '../rule.ts';
import { local, namedProgram, plural, remote, sport, who } from '../words.ts';
import {
  ANOTHER_MEANT,
  fullQueue,
  OVERFLOW_COMMAND,
  QUEUES,
  queueNamed,
  sayRoom,
} from './shared/backlog.ts';
import { dropsOf } from './shared/drops.ts';

const OUTCOMES: ReadonlySet<string> = new Set(['refused', 'timed-out', 'abandoned']);

export const backlogOverflow: Rule = {
  id: 'backlog-overflow',
  title: 'backlog overflow',
  match(facts) {
    const { outcome, bytesReceived } = facts.attempt;
    if (!OUTCOMES.has(outcome) || bytesReceived > 0) return null;
    const drops = dropsOf(facts, isOverflow);
    if (!drops) return byCounters(facts);
    const listener = facts.context('listener');
    return found('certain', { drop: drops.note, listener }, { ...ownerOf(facts), queue: 'accept' });
  },
  tell(told) {
    const { row } = told;
    const accepted = row.direction === 'accepted';
    const owner = namedProgram(told, accepted && row.comm !== null ? who(row) : 'its process');
    const queue = queueNamed(told.text('queue', ''));
    const why =
      queue === 'syn'
        ? 'more handshakes were under way than it has room for'
        : `${owner} did not accept connections as fast as they came`;
    const where = accepted ? local(row) : remote(row);
    return {
      sentence: told.flag('unseen')
        ? `A listener of this machine had no room meanwhile. If it was the one at ${where}, its ${QUEUES[queue]} was full and the kernel threw the connection away; ${ANOTHER_MEANT}.`
        : `The ${QUEUES[queue]} of the listener at ${where} was full, so the kernel threw the connection away: ${why}.`,
      claims: [
        { text: 'the kernel threw a packet away because the queue was full', event: 'drop' },
        {
          text: `meanwhile ${plural(told.number('rose'), 'such overflow')} on this machine`,
          event: 'counters',
        },
        { text: `${owner} listened there${sayRoom(told)}`, event: 'listener' },
      ],
      next: [
        'Is the server stuck or too busy to call accept(2)? In `ss -ltn`, a Recv-Q above Send-Q means that its queue is full.',
        'For bursts: a larger backlog in listen(2), and net.core.somaxconn, which caps it.',
      ],
      command: `ss -ltn${sport(accepted ? row.localPort : row.remotePort)}; ${OVERFLOW_COMMAND}`,
    };
  },
};

function isOverflow({ reason }: DropDetail): boolean {
  return reason === 'TCP_LISTEN_OVERFLOW';
}

function ownerOf(facts: Facts): { comm: string | null; pid: number | null } {
  const listener = facts.context('listener');
  return { comm: listener?.detail.comm ?? null, pid: listener?.detail.pid ?? null };
}

function byCounters(facts: Facts): Finding | null {
  const full = fullQueue(facts);
  if (!full) return null;
  const { counters, listener, confidence, params } = full;
  return found(confidence, { counters, listener }, { ...ownerOf(facts), ...params });
}
