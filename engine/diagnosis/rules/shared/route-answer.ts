// What the kernel said when it was asked for the route afterwards, against what connect(2) had
// returned. The question goes without the mark, the ports and the interface of the socket, which
// are not recorded, and by which a rule of policy routing may choose another table: only an
// answer of the same kind as the errno proves anything. Used by the rules about connect(2) that
// failed before a packet was sent.
import type { Facts } from '../../facts.ts';
import type { Claim, Told } from '../../rule.ts';
import { ipCommand, shown } from '../../words.ts';
import { enteredSynSent, type FailedCall } from './failed-call.ts';

/** What `ip rule` lists chooses the table. */
export const BY_RULE =
  'a rule of policy routing that goes by the mark of the socket (SO_MARK), its interface or a port';

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

/** A route may have said so to this socket alone, or nobody has asked: the call failed where it is looked up. */
export function mayBeRoute(facts: Facts, { call, result }: FailedCall): boolean {
  return call === 'connect' && isAmbiguous(result) && enteredSynSent(facts) === null;
}

/** The claim of the finding's event `route` and its param `device`. */
export function routeClaim(told: Told): Claim {
  const device = shown(told.text('device', 'an interface'));
  const text = `asked afterwards, without the mark and the interface of the socket, the kernel had a route through ${device}`;
  return { text, event: 'route' };
}

/** Where rules and routes of the type are listed. */
export function listRoutes(address: string, type: string): string {
  return `${ipCommand(address)} rule; ${ipCommand(address)} route show table all type ${type}`;
}
