// connect(2) failed at once: the kernel knows no way to that address.
import type { AttemptRow } from '../../../contract/attempt.ts';
import { CLOSE, SYN_SENT } from '../../lifecycle/tcp-state.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule, type Telling, type Told } from '../rule.ts';
import { host, ipCommand, remote, shown, who } from '../words.ts';
import { callClaim, callParams, enteredSynSent, failedCall } from './shared/failed-call.ts';
import { isLinkLocal } from './shared/link-local.ts';
import {
  BY_RULE,
  failedWithPort,
  isAmbiguous,
  isRefusedByRoute,
  routeClaim,
  sayWay,
  UNASKED,
  wayParams,
} from './shared/route-answer.ts';

/** What connect(2) says of a missing route, and of one of type unreachable, prohibit or blackhole. */
const BY_TYPE: Readonly<Record<string, string>> = {
  ENETUNREACH: 'this machine has no route to that network',
  EHOSTUNREACH: 'the route to it says `unreachable`, or its network has no way to this host',
  EACCES: 'the route to it says `prohibit`',
  EINVAL: 'the route to it says `blackhole`',
  ENETDOWN: 'the interface of the route is down',
};

const NO_OTHER = 'the routes that count for it lead not there';
const UP =
  'Is the interface up, and is there a default route in the network namespace of the process?';

const OF_INTERFACE =
  'The program or its configuration binds the socket to that interface (SO_BINDTODEVICE): is it the right one, up, and has it a route there?';

const OF_SCOPE =
  'The interface is the scope of the address, or the socket is bound to it (SO_BINDTODEVICE): is it the right one, and up?';

function whichRule({ remoteAddress }: AttemptRow): string {
  return `Which rule is it? \`${ipCommand(remoteAddress)} rule\` lists them, each with its table.`;
}

export const noRoute: Rule = {
  id: 'no-route',
  title: 'no route',
  match(facts) {
    if (!Object.hasOwn(BY_TYPE, facts.error)) return null;
    const call = failedCall(facts);
    if (call?.call !== 'connect') return null;
    const late = failedWithPort(facts, call);
    if (enteredSynSent(facts) && !late) return null;
    const route = facts.context('route');
    const refused = isRefusedByRoute(facts);
    if (isAmbiguous(facts.error) && !refused && !late) return null;
    return found(
      // Only the state of the interface makes this one.
      refused || (facts.error === 'ENETDOWN' && !route) ? 'certain' : 'likely',
      { call: call.note, end: late ? facts.change(SYN_SENT, CLOSE) : null, route },
      {
        ...callParams(call),
        ...{ routed: route?.detail.found, ...wayParams(facts) },
        mapped: call.mapped || null,
        late: late || null,
        ...fromParams(facts),
        ...(late && facts.attempt.localPort > 0 && { port: facts.attempt.localPort }),
      },
    );
  },
  tell(told) {
    const { row } = told;
    const error = told.text('result', row.error ?? '');
    const why = Object.hasOwn(BY_TYPE, error) ? BY_TYPE[error] : 'the kernel has no way to it';
    if (told.flag('late')) return tellLate(told, error === 'ENETUNREACH' ? NO_OTHER : (why ?? ''));
    if (told.has('withoutSource')) return tellSource(told);
    const routed = told.flag('routed');
    const none = { text: 'asked for the route, the kernel had none that works', event: 'route' };
    const sure = told.has('routed') && !routed;
    const way = sayWay(told);
    const elsewhere = routed ? sayOthersWay(told) : `${why}, or ${BY_RULE} leads there to no way`;
    return {
      sentence: `No SYN of ${who(row)} to ${remote(row)} was sent: ${sure || error === 'ENETDOWN' ? `${why}${way}` : elsewhere}.`,
      claims: [callClaim(told), routed ? routeClaim(told) : none],
      next: [
        ...(told.has('bound') ? [isLinkLocal(row.remoteAddress) ? OF_SCOPE : OF_INTERFACE] : []),
        ...(routed && told.flag('forSocket') ? [UNASKED] : []),
        ...(told.has('mark') || (!sure && !told.flag('forSocket')) ? [whichRule(row)] : []),
        told.has('routed') || row.family === 'ipv6' ? UP : sayUnasked(told),
        row.family === 'ipv6'
          ? 'A network without IPv6 looks like this: programs then try IPv4 next, and nothing is wrong.'
          : 'Is the VPN or container network that has this address connected?',
      ],
      command: `${ipCommand(row.remoteAddress)} route get ${host(row.remoteAddress)}${told.has('mark') ? ` mark ${told.number('mark')}` : ''}`,
    };
  },
};

