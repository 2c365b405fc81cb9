// Nothing else fits: says what is known, and what would tell.
import { found, type Rule } from '../rule.ts';
import { remote, who } from '../words.ts';

export const unknown: Rule = {
  id: 'unknown',
  title: 'cause unknown',
  match(facts) {
    return found('possible', { end: facts.events.at(-1) ?? null });
  },
  tell({ row }) {
    const error = row.error === null ? 'without an error' : `with ${row.error}`;
    const gap = row.incomplete ? ' Events of it may have been lost.' : '';
    return {
      sentence: `The connection of ${who(row)} to ${remote(row)} ended ${error}, and what was recorded does not tell why.${gap}`,
      claims: [{ text: 'the last thing that was recorded', event: 'end' }],
      next: ['Record the packets while it happens again: they show who ended it.'],
      command: `tcpdump -ni any 'tcp and host ${row.remoteAddress} and port ${row.remotePort}'`,
    };
  },
};
