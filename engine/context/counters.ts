// What the kernel counted while an attempt lasted: in its namespace, and in that of its peer when
// that is on this machine, since a full backlog is counted where it is full. Asked by questions.ts.
import { isOwnAddress } from '../diagnosis/facts.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Asked, Machine } from './asked.ts';

/** By then the SYN-ACK has been sent again four times: no longer time is usual for TCP_DEFER_ACCEPT. */
const HANDSHAKE_NS = 16_000_000_000;

export async function askCounters({ attempt, machine, signal, tell }: Asked): Promise<void> {
  const { netns, remoteAddress, beginNs } = attempt;
  const peers = isOwnAddress(attempt)
    ? []
    : await machine.namespaces.withAddress(remoteAddress, netns, signal);
  const all = [netns, ...peers.map((place) => place.netns)];
  const sum: Record<string, number> = {};
  let known = false;
  for (const each of all) {
    const rose = machine.counters.rise(each, beginNs);
    known ||= rose !== null;
    for (const [name, by] of Object.entries(rose ?? {})) sum[name] = (sum[name] ?? 0) + by;
  }
  const deferred = deferredBefore(attempt, machine);
  if (known || deferred > 0) {
    tell({ about: 'counters', rose: sum, ...(deferred > 0 && { deferred }) });
  }
}

/**
 * ACKs of handshakes that TCP_DEFER_ACCEPT left for later. An accepted attempt of which the
 * SYN-ACK was sent again begins with that for us: its first ACK came before.
 */
function deferredBefore({ direction, netns, beginNs, trouble }: Attempt, machine: Machine): number {
  if (direction !== 'accepted' || (trouble?.handshakeResent ?? 0) === 0) return 0;
  return machine.counters.rise(netns, beginNs - HANDSHAKE_NS)?.['TCPDeferAcceptDrop'] ?? 0;
}
