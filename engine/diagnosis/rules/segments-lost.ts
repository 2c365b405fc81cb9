// A connection that had to send a good part of its segments again.
import { found, type Rule } from '../rule.ts';
import { plural, remote, socketFilter, who } from '../words.ts';
import { isOrWasConnected } from './shared/connected.ts';

/** Fewer, or a smaller share, is what any network does to a connection now and then. */
export const LEAST_RESENT = 10;
const LEAST_PERCENT = 3;

export const segmentsLost: Rule = {
  id: 'segments-lost',
  title: 'segments were lost',
  match(facts) {
    const { retransmits, segmentsSent } = facts.attempt;
    if (retransmits < LEAST_RESENT || !isOrWasConnected(facts)) return null;
    if (retransmits * 100 < segmentsSent * LEAST_PERCENT) return null;
    return found(
      'likely',
      { first: facts.first('retransmit'), last: facts.last('retransmit') },
      { again: retransmits, segments: segmentsSent },
    );
  },
  tell(told) {
    const { row } = told;
    const again = told.number('again', row.retransmits);
    const segments = told.number('segments');
    const share = segments > 0 ? ` of ${segments} (${Math.round((again / segments) * 100)} %)` : '';
    return {
      sentence: `The connection of ${who(row)} to ${remote(row)} had to send ${plural(again, 'segment')}${share} again: on the way to the peer many are lost, or come in another order.`,
      claims: [
        { text: 'the first segment that was sent again', event: 'first' },
        { text: 'the last one', event: 'last' },
      ],
      next: [
        'Is the loss in this network or beyond it? Compare with other destinations, and with `mtr -T`.',
        'Does a rate limit drop what exceeds it? Then the share rises with the speed.',
      ],
      command: `ss -tnoi 'dst ${socketFilter(row)}'; nstat -az TcpRetransSegs TcpExtTCPLostRetransmit TcpExtTCPSACKReorder`,
    };
  },
};
