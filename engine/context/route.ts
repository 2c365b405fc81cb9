// The way that the kernel chooses, and the neighbour that it goes through: `ip route get` and
// `ip neigh show` of iproute2, which ask over netlink. Asked by questions.ts.
import { formatRange, parseAddress } from '../../contract/filter/address.ts';
import type { NeighbourContext, RouteContext } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Asked } from './asked.ts';
import type { Output } from './programs.ts';

/** Types of routes that end here, and what connect(2) says of them. */
const NO_WAY: Readonly<Record<string, string>> = {
  unreachable: 'No route to host',
  prohibit: 'Permission denied',
  blackhole: 'Invalid argument',
};

type BoundContext = Pick<RouteContext, 'bound' | 'boundState'>;
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

/** What the way depends on, besides the two addresses. */
function keysOf(attempt: Attempt): string[] {
  const { boundDevice, mark, owner, localPort, remotePort } = attempt;
  return [
    // The name of an interface that only its number is known of (ll_name_to_index of iproute2).
    ...(boundDevice === 0 ? [] : ['oif', `if${boundDevice}`]),
    ...(mark === 0 ? [] : ['mark', String(mark)]),
    ...(owner === null ? [] : ['uid', String(owner.uid)]),
    ...['ipproto', 'tcp', 'dport', String(remotePort)],
    ...(localPort === 0 ? [] : ['sport', String(localPort)]),
  ];
}

/** Of the interface that the socket is bound to; null when it is to none, or nobody answered. */
async function askBound({ attempt, place, signal }: Asked): Promise<BoundContext | null> {
  const { boundDevice } = attempt;
  if (boundDevice === 0) return null;
  const output = await place.run('ip', ['-j', 'link', 'show'], signal);
  return output && parseLinks(output, boundDevice);
}

/** One of the interfaces that `ip link show` lists; null when it listed nothing. */
export function parseLinks({ code, text }: Output, index: number): BoundContext | null {
  const links = code === 0 ? objects(text) : [];
  if (links.length === 0) return null;
  const link = links.find((each) => each['ifindex'] === index);
  const name = link && textIn(link, 'ifname');
  if (!link || !name) return { bound: `interface ${index}`, boundState: 'gone' };
  return { bound: name, boundState: stateOf(link) };
}

function stateOf(link: LooseObject): 'up' | 'no carrier' | 'down' {
  const flags = Array.isArray(link['flags']) ? link['flags'] : [];
  if (!flags.includes('UP')) return 'down';
  return flags.includes('LOWER_UP') ? 'up' : 'no carrier';
}

/** Nothing about an interface that is as it should be. */
function parseDevice(output: Output | null): Pick<NeighbourContext, 'deviceState'> {
  const link = output?.code === 0 ? objects(output.text)[0] : undefined;
  const deviceState = link && stateOf(link);
  return deviceState === undefined || deviceState === 'up' ? {} : { deviceState };
}

/** At once, since a machine that is busy takes its time to start a program. */
async function askNeighbour({ place, signal, tell }: Asked, next: string, device: string) {
  const [shown, link] = await Promise.all([
    place.run('ip', ['-j', 'neigh', 'show', 'to', next, 'dev', device, 'nud', 'all'], signal),
    place.run('ip', ['-j', 'link', 'show', 'dev', device], signal),
  ]);
  const neighbour = shown && parseNeighbour(shown, next, device);
  if (!neighbour) return;
  // Without a carrier nobody can answer.
  const isSilent = neighbour.state === 'FAILED' || neighbour.state === 'INCOMPLETE';
  tell({ ...neighbour, ...(isSilent && parseDevice(link)) });
}

/** What the local address has to do with it, where there is no way: null unless there is one without it. */
async function askWithoutSource(asked: Asked): Promise<RouteContext['withoutSource'] | null> {
  const { attempt, place, machine, signal } = asked;
  const source = sourceOf(attempt.localAddress);
  if (source === null) return null;
  const args = ['-j', 'route', 'get', attempt.remoteAddress, ...keysOf(attempt)];
  const output = await place.run('ip', args, signal);
  if (!output || parseRoute(output)?.detail.found !== true) return null;
  const isOwn = await machine.namespaces.hasAddress(place, source, signal);
  return isOwn === null ? 'unknown' : isOwn ? 'own' : 'foreign';
}

export async function askRoute(asked: Asked): Promise<void> {
  const { attempt, place, signal, tell } = asked;
  const { remoteAddress, localAddress, mark, boundDevice } = attempt;
  // Without its interface such an address says nothing of where it is.
  if (isLinkLocal(remoteAddress) && boundDevice === 0) return;
  if (sourceOf(remoteAddress) === null) return;
  const own = sourceOf(localAddress);
  const from = own === null ? [] : ['from', own];
  const args = ['-j', 'route', 'get', remoteAddress, ...from, ...keysOf(attempt)];
  const output = await place.run('ip', args, signal);
  const route = output && parseRoute(output);
  if (!route) return;
  const { found, many, device, gateway } = route.detail;
  const why = found ? null : await askWhyNone(asked);
  tell({
    ...route.detail,
    ...(route.local && { local: true as const }),
    forSocket: true,
    ...(mark !== 0 && { mark }),
    // A way for a socket that is bound leads through its interface.
    ...(found && boundDevice !== 0 && { bound: device }),
    ...why,
  });
  if (!found || many !== undefined || route.local || device === undefined || device === 'lo')
    return;
  await askNeighbour(asked, gateway ?? remoteAddress, device);
}

/** What of the socket itself may be the reason that there is no way. */
async function askWhyNone(asked: Asked): Promise<Partial<RouteContext>> {
  const [bound, withoutSource] = await Promise.all([askBound(asked), askWithoutSource(asked)]);
  return { ...bound, ...(withoutSource && { withoutSource }) };
}
