// Peers that were answered with SYN-ACK more than once and have not completed the
// handshake. The kernel has no socket for them yet, so they are known by tuple. Used by
// engine/lifecycle/lifecycle.ts; bounded by the kernel's own SYN queues.
import type { SocketIdentReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { localAddress, remoteAddress } from '../capture/address.ts';
import type { Attempt } from './attempt.ts';

/** With the kernel's default of 5 SYN-ACK retries the last one is waited for 32 s; twice that is past any doubt. */
export const HALF_OPEN_NS = 65_000_000_000;

interface HalfOpen {
  readonly attempt: Attempt;
  lastNs: SessionNanoseconds;
}

function tupleKey(socket: SocketIdentReader): string {
  const local = localAddress(socket).text;
  const remote = remoteAddress(socket).text;
  return `${socket.netns} ${local} ${socket.localPort} ${remote} ${socket.remotePort}`;
}

export class HalfOpenTable {
  readonly #byTuple = new Map<string, HalfOpen>();

  /** The attempt of this tuple, made by `begin` at its first SYN-ACK retransmission. */
  retransmitted(
    socket: SocketIdentReader,
    timeNs: SessionNanoseconds,
    begin: () => Attempt,
  ): Attempt {
    const key = tupleKey(socket);
    const known = this.#byTuple.get(key);
    const attempt = known?.attempt ?? begin();
    // Inserted again, so that the table stays in the order of the last retransmission.
    this.#byTuple.delete(key);
    this.#byTuple.set(key, { attempt, lastNs: timeNs });
    return attempt;
  }

  /** The attempt that this accepted socket completes, taken out; null when there is none. */
  completedBy(socket: SocketIdentReader): Attempt | null {
    if (this.#byTuple.size === 0) return null;
    const key = tupleKey(socket);
    const known = this.#byTuple.get(key);
    this.#byTuple.delete(key);
    return known?.attempt ?? null;
  }

  /** Takes out those that nobody completed. */
  expired(nowNs: SessionNanoseconds): Attempt[] {
    const out: Attempt[] = [];
    for (const [key, { attempt, lastNs }] of this.#byTuple) {
      if (lastNs + HALF_OPEN_NS > nowNs) break;
      this.#byTuple.delete(key);
      out.push(attempt);
    }
    return out;
  }

  attempts(): Attempt[] {
    return [...this.#byTuple.values()].map(({ attempt }) => attempt);
  }
}
