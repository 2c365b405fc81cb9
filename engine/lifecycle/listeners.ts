// Sockets that listen, and who owns them: the owner of an accepted connection until
// accept(2) tells, and the direction of connections older than the capture. Fed by
// CLOSE→LISTEN and by the scans; bounded by the machine's own listening sockets.
import type { SocketIdentReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { localAddress } from '../capture/address.ts';
import type { Cookie } from './attempt.ts';
import type { ProcessImage } from './processes.ts';

export interface Listener {
  readonly cookie: Cookie;
  readonly key: number;
  readonly address: string;
  owner: ProcessImage | null;
  /** When it began to listen; null when that was not seen. */
  readonly sinceNs: SessionNanoseconds | null;
}

/** Most of them are gone within a moment. */
const SHUT_DOWN = 4096;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function keyOf(netns: number, port: number): number {
  return netns * 65_536 + port;
}

export class ListenerTable {
  readonly #byCookie = new Map<Cookie, Listener>();
  readonly #byPort = new Map<number, Listener[]>();
  /** Listen no more, and still exist; the oldest is forgotten first. */
  readonly #shutDown = new Set<Cookie>();

  add(
    cookie: Cookie,
    socket: SocketIdentReader,
    owner: ProcessImage | null,
    sinceNs: SessionNanoseconds | null,
  ): void {
    const known = this.#byCookie.get(cookie);
    const key = keyOf(socket.netns, socket.localPort);
    if (known?.key === key) {
      known.owner ??= owner;
      return;
    }
    this.remove(cookie);
    const address = localAddress(socket).text;
    const listener: Listener = { cookie, key, address, owner, sinceNs };
    this.#byCookie.set(cookie, listener);
    const others = this.#byPort.get(key);
    if (others) others.push(listener);
    else this.#byPort.set(key, [listener]);
  }

  /** It left LISTEN: shutdown(2), or its end begins. */
  leaves(cookie: Cookie): void {
    if (this.#byCookie.has(cookie)) this.#shutDown.add(cookie);
    const [oldest] = this.#shutDown;
    if (this.#shutDown.size > SHUT_DOWN && oldest !== undefined) this.#shutDown.delete(oldest);
    this.#forget(cookie);
  }

  /** Whether this socket is a listener that was shut down. */
  wasShutDown(cookie: Cookie): boolean {
    return this.#shutDown.has(cookie);
  }

  /** The socket is gone. */
  remove(cookie: Cookie): void {
    this.#shutDown.delete(cookie);
    this.#forget(cookie);
  }

  #forget(cookie: Cookie): void {
    const listener = this.#byCookie.get(cookie);
    if (!listener) return;
    this.#byCookie.delete(cookie);
    const left = (this.#byPort.get(listener.key) ?? []).filter((other) => other !== listener);
    if (left.length > 0) this.#byPort.set(listener.key, left);
    else this.#byPort.delete(listener.key);
  }

  has(netns: number, port: number): boolean {
    return this.#byPort.has(keyOf(netns, port));
  }

  /** Everyone who listens on this port, on whichever address. */
  onPort(netns: number, port: number): readonly Listener[] {
    return this.#byPort.get(keyOf(netns, port)) ?? [];
  }

  /** The owner of the listener that answers at this address; null when there is none, or several (SO_REUSEPORT) with different owners. */
  ownerAt(netns: number, address: string, port: number): ProcessImage | null {
    const all = this.#byPort.get(keyOf(netns, port));
    if (!all) return null;
    const exact = all.filter((listener) => listener.address === address);
    const candidates =
      exact.length > 0 ? exact : all.filter((listener) => WILDCARDS.has(listener.address));
    const owner = candidates[0]?.owner ?? null;
    return candidates.every((listener) => listener.owner === owner) ? owner : null;
  }
}
