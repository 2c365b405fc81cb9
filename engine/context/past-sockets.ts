// Connections that ended with this side's close: the kernel keeps them as TIME_WAIT, or as
// FIN_WAIT2 of nobody, and has forgotten whose they were. Fed by machine-context.ts with what
// has ended in order, asked by ports.ts and collision.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import type { SocketLine } from './socket-table.ts';

/** More than the ports towards one destination; about 3 MB when full. The oldest goes first. */
const LIMIT = 32_768;
/** TCP_TIMEWAIT_LEN, and a minute of FIN_WAIT2 before it. */
const KEPT_NS = 120_000_000_000;

export interface PastSocket {
  readonly netns: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly owner: ProcessImage;
  readonly beginNs: SessionNanoseconds;
  readonly endedNs: SessionNanoseconds;
}

export class PastSockets {
  readonly #ring: PastSocket[] = [];
  #next = 0;

  add(attempt: Attempt): void {
    const { owner, endedNs, closedBy } = attempt;
    if (owner === null || endedNs === null || closedBy !== 'local') return;
    const { netns, localAddress, localPort, remoteAddress, remotePort, beginNs } = attempt;
    const ends = { localAddress, localPort, remoteAddress, remotePort };
    this.#ring[this.#next] = { netns, ...ends, owner, beginNs, endedNs };
    this.#next = (this.#next + 1) % LIMIT;
  }

  /** The newest first, as far as the kernel may still have them. */
  *#newest(): Generator<PastSocket> {
    const { length } = this.#ring;
    const newest = this.#ring[(this.#next + length - 1) % length];
    for (let back = 1; back <= length; back++) {
      const socket = this.#ring[(this.#next + length - back) % length];
      if (!socket || !newest || newest.endedNs - socket.endedNs > KEPT_NS) return;
      yield socket;
    }
  }

  find(netns: number, line: SocketLine): PastSocket | null {
    for (const socket of this.#newest()) {
      if (
        socket.localPort === line.localPort &&
        socket.remotePort === line.remotePort &&
        socket.netns === netns &&
        socket.localAddress === line.localAddress &&
        socket.remoteAddress === line.remoteAddress
      ) {
        return socket;
      }
    }
    return null;
  }

  /** Those with this remote end, newest first. */
  *towards(netns: number, address: string, port: number): Generator<PastSocket> {
    for (const socket of this.#newest()) {
      const there = socket.remotePort === port && socket.remoteAddress === address;
      if (there && socket.netns === netns) yield socket;
    }
  }
}
