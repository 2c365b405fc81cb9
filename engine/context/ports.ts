// Local ports in use towards one destination, and by whom. Asked by questions.ts when none was
// free (EADDRNOTAVAIL).
import type { PortsContext } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import { TIME_WAIT } from '../lifecycle/tcp-state.ts';
import { type Asked, socketsIn } from './asked.ts';
import { type SocketLine, towards } from './socket-table.ts';

/** There are no more ports than this. */
const MOST = 65_536;
const HOLDERS = 5;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** ip_local_port_range: `32768	60999`; null when it is something else. */
export function parsePortRange(text: string): PortRange | null {
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(text) ?? [];
  return first === undefined || last === undefined
    ? null
    : { first: Number(first), last: Number(last) };
}

/** An attempt that lives, or a socket that the kernel alone still has. */
type Seen = Pick<Attempt, 'netns' | 'localPort' | 'remoteAddress' | 'remotePort' | 'owner'>;

function isTowards(attempt: Attempt, each: { remoteAddress: string; remotePort: number }): boolean {
  return each.remotePort === attempt.remotePort && each.remoteAddress === attempt.remoteAddress;
}

/** Who has which local port towards the destination, as far as it was seen; the first one named of a port has it. */
function ownersTowards(attempt: Attempt, seen: Iterable<Seen>): Map<number, ProcessImage> {
  const owners = new Map<number, ProcessImage>();
  for (const each of seen) {
    if (each.owner === null || each.netns !== attempt.netns || !isTowards(attempt, each)) continue;
    if (!owners.has(each.localPort)) owners.set(each.localPort, each.owner);
  }
  return owners;
}

/** `sockets`: lines of the kernel's table, others among them. */
export function tellPorts(
  attempt: Attempt,
  range: PortRange,
  sockets: readonly SocketLine[],
  seen: Iterable<Seen>,
): PortsContext {
  const used = new Map<number, SocketLine>();
  for (const socket of sockets) {
    const { localPort } = socket;
    const inRange = localPort >= range.first && localPort <= range.last;
    if (inRange && isTowards(attempt, socket)) used.set(localPort, socket);
  }
  const owners = ownersTowards(attempt, seen);
  const counts = new Map<ProcessImage, number>();
  for (const port of used.keys()) {
    const owner = owners.get(port);
    if (owner) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  const holders = [...counts].sort(([, a], [, b]) => b - a).slice(0, HOLDERS);
  return {
    about: 'ports',
    ...range,
    used: used.size,
    timeWait: [...used.values()].filter(({ state }) => state === TIME_WAIT).length,
    holders: holders.map(([{ comm, pid }, count]) => ({ comm, pid, count })),
  };
}

export async function askPorts({ attempt, place, machine, signal, tell }: Asked): Promise<void> {
  const { remoteAddress, remotePort } = attempt;
  const values = await machine.sysctls.of(place, signal);
  const range = parsePortRange(values?.get('ipv4/ip_local_port_range') ?? '');
  if (range === null || remotePort === 0) return;
  const searches = towards(remoteAddress, remotePort);
  const sockets = await socketsIn(place, searches, signal, { most: MOST });
  // Half a table would be told as half the ports.
  if (!sockets?.whole) return;
  const past = machine.past.towards(attempt.netns, remoteAddress, remotePort);
  tell(tellPorts(attempt, range, sockets.lines, [...machine.attempts(), ...past]));
}
