// Data was not acknowledged for a while: the timeout of its retransmission ran out several
// times in a row, growing each time, and then the answer came.
import { isTelling } from '../../lifecycle/unanswered.ts';
import { found, type Rule } from '../rule.ts';
import { duration, remote, socketFilter, times, who } from '../words.ts';

export const retransmissionTimeouts: Rule = {
  id: 'retransmission-timeouts',
  title: 'slowed by timeouts',
  match(facts) {
    const row = facts.attempt.trouble?.longestRow;
    if (!row || !isTelling(row)) return null;
    return found(
      'certain',
      { first: { id: row.firstId }, last: row.lastId === row.firstId ? null : { id: row.lastId } },
      { inRow: row.count, overMs: Math.round(row.ms), rtoMs: Math.round(row.rtoMs) },
    );
  },
  tell(told) {
    const { row } = told;
    const over = duration(told.number('overMs'));
    const count = told.number('inRow', 1);
    return {
      sentence: `What ${who(row)} had sent to ${remote(row)} was not acknowledged for more than ${over}: it was sent again ${times(count)} in a row, with timeouts of up to ${duration(told.number('rtoMs'))}.`,
      claims: [
        { text: 'the first timeout ran out', event: 'first' },
        { text: `so did the last one, ${over} after the data was first sent`, event: 'last' },
      ],
      next: [
        'Did the network, or the peer, stand still at that moment? Other connections that way show the same.',
        'Is a path of several down, or the MTU of a tunnel too small? Small segments then get through, and large ones do not: `ping -M do -s 1472`.',
      ],
      command: `ss -tnoi 'dst ${socketFilter(row)}'`,
    };
  },
};
