// Addresses that connect(2) cannot take, whatever the network: told by the address, the socket's
// own address, or the type of the route. Used by bad-call.ts.
import type { Facts } from '../../facts.ts';
import type { Claim, Told } from '../../rule.ts';
import { shown } from '../../words.ts';
import { enteredSynSent, type FailedCall } from './failed-call.ts';
import { isLinkLocal } from './link-local.ts';

interface Misuse {
  readonly id: 'many' | 'broadcast' | 'loopback' | 'unscoped';
  /** The machine's answer proves it. */
  readonly byRoute?: true;
  /** What the socket was bound to. */
  readonly from?: string;
}

const MANY = 'TCP connects two machines, and this is an address of many (multicast or broadcast)';

/** Null when the address and the socket fit. */
export function misuseOf(facts: Facts, failed: FailedCall): Misuse | null {
  const { error, attempt } = facts;
  const { call, address } = failed;
  if (error === 'ENETUNREACH' && isForMany(attempt.remoteAddress)) return { id: 'many' };
  if (call !== 'connect') return null;
  if (isBroadcast(facts)) return { id: 'broadcast', byRoute: true };
  if (error !== 'EINVAL') return null;
  if (isFromLoopback(facts)) return { id: 'loopback', from: attempt.localAddress };
  // The interface, where the socket has none, is what tcp_v6_connect asks of such an address.
  return isLinkLocal(address ?? attempt.remoteAddress) ? { id: 'unscoped' } : null;
}

/** Within a sentence; null where it was no misuse of this kind. */
export function sayMisuse(told: Told): string | null {
  switch (told.text('misuse', '')) {
    case 'many':
      return MANY;
    case 'broadcast':
      return 'TCP connects two machines, and this is the broadcast address of a subnet';
    case 'loopback':
      return `it is bound to ${shown(told.text('from'))}, from which nothing but this machine can be reached`;
    case 'unscoped':
      return 'a link-local IPv6 address came without its interface';
    default:
      return null;
  }
}

/** The claim of the finding's event `route`. */
export function misuseClaim(told: Told): Claim {
  const device = shown(told.text('device', 'an interface'));
  return {
    text: `asked for the route, the kernel called it broadcast on ${device}`,
    event: 'route',
  };
}

/** tcp_v4_connect returns ENETUNREACH for such a route; a filter may say EACCES before it. */
function isBroadcast(facts: Facts): boolean {
  if (facts.error !== 'ENETUNREACH' && facts.error !== 'EACCES') return false;
  return !enteredSynSent(facts) && facts.context('route')?.detail.many === 'broadcast';
}

/** EINVAL of a route from 127.0.0.0/8 to elsewhere (__mkroute_output, net/ipv4/route.c). */
function isFromLoopback({ attempt }: Facts): boolean {
  const { localAddress, remoteAddress } = attempt;
  return localAddress.startsWith('127.') && !remoteAddress.startsWith('127.');
}

function isForMany(address: string): boolean {
  const first = Number(address.split('.', 1)[0]);
  if (address.includes(':')) return address.startsWith('ff');
  return (first >= 224 && first <= 239) || address === '255.255.255.255';
}
