// connect(2) failed at once: the kernel knows no way to that address.
import { found, type Rule } from '../rule.ts';
import { host, ipCommand, remote, shown, who } from '../words.ts';
import { callClaim, callParams, enteredSynSent, failedCall } from './shared/failed-call.ts';

/** What connect(2) says of a missing route, and of one of type unreachable, prohibit or blackhole. */
const BY_TYPE: Readonly<Record<string, string>> = {
  ENETUNREACH: 'this machine has no route to that network',
  EHOSTUNREACH: 'the route to it says `unreachable`, or its network has no way to this host',
  EACCES: 'the route to it says `prohibit`',
  EINVAL: 'the route to it says `blackhole`',
  ENETDOWN: 'the interface of the route is down',
};
/** These two have other causes; they are about the route only where it was looked up. */
const AMBIGUOUS: ReadonlySet<string> = new Set(['EACCES', 'EINVAL']);

export const noRoute: Rule = {
  id: 'no-route',
  title: 'no route',
  match(facts) {
    if (!Object.hasOwn(BY_TYPE, facts.error)) return null;
    const call = failedCall(facts);
    if (call?.call !== 'connect' || enteredSynSent(facts)) return null;
    const route = facts.context('route');
    if (AMBIGUOUS.has(facts.error) && route?.detail.found !== false) return null;
    return found(
      route?.detail.found === true ? 'likely' : 'certain',
      { call: call.note, route },
      { ...callParams(call), routed: route?.detail.found, device: route?.detail.device },
    );
  },
  tell(told) {
    const { row } = told;
    const error = told.text('result', row.error ?? '');
    const why = Object.hasOwn(BY_TYPE, error) ? BY_TYPE[error] : 'the kernel has no way to it';
    const route = told.flag('routed')
      ? `asked afterwards, the kernel had a route through ${shown(told.text('device', 'an interface'))}: it has changed, or the socket is bound to another way`
      : 'asked for the route, the kernel had none that works';
    return {
      sentence: `No SYN of ${who(row)} to ${remote(row)} was sent: ${why}.`,
      claims: [callClaim(told), { text: route, event: 'route' }],
      next: [
        told.flag('routed')
          ? 'Is it the broadcast address of a subnet? TCP connects to single machines only.'
          : 'Is the interface up, and is there a default route in the network namespace of the process?',
        row.family === 'ipv6'
          ? 'A network without IPv6 looks like this: programs then try IPv4 next, and nothing is wrong.'
          : 'Is the VPN or container network that has this address connected?',
      ],
      command: `${ipCommand(row.remoteAddress)} route get ${host(row.remoteAddress)}`,
    };
  },
};
