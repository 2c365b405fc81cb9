// Packets of the attempt that this machine threw away. Used by the rules about drops.
import type { DropDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import type { Told } from '../../rule.ts';

export interface Drops {
  /** The first of them. */
  readonly note: EventNote;
  readonly detail: DropDetail;
  /** How many of this kind are remembered. */
  readonly count: number;
}

/** Those that `fits` picks; null when there are none. */
export function dropsOf(facts: Facts, fits: (detail: DropDetail) => boolean): Drops | null {
  let note: EventNote | null = null;
  let count = 0;
  for (const event of facts.events) {
    if (event.kind !== 'drop' || !event.detail) continue;
    if (!fits(event.detail as DropDetail)) continue;
    note ??= event;
    count++;
  }
  return note && { note, detail: note.detail as DropDetail, count };
}

const NETFILTER = 'NETFILTER_DROP';

/** A RST of our own that did not get out keeps no answer away. */
export function netfilterDrops(facts: Facts): Drops | null {
  return dropsOf(facts, ({ reason, way, flags }) => {
    return reason === NETFILTER && !(way === 'out' && flags.includes('RST'));
  });
}

/** `, in network namespace 4026532246,` when it was another one than the attempt's, else nothing. */
export function sayNamespace(told: Told): string {
  return told.has('netns') ? `, in network namespace ${told.number('netns')},` : '';
}

/** The rules of the namespace in which packets were dropped. */
export function rulesetCommand(told: Told): string {
  const netns = told.number('netns');
  const known = Number.isSafeInteger(netns) && netns > 0;
  return known
    ? `lsns -t net | grep ${netns}; nsenter --net -t PID nft list ruleset`
    : 'nft list ruleset';
}
