// Sockets that listen, and who owns them: the owner of an accepted connection until
// accept(2) tells, and the direction of connections older than the capture. Fed by
// CLOSE→LISTEN and by the scans; bounded by the machine's own listening sockets.
import type { ListenerEventReader, SocketIdentReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { localAddress } from '../capture/address.ts';
import type { Cookie } from './attempt.ts';
import type { ProcessImage } from './processes.ts';
import { cookieOf } from './tuple.ts';

export interface Listener {
  readonly cookie: Cookie;
  readonly key: number;
  readonly netns: number;
  readonly address: string;
  owner: ProcessImage | null;
  /** When it began to listen; null when that was not seen. */
  readonly sinceNs: SessionNanoseconds | null;
  /** SYNs and last ACKs that it had thrown away by the last scan; null = not told yet. */
  drops: number | null;
  /** When a scan last found that it had thrown away more; null = none did. */
  droppedNs: SessionNanoseconds | null;
  /** When a scan last found its accept queue full; null = none did. */
  fullNs: SessionNanoseconds | null;
  /** When it last answered a SYN by a cookie; null = it did not, as far as was told. */
  cookieNs: SessionNanoseconds | null;
}

/** One that listens no more. */
export interface PastListener {
  readonly key: number;
  readonly address: string;
  readonly sinceNs: SessionNanoseconds | null;
  readonly untilNs: SessionNanoseconds;
}

/** Those that have ended last: a failure is asked about within seconds. */
const PAST = 256;

/** Most of them are gone within a moment. */
const SHUT_DOWN = 4096;

/** A listener that has no room, as a scan found it. */
export interface Pressure {
  readonly listener: Listener;
  readonly port: number;
  /** Thrown away since the scan before, or since the capture began. */
  readonly dropped: number;
  /**
   * The queue that was found full, now or a moment ago, or that the counters of its network
   * namespace tell of. `sk_drops` alone does not: an ACK that TCP_DEFER_ACCEPT does not take
   * counts, too (tcp_check_req, tcp_v4_rcv).
   */
  readonly full: 'accept' | 'syn' | null;
  /** It began to answer by cookies, or does so again. */
  readonly cookies: boolean;
  readonly acceptQueue: number;
  readonly acceptQueueMost: number;
  readonly synQueue: number;
}

/** Scans come once a second: the queue may have been emptied since the last one. */
const JUST_FULL_NS = 1_500_000_000;

/** The kernel's stamp is in jiffies, and ours is taken a moment later. */
const SAME_COOKIE_NS = 500_000_000;

/**
 * Which queue was full since a moment, as the kernel counts for a whole network namespace, if that
 * explains what a listener of it threw away; null = none.
 */
export type FilledQueue = (
  netns: number,
  sinceNs: SessionNanoseconds,
  dropped: number,
) => 'accept' | 'syn' | null;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function keyOf(netns: number, port: number): number {
  return netns * 65_536 + port;
}

export class ListenerTable {
  readonly #byCookie = new Map<Cookie, Listener>();
  readonly #byPort = new Map<number, Listener[]>();
  /** Listen no more, and still exist; the oldest is forgotten first. */
  readonly #shutDown = new Set<Cookie>();
  /** In the order of their ends. */
  readonly #past: PastListener[] = [];
  /** Gets a listener that threw something away, or sent cookies, since it was looked at last. */
  onPressure: (pressure: Pressure) => void = () => {};
  /** Asked about a listener that threw something away, and has room when it is looked at. */
  filledQueue: FilledQueue = () => null;
  /** When the last scan was over. */
  #scannedNs: SessionNanoseconds = 0;

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
    const { netns } = socket;
    const drops = sinceNs === null ? null : 0;
    const told = { drops, droppedNs: null, fullNs: null, cookieNs: null };
    const listener: Listener = { cookie, key, netns, address, owner, sinceNs, ...told };
    this.#byCookie.set(cookie, listener);
    const others = this.#byPort.get(key);
    if (others) others.push(listener);
    else this.#byPort.set(key, [listener]);
  }

  /** It left LISTEN: shutdown(2), or its end begins. */
  leaves(cookie: Cookie, timeNs: SessionNanoseconds): void {
    const listener = this.#byCookie.get(cookie);
    if (listener) {
      this.#shutDown.add(cookie);
      const { key, address, sinceNs } = listener;
      this.#past.push({ key, address, sinceNs, untilNs: timeNs });
      if (this.#past.length > PAST) this.#past.shift();
    }
    const [oldest] = this.#shutDown;
    if (this.#shutDown.size > SHUT_DOWN && oldest !== undefined) this.#shutDown.delete(oldest);
    this.#forget(cookie);
  }

  /** Whether this socket is a listener that was shut down. */
  wasShutDown(cookie: Cookie): boolean {
    return this.#shutDown.has(cookie);
  }

  /** Its queues as a scan found them. What it did before the capture counts as known. */
  pressed(event: ListenerEventReader, timeNs: SessionNanoseconds): void {
    const cookie = cookieOf(event.socket);
    const listener = cookie === null ? undefined : this.#byCookie.get(cookie);
    if (!listener) return;
    const { drops, synCookieMs, acceptQueue, acceptQueueMost, synQueue } = event;
    const dropped = listener.drops === null ? 0 : Math.max(0, drops - listener.drops);
    listener.drops = drops;
    if (dropped > 0) listener.droppedNs = timeNs;
    // As sk_acceptq_is_full() has it.
    if (acceptQueue > acceptQueueMost) listener.fullNs = timeNs;
    const cookieNs = synCookieMs === 0 ? null : timeNs - (synCookieMs - 1) * 1_000_000;
    const cookies = cookieNs !== null && cookieNs > (listener.cookieNs ?? 0) + SAME_COOKIE_NS;
    if (cookieNs !== null) listener.cookieNs = cookieNs;
    const found = fullQueueOf(listener, event, timeNs);
    const counted = () => this.filledQueue(listener.netns, this.#scannedNs, dropped);
    const full = found ?? (dropped > 0 ? counted() : null);
    if ((dropped === 0 || full === null) && !cookies) return;
    const port = event.socket.localPort;
    const queues = { full, acceptQueue, acceptQueueMost, synQueue };
    this.onPressure({ listener, port, dropped, cookies, ...queues });
  }

  /** A scan is over: those of which it told no drops have had none so far. */
  scanned(timeNs: SessionNanoseconds): void {
    this.#scannedNs = timeNs;
    for (const listener of this.#byCookie.values()) listener.drops ??= 0;
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

  /** Those of the last that listened on this port, and do no more. */
  pastOnPort(netns: number, port: number): readonly PastListener[] {
    const key = keyOf(netns, port);
    return this.#past.filter((listener) => listener.key === key);
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

function fullQueueOf(
  { fullNs }: Listener,
  { synQueue, acceptQueueMost }: ListenerEventReader,
  timeNs: SessionNanoseconds,
): Pressure['full'] {
  if (fullNs !== null && timeNs - fullNs < JUST_FULL_NS) return 'accept';
  return isSynQueueFull({ synQueue, acceptQueueMost }) ? 'syn' : null;
}

/** As inet_csk_reqsk_queue_is_full() has it. */
export function isSynQueueFull(queues: Pick<Pressure, 'synQueue' | 'acceptQueueMost'>): boolean {
  return queues.synQueue >= Math.max(queues.acceptQueueMost, 1);
}
