// The connection came about, but only after its SYN, or its SYN-ACK, had been sent again.
import type { DropDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { duration, filterPort, host, local, plural, remote, shown, who } from '../words.ts';
import { isOrWasConnected } from './shared/connected.ts';
import { dropsOf } from './shared/drops.ts';
import { resentClaims, resentFacts } from './shared/resent-handshake.ts';

export const slowHandshake: Rule = {
  id: 'slow-handshake',
  title: 'slow handshake',
  match(facts) {
    const resent = facts.attempt.trouble?.handshakeResent ?? 0;
    if (resent === 0 || !isOrWasConnected(facts)) return null;
    const drops = dropsOf(facts, isOfHandshake);
    if (!drops && wasDeferred(facts)) return null;
    const { events, params } = resentFacts(facts);
    const reason = drops?.detail.reason;
    return found('certain', { drop: drops?.note, ...events }, { ...params, reason });
  },
  tell(told) {
    const { row } = told;
    return {
      sentence: `${sayWhat(told)}${sayTime(told)}.`,
      claims: [
        {
          text: `this machine itself threw a packet of the handshake away (${shown(told.text('reason'))})`,
          event: 'drop',
        },
        ...resentClaims(told),
      ],
      next: [
        'Does the network lose packets? Other connections that way have retransmissions, too.',
        'Does a filter let only so many new connections through, or is the backlog of the server full now and then? Then more of them are slow at the same moment.',
      ],
      command: `tcpdump -ni any 'host ${host(row.remoteAddress)}${filterPort(row.direction === 'accepted' ? row.localPort : row.remotePort, ' and tcp port')} and tcp[tcpflags] & tcp-syn != 0'`,
    };
  },
};

/**
 * The peer's ACK had come, and was left for later: with TCP_DEFER_ACCEPT the listener waits for
 * data, and sends its SYN-ACK again at the end to have one more ACK (syn_ack_recalc).
 */
function wasDeferred(facts: Facts): boolean {
  if (facts.attempt.direction !== 'accepted') return false;
  return (facts.context('counters')?.detail.deferred ?? 0) > 0;
}

function isOfHandshake({ flags }: DropDetail): boolean {
  return flags.includes('SYN');
}

function sayWhat(told: Told): string {
  const { row } = told;
  const count = told.number('segments', row.retransmits + 1);
  if (row.direction === 'accepted') {
    return `The handshake that ${remote(row)} began with ${local(row)} took ${plural(count, 'SYN-ACK')}`;
  }
  return `The connection of ${who(row)} to ${remote(row)} took ${plural(count, 'SYN')}: the others, or their answers, were lost`;
}

/** An accepted one begins for us when its SYN-ACK is sent again: its SYN came before, nobody saw when. */
function sayTime({ row }: Told): string {
  return row.connectMs === null || row.direction === 'accepted'
    ? ''
    : `; it stood after ${duration(row.connectMs)}`;
}
