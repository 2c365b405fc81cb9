// Who listens at the address that was asked: what was seen of listeners says whose they are, the
// kernel's own table whether that is all. Asked by questions.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { ListenerContext } from '../diagnosis/context.ts';
import { isOwnAddress } from '../diagnosis/facts.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Listener, ListenerTable, PastListener } from '../lifecycle/listeners.ts';
import { type Asked, socketsIn } from './asked.ts';
import type { Place } from './place.ts';
import { listeningOn } from './socket-table.ts';

/** Some 1,500 listening sockets, which come first. */
const LISTENING_BYTES = 1 << 18;
const MOST = 256;
/** Scans come once a second (engine/workers/capture-run.ts): what one found held until about the next. */
const SCAN_NS = 1_500_000_000;

/** What only `ss -e` tells of a socket that listens: inet_diag has it, /proc/net/tcp6 does not. */
export interface Listening {
  readonly address: string;
  /** IPV6_V6ONLY; null for IPv4 and when it was not said. */
  readonly ipv6Only: boolean | null;
  /** SO_BINDTODEVICE; null = none. */
  readonly device: string | null;
}

/** `LISTEN 0 5 [::]%lo:80 [::]:* … v6only:1 <->`: an asterisk is :: that takes IPv4 as well. */
const SS_LINE = /^LISTEN\s+\d+\s+\d+\s+(\*|\[[\da-fA-F:.]+\]|[\d.]+)(?:%(\S+))?:\d+\s/;

/** A line of `ss -H -ltne`; null for any other. */
export function parseListening(line: string): Listening | null {
  const [, local, device = null] = SS_LINE.exec(line) ?? [];
  if (local === undefined) return null;
  const [, flag = null] = /\sv6only:([01])\b/.exec(line) ?? [];
  const address = local === '*' ? '::' : local.replace(/^\[(?:::ffff:(?=[\d.]+\]))?|\]$/g, '');
  return { address, ipv6Only: flag === null ? null : flag === '1', device };
}

/** Of the listeners on an address, in the order of `ss`; null when it could not be asked. */
async function traitsOn(place: Place, port: number, signal: AbortSignal) {
  const output = await place.run('ss', ['-H', '-ltne', `sport = :${port}`], signal);
  if (output?.code !== 0) return null;
  const lines = output.text.split('\n').map(parseListening);
  return lines.filter((each) => each !== null);
}

/** A listener on 0.0.0.0 answers IPv4 only; one on :: answers both, unless it is IPV6_V6ONLY. */
function answersAt(listening: string, asked: string): boolean {
  if (listening === asked || listening === '::') return true;
  return listening === '0.0.0.0' && !asked.includes(':');
}

/** From when the attempt ended: a service that has started since then did not answer it. */
function wasThere({ sinceNs }: Listener, { endedNs, beginNs }: Attempt): boolean {
  return sinceNs === null || sinceNs <= (endedNs ?? beginNs);
}

/** Where the SYN went: to the peer, or here when it was accepted. */
function askedEnd({ direction, localAddress, localPort, remoteAddress, remotePort }: Attempt) {
  return direction === 'accepted'
    ? { address: localAddress, port: localPort }
    : { address: remoteAddress, port: remotePort };
}

/** Packets of this machine to itself come in through lo; through which those of another namespace came is not known. */
function isDeaf({ ipv6Only, device }: Listening, isOwn: boolean, asked: string): boolean {
  if (ipv6Only === true && !asked.includes(':')) return true;
  return device !== null && device !== 'lo' && isOwn;
}

/** What keeps listeners from answering that have the right address. */
function deafOn(traits: readonly Listening[], isOwn: boolean, asked: string) {
  const hears = (each: Listening) => !isDeaf(each, isOwn, asked);
  const deaf = traits.filter((each) => answersAt(each.address, asked) && !hears(each));
  // Of several on one address, one that hears answers for all.
  return deaf.filter(({ address }) => {
    return !traits.some((each) => each.address === address && hears(each));
  });
}

/** On :: alone, and whether it takes IPv4 was not told. */
function isDoubtful(here: readonly string[], asked: string, traits: readonly Listening[] | null) {
  if (here.length === 0 || asked.includes(':')) return false;
  const isTold = traits?.some(({ address, ipv6Only }) => address === '::' && ipv6Only !== null);
  return !isTold && here.every((address) => address === '::');
}

/**
 * `addresses`: where somebody listens on the port, by the kernel's table; null = not to be had.
 * `traits`: what else is told of them. `isOwn`: the SYN went to the namespace that it came from.
 */
