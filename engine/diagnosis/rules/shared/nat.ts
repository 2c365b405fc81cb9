// NAT of this machine, behind which another address may have answered. Used by the rules about
// refusals.
import type { Told } from '../../rule.ts';

/** `, unless …` where there may be NAT; else nothing. */
export function sayUnlessNat(told: Told): string {
  return told.flag('nat')
    ? ', unless a NAT rule of this machine led the connection elsewhere: then nothing accepts connections there'
    : '';
}

/** The proof of it is `nat`. */
export const NAT_CLAIM = {
  text: 'NAT rules of this network namespace may lead its connections elsewhere',
  event: 'nat',
} as const;

/** Steps that find the rule; none without NAT. */
export function natSteps(told: Told): string[] {
  if (!told.flag('nat')) return [];
  return [
    `Does a \`dnat\` or \`redirect\` rule take port ${told.row.remotePort}? \`nft list ruleset\` (or \`iptables-save -t nat\`) shows where it leads: is the service started there?`,
  ];
}
