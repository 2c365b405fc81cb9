// What the kernel said when it was asked for the route afterwards, against what connect(2) had
// returned. It is asked with the mark, interface, user and ports of the socket, by which a
// rule of policy routing may choose another table; older sessions have answers without them, and
// then only one of the same kind as the errno proves anything. Used by the rules about connect(2)
// that failed before a packet was sent.
import { CLOSE, SYN_SENT } from '../../../lifecycle/tcp-state.ts';
import type { Facts } from '../../facts.ts';
import type { Claim, Told } from '../../rule.ts';
import { ipCommand, shown } from '../../words.ts';
import { enteredSynSent, type FailedCall } from './failed-call.ts';

/** What a missing route, or one of type unreachable, prohibit or blackhole, makes connect(2) return. */
const OF_ROUTES: ReadonlySet<string> = new Set([
  ...['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL'],
]);

/** What `ip rule` lists chooses the table. */
export const BY_RULE =
  'a rule of policy routing that goes by the mark of the socket (SO_MARK), its interface or a port';

const AS_SOCKET = "with its mark, interface and ports and its process's user";

/** What the question does not carry (keysOf in engine/context/route.ts). */
export const UNASKED =
  'A rule that goes by its TOS (DSCP), or by the user who opened it where that is another one now, was not asked for: does `ip rule` list a `tos`, `dscp` or `uidrange`?';

interface Refusal {
  /** Type of the routes and rules that answer so (fib_props, net/ipv4/fib_semantics.c; fib4_rule_action). */
  readonly type: 'prohibit' | 'blackhole';
  /** The kernel's words for the errno. */
  readonly words: string;
}

/** Errors that mean something else, too. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  EACCES: { type: 'prohibit', words: 'Permission denied' },
  EINVAL: { type: 'blackhole', words: 'Invalid argument' },
};

function refusalOf(error: string): Refusal | null {
  return Object.hasOwn(REFUSALS, error) ? (REFUSALS[error] ?? null) : null;
}

/** The error of connect(2) has other causes than a route. */
export function isAmbiguous(error: string): boolean {
  return refusalOf(error) !== null;
}

/** The kernel has no way for anybody, and says so with the same error. */
export function isRefusedByRoute(facts: Facts): boolean {
  const detail = facts.context('route')?.detail;
  if (detail?.found !== false) return false;
  const refusal = refusalOf(facts.error);
  return refusal === null || detail.error === undefined || detail.error === refusal.words;
}

/** Asked with all that is known of this socket, the kernel had a way: hardly a route has said no. */
export function hasOwnWay(facts: Facts): boolean {
  const detail = facts.context('route')?.detail;
  return detail?.found === true && detail.forSocket === true;
}

/** A route may have said so to this socket alone, or nobody has asked: the call failed where it is looked up. */
export function mayBeRoute(facts: Facts, { call, result }: FailedCall): boolean {
  if (call !== 'connect' || !isAmbiguous(result) || hasOwnWay(facts)) return false;
  return enteredSynSent(facts) === null;
}

/**
 * The route was looked up again with the local port that the kernel had chosen, and failed then
 * (ip_route_newports in tcp_v4_connect): the socket goes to SYN_SENT before the port is chosen, and
 * back to CLOSE without an error of its own. After that nothing returns these errors without a packet.
 */
export function failedWithPort(facts: Facts, { call, result }: FailedCall): boolean {
  const { family, segmentsSent, retransmits } = facts.attempt;
  if (call !== 'connect' || family !== 'ipv4' || !OF_ROUTES.has(result)) return false;
  if (segmentsSent > 0 || retransmits > 0 || facts.first('drop') || facts.first('icmp'))
    return false;
  return enteredSynSent(facts) !== null && facts.change(SYN_SENT, CLOSE)?.errno === 0;
}

type WayParams = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** For `sayWay` and `routeClaim`. */
export function wayParams(facts: Facts): WayParams {
  const detail = facts.context('route')?.detail;
  const { device, bound, boundState, mark, forSocket } = detail ?? {};
  return { device, bound, boundState, mark, forSocket };
}

/** ` through tun0, to which the socket is bound and which is down`; empty for a socket without such a choice. */
export function sayWay(told: Told): string {
  const state = told.text('boundState', 'up');
  const is = state === 'down' ? 'is down' : state === 'gone' ? 'is gone' : 'has no carrier';
  const bound = told.has('bound')
    ? ` through ${shown(told.text('bound'))}, to which the socket is bound${state === 'up' ? '' : ` and which ${is}`}`
    : '';
  const mark = told.has('mark')
    ? ` for the mark 0x${told.number('mark').toString(16)} of the socket`
    : '';
  return `${mark}${bound}`;
}

/** The claim of the finding's event `route` and its param `device`. */
export function routeClaim(told: Told): Claim {
  const device = shown(told.text('device', 'an interface'));
  const as = told.flag('forSocket') ? AS_SOCKET : 'without its mark and interface';
  const text = `asked afterwards, ${as}, the kernel had a route through ${device}`;
  return { text, event: 'route' };
}

/** Where rules and routes of the type are listed. */
export function listRoutes(address: string, type: string): string {
  return `${ipCommand(address)} rule; ${ipCommand(address)} route show table all type ${type}`;
}
