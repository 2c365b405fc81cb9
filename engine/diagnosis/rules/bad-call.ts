// The call itself was wrong: no network would have made it work.
import { found, type Rule } from '../rule.ts';
import {
  callClaim,
  callParams,
  type FailedCall,
  failedCall,
  tellCall,
} from './shared/failed-call.ts';
import { type Misuse, misuseClaim, misuseOf, sayMisuse } from './shared/misuse.ts';
import {
  BY_RULE,
  failedWithPort,
  hasOwnWay,
  isRefusedByRoute,
  listRoutes,
  mayBeRoute,
  routeClaim,
  UNASKED,
  wayParams,
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

const ASK_FOR_RULES =
  'Does a rule lead there? `ip rule` lists them, `ip route show table all type blackhole` the routes (`ip -6` for IPv6).';
export const badCall: Rule = {
  id: 'bad-call',
  title: 'call misused',
  match(facts) {
    const call = failedCall(facts);
    // A rule that goes by the local port: no-route.ts.
    if (!call || failedWithPort(facts, call)) return null;
    const misuse = misuseOf(facts, call);
    if (!misuse && !Object.hasOwn(MEANINGS, facts.error)) return null;
    const several = misuse === null && facts.error === 'EINVAL' && mayBeRoute(facts, call);
    if (several && isRefusedByRoute(facts)) return null;
    const answered = misuse === null && facts.error === 'EINVAL' && hasOwnWay(facts);
    const route = several || answered || misuse?.byRoute ? facts.context('route') : null;
    return found(
      several ? 'possible' : answered || isLikely(call, misuse) ? 'likely' : 'certain',
      { call: call.note, route },
      {
        ...callParams(call),
        ...{ misuse: misuse?.id, several: several || null },
        ...{ from: misuse?.from, ...(route ? wayParams(facts) : {}) },
      },
    );
  },
  tell(told) {
    const result = told.text('result', '');
    const meaning =
      sayMisuse(told) ??
      own(`${told.text('call', '')} ${result}`) ??
      own(result) ??
      'the call does not fit the socket';
    const several = told.flag('several');
    const route = several ? `, or ${BY_RULE} leads it to a route of the type \`blackhole\`` : '';
    return {
      sentence: `${tellCall(told)}: ${meaning}${route}.`,
      claims: [callClaim(told), told.has('misuse') ? misuseClaim(told) : routeClaim(told)],
      next: [
        'The user stack of the call shows the code that made it: compare its arguments with the manual page.',
        ...(several ? [ASK_FOR_RULES] : []),
        ...(told.flag('forSocket') && !told.has('misuse') ? [UNASKED] : []),
      ],
      command: several
        ? listRoutes(told.row.remoteAddress, 'blackhole')
        : `man 2 ${manualPage(told.text('call', ''))}`,
    };
  },
};

/** An option or argument of the call that is not recorded would prove it. */
function isLikely({ call }: FailedCall, misuse: Misuse | null): boolean {
  const id = misuse?.id;
  return id === 'only-ipv6' || id === 'other-scope' || (id === 'unscoped' && call === 'bind');
}

function own(key: string): string | null {
  return Object.hasOwn(MEANINGS, key) ? (MEANINGS[key] ?? null) : null;
}

function manualPage(call: string): string {
  return (
    ['socket', 'bind', 'listen', 'accept', 'connect'].find((each) => each === call) ?? 'connect'
  );
}
