// The call itself was wrong: no network would have made it work.
import type { Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { shown } from '../words.ts';
import {
  callClaim,
  callParams,
  type FailedCall,
  failedCall,
  tellCall,
} from './shared/failed-call.ts';
import { isLinkLocal } from './shared/link-local.ts';
import {
  BY_RULE,
  isRefusedByRoute,
  listRoutes,
  mayBeRoute,
  routeClaim,
} from './shared/route-answer.ts';

/** What each error means, by `call error`, else by error. */
const MEANINGS: Readonly<Record<string, string>> = {
  'connect EAFNOSUPPORT':
    'the address is of another family than the socket (IPv4 and IPv6 mixed up)',
  'connect EINVAL':
    'the address has the wrong length, or the socket is in a state that cannot connect',
  'connect EOPNOTSUPP': 'the socket is listening already',
  'bind EINVAL': 'the socket has an address already, or the address has the wrong length',
  'bind EAFNOSUPPORT': 'the address is of another family than the socket',
  'listen EINVAL': 'the socket is connected, or is being closed',
  'accept EOPNOTSUPP': 'the socket is not of a kind that accepts connections',
  'socket EAFNOSUPPORT': 'the kernel does not have this address family',
  'socket EINVAL': 'the family, type or flags of the socket are not known to the kernel',
  EAFNOSUPPORT: 'the address family does not fit',
  EINVAL: 'an argument of the call does not fit the state of the socket',
  EISCONN: 'the socket is connected already',
  EALREADY: 'an earlier connect(2) of this socket is still under way',
  EOPNOTSUPP: 'the socket does not support this operation',
  EPROTONOSUPPORT: 'the protocol does not exist in this family',
  ESOCKTNOSUPPORT: 'the type of socket does not exist in this family',
  EPFNOSUPPORT: 'the protocol family does not exist',
  EPROTOTYPE: 'the protocol does not fit the type of the socket',
  EBADF: 'the descriptor is not open: it was closed before, perhaps by another thread',
  ENOTSOCK: 'the descriptor is not a socket: it was closed and taken again for a file',
  EFAULT: 'the pointer to the address is not valid',
  EDESTADDRREQ: 'no destination was given',
  ENODEV: 'the interface that was asked for does not exist',
  ENOTCONN: 'the socket is not connected',
};

const UNSCOPED = 'a link-local IPv6 address came without its interface';
const ASK_FOR_RULES =
  'Does a rule lead there? `ip rule` lists them, `ip route show table all type blackhole` the routes (`ip -6` for IPv6).';
const MANY = 'TCP connects two machines, and this is an address of many (multicast or broadcast)';

export const badCall: Rule = {
  id: 'bad-call',
  title: 'call misused',
  match(facts) {
    const toMany = facts.error === 'ENETUNREACH' && isForMany(facts.attempt.remoteAddress);
    if (!toMany && !Object.hasOwn(MEANINGS, facts.error)) return null;
    const call = failedCall(facts);
    if (!call) return null;
    const loopback = boundToLoopback(facts, call);
    const unscoped = isUnscoped(facts, call);
    const several = loopback === null && !unscoped && mayBeRoute(facts, call);
    if (several && isRefusedByRoute(facts)) return null;
    const route = several ? facts.context('route') : null;
    return found(
      several ? 'possible' : 'certain',
      { call: call.note, route },
      {
        ...callParams(call),
        ...{ toMany, loopback, device: route?.detail.device },
        ...(unscoped && { unscoped }),
        ...(several && { several }),
      },
    );
  },
  tell(told) {
    const result = told.text('result', '');
    const meaning =
      own(`${told.text('call', '')} ${result}`) ??
      own(result) ??
      'the call does not fit the socket';
    const loopback = told.has('loopback') ? shown(told.text('loopback')) : null;
    const several = told.flag('several');
    const route = several ? `, or ${BY_RULE} leads it to a route of the type \`blackhole\`` : '';
    return {
      sentence: `${tellCall(told)}: ${sayMeaning(told, loopback) ?? meaning}${route}.`,
      claims: [callClaim(told), ...(several ? [routeClaim(told)] : [])],
      next: [
        'The user stack of the call shows the code that made it: compare its arguments with the manual page.',
        ...(several ? [ASK_FOR_RULES] : []),
      ],
      command: several
        ? listRoutes(told.row.remoteAddress, 'blackhole')
        : `man 2 ${manualPage(told.text('call', ''))}`,
    };
  },
};

function sayMeaning(told: Told, loopback: string | null): string | null {
  if (told.flag('toMany')) return MANY;
  if (told.flag('unscoped')) return UNSCOPED;
  return (
    loopback && `it is bound to ${loopback}, from which nothing but this machine can be reached`
  );
}

/** EINVAL of a route from 127.0.0.0/8 to elsewhere (__mkroute_output, net/ipv4/route.c); null for any other. */
function boundToLoopback({ attempt }: Facts, { call, result }: FailedCall): string | null {
  const { localAddress, remoteAddress } = attempt;
  const away = localAddress.startsWith('127.') && !remoteAddress.startsWith('127.');
  return call === 'connect' && result === 'EINVAL' && away ? localAddress : null;
}

/** The interface, where the socket has none, is the first thing that tcp_v6_connect asks of such an address. */
function isUnscoped({ attempt }: Facts, { call, result, address }: FailedCall): boolean {
  return call === 'connect' && result === 'EINVAL' && isLinkLocal(address ?? attempt.remoteAddress);
}

function own(key: string): string | null {
  return Object.hasOwn(MEANINGS, key) ? (MEANINGS[key] ?? null) : null;
}

function isForMany(address: string): boolean {
  const first = Number(address.split('.', 1)[0]);
  if (address.includes(':')) return address.startsWith('ff');
  return (first >= 224 && first <= 239) || address === '255.255.255.255';
}

function manualPage(call: string): string {
  return (
    ['socket', 'bind', 'listen', 'accept', 'connect'].find((each) => each === call) ?? 'connect'
  );
}
