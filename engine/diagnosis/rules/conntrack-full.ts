// Connection tracking has no room: netfilter throws away the first packet of new connections.
import { found, type Rule } from '../rule.ts';
import { remote, who } from '../words.ts';
import { netfilterDrops } from './shared/drops.ts';
import { hasWaited, isUnanswered, synClaims, synFacts } from './shared/syns.ts';

/** Entries come and go between the failure and the question. */
const NEARLY_ALL = 0.98;

export const conntrackFull: Rule = {
  id: 'conntrack-full',
  title: 'conntrack table full',
  match(facts) {
    const refusedByCall = facts.error === 'EPERM';
    if (!refusedByCall && !isUnanswered(facts)) return null;
    const table = facts.context('conntrack-table');
    if (!table || table.detail.most <= 0) return null;
    const { entries, most } = table.detail;
    if (entries < most * NEARLY_ALL) return null;
    const drops = netfilterDrops(facts);
    if (!drops && !refusedByCall && !hasWaited(facts)) return null;
    const { events, params } = synFacts(facts);
    return found(
      drops ? 'likely' : 'possible',
      { ...events, drop: drops?.note, table },
      { ...params, entries, most },
    );
  },
  tell(told) {
    const { row } = told;
    const [entries, most] = [told.number('entries'), told.number('most')];
    return {
      sentence: `The connection of ${who(row)} to ${remote(row)} found no room in this machine's connection tracking table (${entries} of ${most} entries), so netfilter threw its packets away.`,
      claims: [
        { text: `the table had ${entries} of at most ${most} entries`, event: 'table' },
        { text: 'netfilter threw the packet away', event: 'drop' },
        ...synClaims(told),
      ],
      next: [
        'The kernel log says “nf_conntrack: table full, dropping packet” at such moments.',
        'Who fills it? Count the entries by source address; many in one state point at one program or an attack.',
        'Raise net.netfilter.nf_conntrack_max, or shorten its timeouts.',
      ],
      command:
        "conntrack -L | grep -o 'src=[^ ]*' | sort | uniq -c | sort -rn | head; dmesg | grep conntrack",
    };
  },
};
