// Addresses that connect(2) cannot take, whatever the network: told by the address, the socket's
// own address, or the type of the route. Used by bad-call.ts.
import type { Facts } from '../../facts.ts';
import type { Claim, Told } from '../../rule.ts';
import { shown } from '../../words.ts';
import { enteredSynSent, type FailedCall } from './failed-call.ts';
import { isLinkLocal } from './link-local.ts';

/** What was wrong with the address. */
export interface Misuse {
  readonly id: 'many' | 'broadcast' | 'only-ipv6' | 'loopback' | 'unscoped' | 'other-scope';
  /** Whether the machine's answer is a proof of it. */
  readonly byRoute?: true;
  /** The address, or the interface, that the socket was bound to. */
  readonly from?: string;
}

const MANY = 'TCP connects two machines, and this is an address of many (multicast or broadcast)';

/** Null when the address and the socket fit. */
export function misuseOf(facts: Facts, failed: FailedCall): Misuse | null {
  const { error, attempt } = facts;
  const { call, address } = failed;
  if (error === 'ENETUNREACH' && isForMany(attempt.remoteAddress)) return { id: 'many' };
  // __inet6_bind asks for the interface of such an address, too.
  if (call === 'bind' && error === 'EINVAL' && isLinkLocal(address ?? ''))
    return { id: 'unscoped' };
  if (call !== 'connect') return null;
  if (isBroadcast(facts)) return { id: 'broadcast', byRoute: true };
  if (isOnlyIpv6(facts, failed)) return { id: 'only-ipv6', byRoute: true };
  if (error !== 'EINVAL') return null;
  if (isFromLoopback(facts)) return { id: 'loopback', from: attempt.localAddress };
  return isLinkLocal(address ?? attempt.remoteAddress) ? ofScope(facts) : null;
}

/**
 * tcp_v6_connect wants an interface for such an address; with the scope of the address it must be
 * that which the socket is bound to. A route of the type blackhole says the same.
 */
function ofScope(facts: Facts): Misuse | null {
  const { boundDevice } = facts.attempt;
  if (boundDevice === 0) return { id: 'unscoped' };
  const route = facts.context('route')?.detail;
  if (route?.found === false) return null;
  return { id: 'other-scope', from: route?.bound ?? `interface ${boundDevice}` };
}

/** Within a sentence; null where it was no misuse of this kind. */
export function sayMisuse(told: Told): string | null {
  switch (told.text('misuse', '')) {
    case 'many':
      return MANY;
    case 'broadcast':
      return 'TCP connects two machines, and this is the broadcast address of a subnet';
    case 'only-ipv6':
      return 'the IPv4 address came in an IPv6 one (::ffff:ADDRESS), and this machine has a route there: the socket is of IPv6 only (IPV6_V6ONLY)';
    case 'loopback':
      return `it is bound to ${shown(told.text('from'))}, from which nothing but this machine can be reached`;
    case 'unscoped':
      return 'a link-local IPv6 address came without its interface';
    case 'other-scope':
      return `the link-local IPv6 address came with another interface (its scope) than ${shown(told.text('from'))}, to which the socket is bound (SO_BINDTODEVICE)`;
    default:
      return null;
  }
}

/** The claim of the finding's event `route`. */
export function misuseClaim(told: Told): Claim {
  const device = shown(told.text('device', 'an interface'));
  const text =
    told.text('misuse', '') === 'broadcast'
      ? `asked for the route, the kernel called it broadcast on ${device}`
      : `asked for the route, the kernel had one through ${device}`;
  return { text, event: 'route' };
}

/** tcp_v4_connect returns ENETUNREACH for such a route; a filter may say EACCES before it. */
function isBroadcast(facts: Facts): boolean {
  if (facts.error !== 'ENETUNREACH' && facts.error !== 'EACCES') return false;
  return !enteredSynSent(facts) && facts.context('route')?.detail.many === 'broadcast';
}

/**
 * ENETUNREACH before the route is looked up (tcp_v6_connect). Without a route, or when nobody
 * asked for it, the same error says that there is none.
 */
function isOnlyIpv6(facts: Facts, { mapped }: FailedCall): boolean {
  if (!mapped || facts.error !== 'ENETUNREACH' || enteredSynSent(facts)) return false;
  return facts.context('route')?.detail.found === true;
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
