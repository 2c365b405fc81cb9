// RST of this machine's own kernel: nothing listens there.
import { found, type Rule, type Telling, type Told } from '../rule.ts';
import { PORT_ZERO, remote, shown, sport, who, whoFirst } from '../words.ts';

const CLOSE = 7;
/** Other addresses that a sentence names. */
const NAMED = 4;

export const refusedNoListener: Rule = {
  id: 'refused-no-listener',
  title: 'nobody listens',
  match(facts) {
    if (facts.attempt.outcome !== 'refused' || !facts.peerIsLocal) return null;
    const listener = facts.context('listener');
    if (listener && listener.detail.listeners > 0) return null;
    const elsewhere = listener?.detail.elsewhere ?? [];
    return found(
      listener ? 'certain' : 'likely',
      { reset: facts.first('reset-received') ?? facts.change(null, CLOSE), listener },
      { elsewhere: elsewhere.length === 0 ? null : elsewhere.slice(0, NAMED).join(', ') },
    );
  },
  tell(told) {
    const { row } = told;
    const where = remote(row);
    if (row.remotePort === 0) return tellPortZero(told);
    const others = told.has('elsewhere') ? shown(told.text('elsewhere')) : null;
    const but =
      others === null
        ? ''
        : `; port ${row.remotePort} has a listener, but only on ${others}, which does not answer for this address`;
    return {
      sentence: `Nothing listened on ${where}: this machine's own kernel answered ${who(row)} with a RST${but}.`,
      claims: [
        { text: 'the SYN was answered by a RST', event: 'reset' },
        { text: `no process listened on ${where}`, event: 'listener' },
      ],
      next:
        others === null
          ? ['Is the service started, and on this port, in this network namespace?']
          : [
              `Connect to ${others}, or let the service listen on this address too (0.0.0.0 and :: mean all).`,
              'A name such as localhost stands for both 127.0.0.1 and ::1: a service may listen on one only.',
            ],
      command: `ss -ltnp${sport(row.remotePort)}`,
    };
  },
};

/** No socket has it: bind(2) takes 0 for "any free port" (inet_csk_get_port). */
function tellPortZero({ row }: Told): Telling {
  return {
    sentence: `${whoFirst(row)} asked for ${remote(row)}, and port 0 is no port that anybody can listen on: this machine's own kernel answered with a RST.`,
    claims: [{ text: 'the SYN was answered by a RST', event: 'reset' }],
    next: [PORT_ZERO],
    command: null,
  };
}
