// IPv6 asked for where it is switched off.
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import { host } from '../words.ts';
import {
  callClaim,
  callParams,
  type FailedCall,
  failedCall,
  tellCall,
} from './shared/failed-call.ts';

const ERRORS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENETUNREACH', 'EAFNOSUPPORT']);

export const ipv6Disabled: Rule = {
  id: 'ipv6-disabled',
  title: 'IPv6 is off',
  match(facts) {
    if (!ERRORS.has(facts.error)) return null;
    const call = failedCall(facts);
    if (!call || !asksForIpv6(facts, call)) return null;
    const settings = facts.context('settings');
    const off = settings?.detail.ipv6Disabled === true;
    // Booted with ipv6.disable=1 there is no such family at all.
    const noFamily = facts.error === 'EAFNOSUPPORT' && call.call === 'socket';
    if (!off && !noFamily && !(settings === null && isLoopbackGone(facts))) return null;
    return found(
      off ? 'certain' : 'likely',
      { call: call.note, settings: off ? settings : null },
      { ...callParams(call), noFamily, unread: (!off && !noFamily) || null },
    );
  },
  tell(told) {
    const where = told.flag('noFamily')
      ? 'this kernel has no IPv6 (booted with ipv6.disable=1, or without its module)'
      : told.flag('unread')
        ? 'the loopback interface of its network namespace is down, or IPv6 is off there (disable_ipv6)'
        : 'IPv6 is switched off in its network namespace (disable_ipv6)';
    return {
      sentence: `${tellCall(told)}: ${where}.`,
      claims: [
        callClaim(told),
        { text: 'net.ipv6.conf.all.disable_ipv6 was set', event: 'settings' },
      ],
      next: [
        ...(told.flag('unread')
          ? ['Is `lo` up? A new network namespace has it down: `ip link set lo up` in there.']
          : []),
        'Use the IPv4 address, or let the program try every address of the name.',
        'Or switch IPv6 on: `sysctl net.ipv6.conf.all.disable_ipv6=0` (in the namespace of the process).',
      ],
      command: `ip -6 route get ${host(told.row.remoteAddress)}; sysctl net.ipv6.conf.all.disable_ipv6`,
    };
  },
};

/** An interface `lo` that has no ::1 is down, or IPv6 is off. */
function isLoopbackGone({ error, attempt }: Facts): boolean {
  return error === 'EADDRNOTAVAIL' && attempt.remoteAddress === '::1';
}

function asksForIpv6({ attempt }: Facts, { address }: FailedCall): boolean {
  return address === null ? attempt.family === 'ipv6' : address.includes(':');
}
