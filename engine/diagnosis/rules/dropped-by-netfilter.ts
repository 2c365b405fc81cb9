// A rule of this machine's own firewall threw packets of the connection away, in silence.
import type { Confidence } from '../../../contract/verdict.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import { remote, times, who } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { type Drops, netfilterDrops, rulesetCommand, sayNamespace } from './shared/drops.ts';
import { synClaims, synFacts } from './shared/syns.ts';
import { endFacts, timeoutClaims } from './shared/timeout.ts';

const OUTCOMES: ReadonlySet<string> = new Set(['timed-out', 'abandoned']);

export const droppedByNetfilter: Rule = {
  id: 'dropped-by-netfilter',
  title: 'dropped by netfilter',
  match(facts) {
    if (!OUTCOMES.has(facts.attempt.outcome) && facts.error !== 'EPERM') return null;
    const drops = netfilterDrops(facts);
    if (!drops) return null;
    const connected = wasConnected(facts);
    const { events, params } = connected ? endFacts(facts) : synFacts(facts);
    const { way, flags, netns } = drops.detail;
    return found(
      connected ? 'likely' : sureness(facts, drops),
      { drop: drops.note, ...events },
      { ...params, way, flags, netns, drops: drops.count },
    );
  },
  tell(told) {
    const { row } = told;
    const incoming = told.text('way', 'out') === 'in';
    const flags = /^[A-Z ]{1,40}$/.test(told.text('flags', '')) ? ` (${told.text('flags')})` : '';
    // In another namespace, maybe the peer's own, where they went out.
    const elsewhere = told.has('netns');
    const what = incoming
      ? `the answers of ${remote(row)} to ${who(row)} ${elsewhere ? 'on their way' : 'as they came in'}`
      : `what ${who(row)} sent to ${remote(row)}`;
    return {
      sentence: `A firewall rule of this machine${sayNamespace(told)} threw away ${what}, without telling either side.`,
      claims: [
        {
          text: `netfilter threw ${incoming ? 'a packet of the peer' : 'an outgoing packet'}${flags} away, ${times(told.number('drops', 1))} as far as was recorded`,
          event: 'drop',
        },
        ...(row.connectMs === null ? synClaims(told) : timeoutClaims(told)),
      ],
      next: [
        `Which rule is it? The counter of a \`drop\` rule in the ${elsewhere ? 'input, output' : incoming ? 'input' : 'output'} or forward chain rises with each try.`,
        'Look in the network namespace of the process, too: containers have rules of their own.',
      ],
      command: rulesetCommand(told),
    };
  },
};

/** Certain where nearly every packet was dropped: those that were not have had no effect. */
function sureness({ attempt }: Facts, { count }: Drops): Confidence {
  return count * 2 >= 1 + attempt.retransmits ? 'certain' : 'likely';
}
