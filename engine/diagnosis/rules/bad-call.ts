// The call itself was wrong: no network would have made it work.
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import { shown } from '../words.ts';
import {
  callClaim,
  callParams,
  type FailedCall,
  failedCall,
  tellCall,
} from './shared/failed-call.ts';

/** What each error means, by `call error`, else by error. */
const MEANINGS: Readonly<Record<string, string>> = {
  'connect EAFNOSUPPORT':
    'the address is of another family than the socket (IPv4 and IPv6 mixed up)',
  'connect EINVAL':
    'the socket is listening already, the address has the wrong length, or a link-local IPv6 address came without its interface',
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
    if (loopback === null && isRoute(facts, call)) return null;
    return found('certain', { call: call.note }, { ...callParams(call), toMany, loopback });
  },
  tell(told) {
    const result = told.text('result', '');
    const meaning =
      own(`${told.text('call', '')} ${result}`) ??
      own(result) ??
      'the call does not fit the socket';
    const loopback = told.has('loopback') ? shown(told.text('loopback')) : null;
    return {
      sentence: `${tellCall(told)}: ${sayMeaning(told.flag('toMany'), loopback) ?? meaning}.`,
      claims: [callClaim(told)],
      next: [
        'The user stack of the call shows the code that made it: compare its arguments with the manual page.',
      ],
      command: `man 2 ${manualPage(told.text('call', ''))}`,
    };
  },
};

function sayMeaning(toMany: boolean, loopback: string | null): string | null {
  if (toMany) return MANY;
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

function own(key: string): string | null {
  return Object.hasOwn(MEANINGS, key) ? (MEANINGS[key] ?? null) : null;
}

/** A blackhole route answers EINVAL, too. */
function isRoute(facts: Facts, { call, result }: FailedCall): boolean {
  return (
    call === 'connect' && result === 'EINVAL' && facts.context('route')?.detail.found === false
  );
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
