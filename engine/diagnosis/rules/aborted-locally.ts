// ECONNABORTED: somebody on this machine destroyed the socket from outside of its program.
import type { StateDetail } from '../../session/detail.ts';
import { found, type Rule } from '../rule.ts';
import { namedProgram, remote, who } from '../words.ts';

const CLOSE = 7;

export const abortedLocally: Rule = {
  id: 'aborted-locally',
  title: 'cut on this machine',
  match(facts) {
    if (facts.error !== 'ECONNABORTED') return null;
    const end = facts.change(null, CLOSE);
    const by = (end?.detail as StateDetail | null | undefined)?.by;
    return found(
      end ? 'certain' : 'likely',
      { end, sent: facts.last('reset-sent') },
      {
        comm: by?.comm,
        pid: by?.pid,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const by = told.has('comm') ? namedProgram(told) : 'somebody with administrator rights';
    return {
      sentence: `The connection of ${who(row)} to ${remote(row)} was destroyed on this machine by ${by}, not by the network: the socket was told ECONNABORTED.`,
      claims: [
        { text: 'the socket was closed with ECONNABORTED', event: 'end' },
        { text: 'this machine sent the peer a RST', event: 'sent' },
      ],
      next: [
        'Who uses `ss --kill` (SOCK_DESTROY) or a BPF program that destroys sockets? VPN and container network software does so when addresses change.',
        'Was an address or an interface taken away at that moment? The journal of the network manager tells.',
      ],
      command: 'journalctl -u NetworkManager -u systemd-networkd --since -10min',
    };
  },
};