export function tellListener(
  attempt: Attempt,
  seen: readonly Listener[],
  addresses: readonly string[] | null,
  traits: readonly Listening[] | null = null,
  isOwn: boolean = isOwnAddress(attempt),
): ListenerContext {
  const asked = askedEnd(attempt).address;
  const late = seen
    .filter((listener) => !wasThere(listener, attempt))
    .map(({ address }) => address);
  const all = [...(addresses ?? seen.map(({ address }) => address))];
  for (const address of late) {
    const index = all.indexOf(address);
    if (index >= 0) all.splice(index, 1);
  }
  const deaf = deafOn(traits ?? [], isOwn, asked);
  const here = all.filter((address) => {
    return answersAt(address, asked) && !deaf.some((each) => each.address === address);
  });
  const elsewhere = [...new Set(all)].filter((address) => !here.includes(address));
  const there = seen.filter(
    (listener) => wasThere(listener, attempt) && here.includes(listener.address),
  );
  const known = there.find(({ owner }) => owner);
  return {
    about: 'listener',
    listeners: here.length,
    pid: known?.owner?.pid ?? null,
    comm: known?.owner?.comm ?? null,
    ...roomOf(there, attempt.startedNs ?? attempt.beginNs),
    ...(here.length === 0 && elsewhere.length > 0 && { elsewhere: elsewhere.slice(0, 8) }),
    ...(here.length === 0 && whyDeaf(deaf)),
    ...(isDoubtful(here, asked, traits) && { maybeIpv6Only: true }),
  };
}

function whyDeaf(deaf: readonly Listening[]): Pick<ListenerContext, 'ipv6Only' | 'device'> {
  const bound = deaf.find(({ device }) => device !== null);
  // The one that is bound to no device takes IPv6 only.
  const ipv6Only = deaf.some(({ device }) => device === null);
  return {
    ...(ipv6Only && { ipv6Only }),
    ...(bound?.device && { device: bound.device }),
  };
}

/** Adds addresses that had a listener while the attempt was under way, and have none any more. */
export function addPast(
  told: ListenerContext,
  { beginNs, endedNs }: Attempt,
  past: readonly PastListener[],
): ListenerContext {
  const { listeners, elsewhere = [] } = told;
  const had = past.filter(({ sinceNs, untilNs }) => {
    return untilNs >= beginNs && (sinceNs ?? 0) <= (endedNs ?? beginNs);
  });
  const gone = new Set(
    had.map(({ address }) => address).filter((each) => !elsewhere.includes(each)),
  );
  if (listeners > 0 || gone.size === 0) return told;
  return { ...told, ended: [...gone].slice(0, 8) };
}

/** What the scans found of their queues since a moment. */
function roomOf(listeners: readonly Listener[], sinceNs: SessionNanoseconds) {
  const dropped = listeners.some(({ droppedNs }) => (droppedNs ?? -1) >= sinceNs);
  const full = listeners.some(({ fullNs }) => fullNs !== null && fullNs >= sinceNs - SCAN_NS);
  return { ...(dropped && { dropped }), ...(full && { full }) };
}

/** From what was seen alone, at no cost. */
export function seenListener(attempt: Attempt, listeners: ListenerTable): ListenerContext {
  const { netns } = attempt;
  const { port } = askedEnd(attempt);
  const told = tellListener(attempt, listeners.onPort(netns, port), null);
  return addPast(told, attempt, listeners.pastOnPort(netns, port));
}

async function askIn(place: Place, asked: Asked, own = false): Promise<void> {
  const { attempt, machine, signal, tell } = asked;
  const { port } = askedEnd(attempt);
  const bounds = { most: MOST, maxBytes: LISTENING_BYTES };
  const sockets = await socketsIn(place, listeningOn(port), signal, bounds);
  const addresses = sockets?.lines.map(({ localAddress }) => localAddress) ?? null;
  const seen = machine.listeners.onPort(place.netns, port);
  const told = tellListener(attempt, seen, addresses);
  // Somebody listens, and it was refused all the same: only then is it worth a program.
  const odd = told.listeners > 0 && attempt.outcome === 'refused';
  const traits = odd ? await traitsOn(place, port, signal) : null;
  const isOwn = own || isOwnAddress(attempt);
  const whole = traits === null ? told : tellListener(attempt, seen, addresses, traits, isOwn);
  const past = machine.listeners.pastOnPort(place.netns, port);
  tell({ ...addPast(whole, attempt, past), ...(own && { own }) });
}

export async function askListener(asked: Asked): Promise<void> {
  await askIn(asked.place, asked);
}

/**
 * For a peer whose address does not show that it is this machine: another address of the same
 * namespace, or of a container, say, that is the one other namespace which has it.
 */
export async function askPeersListener(asked: Asked): Promise<void> {
  const { attempt, place: here, machine, signal } = asked;
  const { remoteAddress, remotePort, netns, establishedNs } = attempt;
  if (await machine.namespaces.hasAddress(here, remoteAddress, signal)) {
    await askIn(here, asked, true);
    return;
  }
  const all = await machine.namespaces.withAddress(remoteAddress, netns, signal);
  // Of several, a connection that stood was answered by one in which somebody listens.
  const answers = (each: Place) => machine.listeners.has(each.netns, remotePort);
  const told = establishedNs !== null && all.length > 1;
  const [place, another] = told ? all.filter(answers) : all;
  if (place && !another) await askIn(place, asked);
}
