// Who has the address that bind(2), listen(2) or connect(2) was refused (EADDRINUSE). A socket
// that is bound and does nothing else is in no table. Asked by questions.ts.
import type { HolderContext } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Listener } from '../lifecycle/listeners.ts';
import { LISTEN, stateName } from '../lifecycle/tcp-state.ts';
import { type Asked, ownedSocket, socketsIn } from './asked.ts';
import { onPort, type SocketLine } from './socket-table.ts';

const MOST = 4096;
const WILDCARDS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** A connection needs all four to itself, anything else the local end. */
function conflicts(attempt: Attempt, held: SocketLine): boolean {
  const { localAddress, remoteAddress } = attempt;
  if (held.localPort !== attempt.localPort) return false;
  if (attempt.remotePort !== 0) {
    return held.remotePort === attempt.remotePort && held.remoteAddress === remoteAddress;
  }
  const any = WILDCARDS.has(localAddress) || WILDCARDS.has(held.localAddress);
  return any || localAddress === held.localAddress;
}

/** The one that most likely stands in the way: who listens, else any other; of the seen ones the owner is known. */
export function tellHolder(
  attempt: Attempt,
  sockets: readonly SocketLine[],
  listeners: readonly Listener[],
  ownerOf: (socket: SocketLine) => Pick<Attempt, 'owner'> | null,
): HolderContext | null {
  const held = sockets.filter((socket) => conflicts(attempt, socket));
  const socket = held.find(({ state }) => state === LISTEN) ?? held[0];
  if (socket === undefined) return null;
  const { localAddress: address, state } = socket;
  const listener = listeners.find((each) => each.address === address && each.owner !== null);
  const owner = state === LISTEN ? listener?.owner : ownerOf(socket)?.owner;
  return {
    about: 'holder',
    address,
    port: socket.localPort,
    state: stateName(state),
    pid: owner?.pid ?? null,
    comm: owner?.comm ?? null,
  };
}

export async function askHolder({ attempt, place, machine, signal, tell }: Asked): Promise<void> {
  const { netns, localPort } = attempt;
  if (localPort === 0) return;
  const sockets = await socketsIn(place, onPort(localPort), signal, { most: MOST });
  const listeners = machine.listeners.onPort(netns, localPort);
  const ownerOf = (socket: SocketLine) => ownedSocket(machine, netns, socket, attempt);
  const holder = tellHolder(attempt, sockets?.lines ?? [], listeners, ownerOf);
  if (holder) tell(holder);
}
