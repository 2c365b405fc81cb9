// Who listens at the address that was asked: what was seen of listeners says whose they are, the
// kernel's own table whether that is all. Asked by questions.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { ListenerContext } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Listener, ListenerTable } from '../lifecycle/listeners.ts';
import { type Asked, socketsIn } from './asked.ts';
import type { Place } from './place.ts';
import { listeningOn } from './socket-table.ts';

/** Some 1,500 listening sockets, which come first. */
const LISTENING_BYTES = 1 << 18;
const MOST = 256;
/** Scans come once a second (engine/workers/capture-run.ts): what one found held until about the next. */
const SCAN_NS = 1_500_000_000;

/** A listener on 0.0.0.0 answers IPv4 only; one on :: answers both, unless it is IPV6_V6ONLY, which nobody tells. */
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

/** `addresses`: where somebody listens on the port, by the kernel's table; null = not to be had. */
export function tellListener(
  attempt: Attempt,
  seen: readonly Listener[],
  addresses: readonly string[] | null,
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
  const here = all.filter((address) => answersAt(address, asked));
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
  };
}

/** What the scans found of their queues since a moment. */
function roomOf(listeners: readonly Listener[], sinceNs: SessionNanoseconds) {
  const dropped = listeners.some(({ droppedNs }) => (droppedNs ?? -1) >= sinceNs);
  const full = listeners.some(({ fullNs }) => fullNs !== null && fullNs >= sinceNs - SCAN_NS);
  return { ...(dropped && { dropped }), ...(full && { full }) };
}

/** From what was seen alone, at no cost. */
export function seenListener(attempt: Attempt, listeners: ListenerTable): ListenerContext {
  return tellListener(attempt, listeners.onPort(attempt.netns, askedEnd(attempt).port), null);
}

async function askIn(place: Place, { attempt, machine, signal, tell }: Asked): Promise<void> {
  const { port } = askedEnd(attempt);
  const bounds = { most: MOST, maxBytes: LISTENING_BYTES };
  const sockets = await socketsIn(place, listeningOn(port), signal, bounds);
  const addresses = sockets?.lines.map(({ localAddress }) => localAddress) ?? null;
  tell(tellListener(attempt, machine.listeners.onPort(place.netns, port), addresses));
}

export async function askListener(asked: Asked): Promise<void> {
  await askIn(asked.place, asked);
}

/** For a peer that is a container of this machine, say: in the one other namespace that has the address. */
export async function askPeersListener(asked: Asked): Promise<void> {
  const { attempt, machine, signal } = asked;
  const { remoteAddress, remotePort, netns, establishedNs } = attempt;
  const all = await machine.namespaces.withAddress(remoteAddress, netns, signal);
  // Of several, a connection that stood was answered by one in which somebody listens.
  const answers = (each: Place) => machine.listeners.has(each.netns, remotePort);
  const told = establishedNs !== null && all.length > 1;
  const [place, another] = told ? all.filter(answers) : all;
  if (place && !another) await askIn(place, asked);
}