function fromParams(facts: Facts) {
  const { withoutSource } = facts.context('route')?.detail ?? {};
  return withoutSource && { withoutSource, from: facts.attempt.localAddress };
}

/** Only the local address keeps it from a way (__ip_dev_find in ip_route_output_key_hash_rcu). */
function tellSource(told: Told): Telling {
  const { row } = told;
  const from = shown(told.text('from'));
  const whose = told.text('withoutSource', '');
  const rule = 'a rule of policy routing goes by that address';
  const foreign = 'no interface in its network namespace has that address';
  const why = whose === 'own' ? rule : whose === 'foreign' ? foreign : `${foreign}, or ${rule}`;
  return {
    sentence: `No SYN of ${who(row)} to ${remote(row)} was sent: the kernel has a way there, but none from its local address ${from}: ${why}.`,
    claims: [
      callClaim(told),
      { text: `asked for the route, the kernel had one, but none from ${from}`, event: 'route' },
    ],
    next: [
      ...(whose === 'own'
        ? [`${whichRule(row)} Those with \`from\` go by the local address.`]
        : [
            'Which local address does the program, or its configuration, bind? IP_FREEBIND and net.ipv4.ip_nonlocal_bind=1 let it take one that is not there.',
            'Is the address configured, and on this machine? An address that a failover moves comes and goes.',
          ]),
    ],
    command:
      whose === 'own'
        ? `${ipCommand(row.remoteAddress)} rule; ${ipCommand(row.remoteAddress)} route get ${host(row.remoteAddress)} from ${host(told.text('from'))}`
        : `${ipCommand(row.remoteAddress)} address show to ${host(told.text('from'))}`,
  };
}

/** The way was lost with the local port that the kernel chose: only a rule goes by it. */
function tellLate(told: Told, why: string): Telling {
  const { row } = told;
  const port = told.has('port') ? told.number('port') : null;
  const answer = told.flag('routed')
    ? routeClaim(told)
    : {
        text: 'asked for the route with that port, the kernel had none that works',
        event: 'route',
      };
  const ports = port === null ? '' : ` ipproto tcp sport ${port} dport ${row.remotePort}`;
  return {
    sentence: `No SYN of ${who(row)} to ${remote(row)} was sent: the kernel had a way, but none with the local port${port === null ? '' : ` ${port}`} that it then chose: ${why}, by a rule of policy routing that goes by the local port${sayWay(told)}.`,
    claims: [
      callClaim(told),
      { text: 'the socket went back from SYN_SENT before anything was sent', event: 'end' },
      answer,
    ],
    next: [
      `${whichRule(row)} Those with \`sport\` go by the local port.`,
      'Another range (net.ipv4.ip_local_port_range), or a port that the program binds itself, goes another way.',
    ],
    command: `ip rule; ip route get ${host(row.remoteAddress)}${ports}`,
  };
}

/** The kernel had a route when it was asked. */
function sayOthersWay(told: Told): string {
  return told.flag('forSocket')
    ? 'the kernel had no way then. Asked afterwards, it had one: the route or the interface has come since, or a rule goes by its TOS or user'
    : `others have a route there. Either ${BY_RULE} leads this socket elsewhere, or the route has changed since`;
}

/** What says ENETUNREACH as well, and an answer of the machine would have ruled out. */
function sayUnasked(told: Told): string {
  return told.flag('mapped')
    ? 'Is the socket of IPv6 only (IPV6_V6ONLY)? It was asked for an IPv4 address in an IPv6 one, which such a socket cannot reach.'
    : 'Is it the broadcast address of a subnet? TCP connects to single machines only.';
}
