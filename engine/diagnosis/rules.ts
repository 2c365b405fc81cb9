// Every rule, the most particular first: the first one that fits decides.
import type { Rule } from './rule.ts';
import { lostRace } from './rules/lost-race.ts';
import { refusedByPeer } from './rules/refused-by-peer.ts';
import { refusedNoListener } from './rules/refused-no-listener.ts';
import { unknown } from './rules/unknown.ts';

export const RULES: readonly Rule[] = [lostRace, refusedNoListener, refusedByPeer, unknown];

const BY_ID = new Map(RULES.map((rule) => [rule.id, rule]));

/** Null for a rule of another version. */
export function ruleById(id: string): Rule | null {
  return BY_ID.get(id) ?? null;
}
