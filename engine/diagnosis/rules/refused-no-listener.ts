// RST of this machine's own kernel: nothing listens there.
import { found, type Rule } from '../rule.ts';
import { endpoint, remote, who } from '../words.ts';

export const refusedNoListener: Rule = {
  id: 'refused-no-listener',
  title: 'nobody listens',
  match(facts) {
    if (facts.attempt.outcome !== 'refused' || !facts.peerIsLocal) return null;
    const listener = facts.context('listener');
    if (listener && listener.detail.listeners > 0) return null;
    const reset = facts.first('reset-received');
    return found(listener ? 'certain' : 'likely', {
      reset: reset ?? facts.change(null, 7),
      listener,
    });
  },
  tell({ row }) {
    const where = remote(row);
    return {
      sentence: `Nothing listened on ${where}: this machine's own kernel answered ${who(row)} with a RST.`,
      claims: [
        { text: 'the SYN was answered by a RST', event: 'reset' },
        {
          text: `no process listened on ${endpoint(row.remoteAddress, row.remotePort)}`,
          event: 'listener',
        },
      ],
      next: [
        `Is the service started, and on this port? A listener on another address (127.0.0.1, ::1 or one interface) does not answer here.`,
      ],
      command: `ss -ltnp 'sport = :${row.remotePort}'`,
    };
  },
};
