// RST from another machine while connecting.
import { found, type Rule } from '../rule.ts';
import { duration, PORT_ZERO, remote, tryCommand, who } from '../words.ts';
import { NAT_CLAIM, natSteps, sayUnlessNat } from './shared/nat.ts';

const CLOSE = 7;

export const refusedByPeer: Rule = {
  id: 'refused-by-peer',
  title: 'refused by the peer',
  match(facts) {
    if (facts.attempt.outcome !== 'refused' || facts.peerIsLocal) return null;
    const reset = facts.first('reset-received') ?? facts.change(null, CLOSE);
    const nat = facts.attempt.remotePort === 0 ? null : facts.context('nat');
    return found('likely', { reset, nat }, { nat: nat ? true : null });
  },
  tell(told) {
    const { row } = told;
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    const zero = row.remotePort === 0;
    const why = zero
      ? 'port 0 is no port that anybody can listen on'
      : `nothing accepts connections on port ${row.remotePort}`;
    return {
      sentence: `${remote(row)} answered the SYN of ${who(row)} with a RST${after}: the host is there, and ${why}${sayUnlessNat(told)}.`,
      claims: [{ text: 'the SYN was answered by a RST', event: 'reset' }, NAT_CLAIM],
      next: zero
        ? [PORT_ZERO]
        : [
            `Is the service on the other machine started, and listening on port ${row.remotePort} of this address?`,
            'A firewall that rejects with a TCP reset looks the same from here: look at its rules on the way. So does NAT to a port where nobody listens.',
            ...natSteps(told),
          ],
      command: tryCommand(row.remoteAddress, row.remotePort),
    };
  },
};
