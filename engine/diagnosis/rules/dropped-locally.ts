// This machine threw packets of the connection away, for another reason than netfilter.
import type { DropDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import { remote, shown, times, who } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { sayReason, tellsNothing } from './shared/drop-reasons.ts';
import { dropsOf, sayNamespace } from './shared/drops.ts';
import { synClaims, synFacts } from './shared/syns.ts';
import { endFacts, timeoutClaims } from './shared/timeout.ts';

const OUTCOMES: ReadonlySet<string> = new Set(['timed-out', 'abandoned']);

export const droppedLocally: Rule = {
  id: 'dropped-locally',
  title: 'dropped on this machine',
  match(facts) {
    if (!OUTCOMES.has(facts.attempt.outcome)) return null;
    const drops = dropsOf(facts, ({ reason, flags }) => isCause(facts, reason, flags));
    if (!drops) return null;
    const { reason, way, flags, netns } = drops.detail;
    const { events, params } = wasConnected(facts) ? endFacts(facts) : synFacts(facts);
    const many = drops.count * 2 >= 1 + facts.attempt.retransmits;
    return found(
      many ? 'likely' : 'possible',
      { drop: drops.note, ...events },
      { ...params, reason, way, flags, netns, drops: drops.count },
    );
  },
  tell(told) {
    const { row } = told;
    const incoming = told.text('way', 'out') === 'in';
    const reason = shown(told.text('reason', 'a reason that is not known'));
    const { what, next, command } = sayReason(told.text('reason', ''), row);
    const packets = incoming
      ? `packets of ${remote(row)} for ${who(row)}`
      : `packets of ${who(row)} to ${remote(row)}`;
    return {
      sentence: `This machine${sayNamespace(told)} threw away ${packets}${what === null ? `; the kernel calls the reason ${reason}` : `: ${what} (${reason})`}.`,
      claims: [
        {
          text: `${incoming ? 'an incoming' : 'an outgoing'} packet was dropped with the reason ${reason}, ${times(told.number('drops', 1))} as far as was recorded`,
          event: 'drop',
        },
        ...(row.connectMs === null ? synClaims(told) : timeoutClaims(told)),
      ],
      next,
      command,
    };
  },
};

/** While connecting only the handshake's own packets count. */
function isCause(facts: Facts, reason: DropDetail['reason'], flags: DropDetail['flags']): boolean {
  if (tellsNothing(reason)) return false;
  return flags.includes('SYN') || wasConnected(facts);
}
