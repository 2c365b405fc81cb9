// Whether an old socket of this machine stands where the SYN arrives: it has the very tuple that
// the attempt has after NAT, and answers with a challenge ACK or not at all. Asked by
// conntrack.ts.
import type { Tuple } from '../diagnosis/context.ts';
import {
  CLOSE_WAIT,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  LAST_ACK,
  stateName,
  TIME_WAIT,
} from '../lifecycle/tcp-state.ts';
import { type Asked, ownedSocket, socketsIn } from './asked.ts';
import { between, type SocketLine } from './socket-table.ts';

/** States of a connection that is not the one being made. */
const OLD: ReadonlySet<number> = new Set([
  ...[ESTABLISHED, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING],
]);

/** `reply`: the answer that would come, as it leaves the socket that gives it. */
export async function askCollision(asked: Asked, reply: Tuple): Promise<void> {
  const local = { address: reply.source, port: reply.sourcePort };
  const remote = { address: reply.destination, port: reply.destinationPort };
  const searches = between(local, remote);
  const { attempt, machine, place: here, signal } = asked;
  const there = await machine.namespaces.withAddress(reply.source, attempt.netns, signal);
  for (const place of [here, ...there]) {
    const sockets = await socketsIn(place, searches, signal, { most: 8 });
    for (const socket of sockets?.lines ?? []) {
      if (OLD.has(socket.state) && tellCollision(asked, place.netns, socket)) return;
    }
  }
}

/** False for a socket that is younger than the attempt: the same port was tried again, and it went well. */
function tellCollision({ attempt, machine, tell }: Asked, netns: number, socket: SocketLine) {
  const holder = ownedSocket(machine, netns, socket, attempt);
  if (holder !== null && holder.beginNs >= attempt.beginNs) return false;
  tell({
    about: 'collision',
    local: socket.localAddress,
    localPort: socket.localPort,
    peer: socket.remoteAddress,
    peerPort: socket.remotePort,
    state: stateName(socket.state),
    pid: holder?.owner?.pid ?? null,
    comm: holder?.owner?.comm ?? null,
  });
  return true;
}
