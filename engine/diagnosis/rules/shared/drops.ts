// Packets of the attempt that this machine threw away. Used by the rules about drops.
import type { DropDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';

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
