// A peer asked for a connection and never finished the handshake.
import { found, type Rule } from '../rule.ts';
import { filterPort, host, local, plural, remote } from '../words.ts';
import { wasConnected } from './shared/connected.ts';

const SYN_RECV = 3;
const CLOSE = 7;

export const halfOpen: Rule = {
  id: 'half-open',
  title: 'handshake not finished',
  match(facts) {
    const { direction, outcome } = facts.attempt;
    if (direction !== 'accepted' || wasConnected(facts)) return null;
    if (outcome === 'reset') {
      const reset = facts.first('reset-received') ?? facts.change(SYN_RECV, CLOSE);
      return found('certain', { reset }, { how: 'reset' });
    }
    if (outcome !== 'timed-out' && outcome !== 'abandoned') return null;
    return found('likely', {
      resent: facts.last('synack-retransmit'),
      end: facts.change(SYN_RECV, CLOSE),
    });
  },
  tell(told) {
    const { row } = told;
    const reset = told.text('how', '') === 'reset';
    const sent = plural(row.retransmits + 1, 'SYN-ACK');
    return {
      sentence: reset
        ? `${remote(row)} asked ${local(row)} for a connection and cut it with a RST before the handshake was finished.`
        : `${remote(row)} asked ${local(row)} for a connection and never finished the handshake: ${sent} went unanswered.`,
      claims: [
        { text: `the SYN-ACK was sent again, ${sent} in all`, event: 'resent' },
        { text: 'the peer sent a RST', event: 'reset' },
        { text: 'the half-open connection was given up', event: 'end' },
      ],
      next: reset
        ? [
            'A port scan looks like this, and so does a load balancer that only checks whether the port is open.',
          ]
        : [
            `Does ${remote(row)} get the SYN-ACK? Asymmetric routes and filters on the way back lose it.`,
            'Are there many, from many addresses? Then it is a SYN flood, against which net.ipv4.tcp_syncookies=1 helps.',
          ],
      command: `tcpdump -ni any 'tcp and host ${host(row.remoteAddress)}${filterPort(row.localPort)}'`,
    };
  },
};
