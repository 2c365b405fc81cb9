// What a question of this folder gets: the attempt that failed, the namespace that it was made
// in, what else is known, and where to put what it finds. Made by machine-context.ts.
import type { ContextDetail } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ListenerTable } from '../lifecycle/listeners.ts';
import type { CounterHistory } from './counter-history.ts';
import type { Namespaces } from './namespaces.ts';
import type { NatChains } from './nat.ts';
import type { PastSockets } from './past-sockets.ts';
import type { Place } from './place.ts';
import { parseSocketLine, type SocketLine, type TableSearch } from './socket-table.ts';
import type { SysctlReader } from './sysctls.ts';

/** The machine, and what was seen of it. */
export interface Machine {
  readonly namespaces: Namespaces;
  readonly sysctls: SysctlReader;
  readonly counters: CounterHistory;
  readonly nat: NatChains;
  readonly listeners: ListenerTable;
  readonly past: PastSockets;
  /** Those whose sockets still exist. */
  attempts(): Iterable<Attempt>;
}

export interface Asked {
  readonly attempt: Attempt;
  /** Of the attempt's network namespace. */
  readonly place: Place;
  readonly machine: Machine;
  /** Aborts when it has taken too long. */
  readonly signal: AbortSignal;
  tell(detail: ContextDetail): void;
}

export type Question = (asked: Asked) => Promise<void>;

export interface Sockets {
  readonly lines: readonly SocketLine[];
  readonly whole: boolean;
}

/** Sockets of a namespace, TIME_WAIT included; null when its tables cannot be read. */
export async function socketsIn(
  place: Place,
  searches: readonly TableSearch[],
  signal: AbortSignal,
  bounds: { readonly most: number; readonly maxBytes?: number },
): Promise<Sockets | null> {
  const lines: SocketLine[] = [];
  let whole = true;
  for (const { file, needles } of searches) {
    const found = await place.search(file, { needles, ...bounds }, signal);
    // Without IPv6 there is no tcp6.
    if (found === null && file === 'tcp') return null;
    whole &&= found?.whole ?? true;
    for (const line of found?.lines ?? []) {
      const socket = parseSocketLine(line);
      if (socket !== null) lines.push(socket);
    }
  }
  return { lines, whole };
}

/** Whose a socket is, or was, as far as it was seen; not `except`. */
export function ownedSocket(
  machine: Machine,
  netns: number,
  socket: SocketLine,
  except: Attempt,
): Pick<Attempt, 'owner' | 'beginNs'> | null {
  for (const attempt of machine.attempts()) {
    if (
      attempt.localPort === socket.localPort &&
      attempt.remotePort === socket.remotePort &&
      attempt.netns === netns &&
      attempt.localAddress === socket.localAddress &&
      attempt.remoteAddress === socket.remoteAddress &&
      attempt !== except
    ) {
      return attempt;
    }
  }
  return machine.past.find(netns, socket);
}
