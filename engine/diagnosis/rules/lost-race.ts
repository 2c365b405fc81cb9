// The program connected to another address of the same service, and dropped this attempt.
import { CLOSE, SYN_SENT } from '../../lifecycle/tcp-state.ts';
import { found, type Rule } from '../rule.ts';
import { duration, endpoint, remote, who } from '../words.ts';

export const lostRace: Rule = {
  id: 'lost-race',
  title: 'gave way to another',
  match(facts) {
    const { race, outcome, family } = facts.attempt;
    // One that got an answer of its own, such as a RST, has a cause of its own.
    if (race === null || outcome !== 'abandoned') return null;
    const otherFamily = race.family !== family;
    return found(
      otherFamily ? 'likely' : 'possible',
      { end: facts.change(SYN_SENT, CLOSE) },
      { winner: race.id, address: race.address, otherFamily },
    );
  },
  tell(told) {
    const { row } = told;
    const winner = endpoint(told.text('address'), row.remotePort);
    const which = told.flag('otherFamily') ? 'the other address family' : 'another address';
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    return {
      sentence: `The attempt to ${remote(row)} gave way to ${which}: ${who(row)} was connected to ${winner} and dropped this one${after}, as programs do that race several addresses of one name (Happy Eyeballs).`,
      claims: [
        { text: 'the program closed the socket before there was an answer', event: 'end' },
        { text: `attempt ${told.number('winner')} of the same program, to ${winner}, connected` },
      ],
      next: [
        'Nothing is wrong when the service has both addresses and this one is only slower.',
        `When it loses every time, ${remote(row)} may not be reachable at all: each connection then waits for it first.`,
      ],
      command: `ss -tni 'dport = :${row.remotePort}'`,
    };
  },
};
