// Nothing else fits: says what is known, and what would tell.
import { found, type Rule } from '../rule.ts';
import { filterPort, host, remote, shown, who } from '../words.ts';

export const unknown: Rule = {
  id: 'unknown',
  title: 'cause unknown',
  match(facts) {
    return found('possible', { end: facts.events.at(-1) ?? null });
  },
  tell({ row }) {
    const error = row.error === null ? 'without an error' : `with ${shown(row.error)}`;
    const gap = row.incomplete ? ' Events of it may have been lost.' : '';
    const known = row.remoteAddress !== '';
    return {
      sentence: `The connection of ${who(row)} to ${remote(row)} ended ${error}, and what was recorded does not tell why.${gap}`,
      claims: [{ text: 'the last thing that was recorded', event: 'end' }],
      next: [
        'Record the packets while it happens again: they show who ended it.',
        ...(row.incomplete
          ? [
              'Record it again with less load on the machine, or a narrower filter: nothing may be lost.',
            ]
          : []),
      ],
      command: known
        ? `tcpdump -ni any 'tcp and host ${host(row.remoteAddress)}${filterPort(row.remotePort)}'`
        : 'strace -f -e trace=network -p PID',
    };
  },
};
