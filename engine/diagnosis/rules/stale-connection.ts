// The SYN was answered by an ACK of another connection: somebody still holds an older one with
// the same addresses and ports. Where that socket is on this machine, nat-port-collision.ts tells.
import { found, type Rule } from '../rule.ts';
import { remote, socketFilter, who } from '../words.ts';
import { answerToWrongAck, isUnanswered, synClaims, synFacts } from './shared/syns.ts';

export const staleConnection: Rule = {
  id: 'stale-connection',
  title: 'old connection answers',
  match(facts) {
    if (!isUnanswered(facts)) return null;
    const answer = answerToWrongAck(facts);
    if (!answer) return null;
    const { events, params } = synFacts(facts);
    return found('likely', { answer, ...events }, params);
  },
  tell(told) {
    const { row } = told;
    return {
      sentence: `${remote(row)} answered the SYN of ${who(row)} with an ACK that does not belong to it: something there still holds an older connection with the same addresses and ports, so no handshake can begin.`,
      claims: [
        {
          text: 'this machine answered an ACK that did not fit with a RST, while it waited for a SYN-ACK',
          event: 'answer',
        },
        ...synClaims(told),
      ],
      next: [
        'Another try gets another local port and works; it is worth a retry in the program.',
        'Does a firewall keep the RST from the other side? It would end the old connection there.',
        `Is there NAT between the two, or does the program bind local port ${row.localPort} itself? Both use the same ports again too soon.`,
      ],
      command: `ss -tano 'dst ${socketFilter(row)}'`,
    };
  },
};
