// The way that the kernel chooses, and the neighbour that it goes through: `ip route get` and
// `ip neigh show` of iproute2, which ask over netlink. Asked by questions.ts.
import { formatRange, parseAddress } from '../../contract/filter/address.ts';
import type { NeighbourContext, RouteContext } from '../diagnosis/context.ts';
import type { Asked } from './asked.ts';
import type { Output } from './programs.ts';

/** Types of routes that end here, and what connect(2) says of them. */
const NO_WAY: Readonly<Record<string, string>> = {
  unreachable: 'No route to host',
  prohibit: 'Permission denied',
  blackhole: 'Invalid argument',
};

type LooseObject = Readonly<Record<string, unknown>>;

function objects(json: string): LooseObject[] {
  try {
    const parsed: unknown = JSON.parse(json);
    const isObject = (each: unknown): each is LooseObject =>
      typeof each === 'object' && each !== null;
    return Array.isArray(parsed) ? parsed.filter(isObject) : [];
  } catch {
    return [];
  }
}

function textIn(object: LooseObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' ? value : null;
}

/** A gateway may be of the other family (RFC 5549): it is in `via` then. */
function gatewayOf(route: LooseObject): string | null {
  const via = route['via'];
  const host = typeof via === 'object' && via !== null ? (via as { host?: unknown }).host : null;
  return textIn(route, 'gateway') ?? (typeof host === 'string' ? host : null);
}

export interface FoundRoute {
  readonly detail: RouteContext;
  /** The address is of this namespace. */
  readonly local: boolean;
}

/** Null when the program said something else than a way or the kernel's refusal. */
export function parseRoute({ code, text }: Output): FoundRoute | null {
  const error = /^RTNETLINK answers: (.+)$/m.exec(text)?.[1];
  if (error !== undefined) return { detail: { about: 'route', found: false, error }, local: false };
  const route = code === 0 ? objects(text)[0] : undefined;
  if (route === undefined) return null;
  const type = textIn(route, 'type');
  const refusal = NO_WAY[type ?? ''];
  if (refusal !== undefined) {
    return { detail: { about: 'route', found: false, error: refusal }, local: false };
  }
  const device = textIn(route, 'dev');
  const gateway = gatewayOf(route);
  const source = textIn(route, 'prefsrc') ?? textIn(route, 'from');
  const many = type === 'broadcast' || type === 'multicast' ? type : null;
  const detail: RouteContext = {
    about: 'route',
    found: true,
    ...(many !== null && { many }),
    ...(device !== null && { device }),
    ...(gateway !== null && { gateway }),
    ...(source !== null && { source }),
  };
  return { detail, local: type === 'local' };
}

/** Null when the program failed. */
export function parseNeighbour(
  { code, text }: Output,
  address: string,
  device: string,
): NeighbourContext | null {
  if (code !== 0) return null;
  const states = objects(text)[0]?.['state'];
  const state = Array.isArray(states) && typeof states[0] === 'string' ? states[0] : 'NONE';
  return { about: 'neighbour', address, state, device };
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}

/** `from` only where it is an address: not for a socket that had none yet. */
function sourceOf(address: string): string | null {
  const bytes = parseAddress(address);
  if (bytes === null || bytes.every((byte) => byte === 0)) return null;
  return formatRange({ bytes, bits: bytes.length * 8 });
}

export async function askRoute({ attempt, place, signal, tell }: Asked): Promise<void> {
  const { remoteAddress, localAddress, owner } = attempt;
  // Which of several links a link-local address is on is not recorded.
  if (sourceOf(remoteAddress) === null || isLinkLocal(remoteAddress)) return;
  const source = sourceOf(localAddress);
  const from = source === null ? [] : ['from', source];
  const uid = owner === null ? [] : ['uid', String(owner.uid)];
  const args = ['-j', 'route', 'get', remoteAddress, ...from, ...uid];
  const output = await place.run('ip', args, signal);
  const route = output && parseRoute(output);
  if (!route) return;
  tell(route.detail);
  const { found, many, device, gateway } = route.detail;
  if (!found || many !== undefined || route.local || device === undefined || device === 'lo')
    return;
  const next = gateway ?? remoteAddress;
  const show = ['-j', 'neigh', 'show', 'to', next, 'dev', device, 'nud', 'all'];
  const shown = await place.run('ip', show, signal);
  const neighbour = shown && parseNeighbour(shown, next, device);
  if (neighbour) tell(neighbour);
}
