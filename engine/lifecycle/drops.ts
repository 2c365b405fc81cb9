// Packets that this machine threw away: DROP records, given to the attempt whose packet it
// was. Called by engine/lifecycle/lifecycle.ts.
import type { DropEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { localAddress, remoteAddress } from '../capture/address.ts';
import type { DropDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import { SYN_SENT } from './tcp-state.ts';
import { Trouble } from './trouble.ts';
import { cookieOf } from './tuple.ts';

/** Attempts that may be looked through in a second to find whose a packet was. */
const LOOKS_PER_SECOND = 2_000_000;
const NS_PER_SECOND = 1_000_000_000;
/**
 * The kernel sends the first SYN microseconds after SYN_SENT (tcp_v4_connect), and it is on its way
 * through the namespaces of this machine at once, unless softirqs or the neighbour are late.
 */
const FIRST_SYN_NS = 50_000_000;

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

const FLAGS = [
  [2, 'SYN'],
  [16, 'ACK'],
  [1, 'FIN'],
  [4, 'RST'],
  [8, 'PSH'],
] as const;

/** `SYN`, `SYN ACK`, `FIN ACK`: the order in which people say them. */
export function flagNames(bits: number): string {
  return FLAGS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}

interface Found {
  readonly attempt: Attempt;
  readonly way: 'in' | 'out';
}

export class Drops {
  readonly #desk: Desk;
  readonly #names: Readonly<Record<string, string>>;
  /** Ports of attempts that do not know theirs yet, by the first SYN that was thrown away. */
  readonly #ports = new WeakMap<Attempt, number>();
  #second = 0;
  #looks = 0;

  /** `names`: enum skb_drop_reason of the running kernel, by value. */
  constructor(desk: Desk, names: Readonly<Record<string, string>>) {
    this.#desk = desk;
    this.#names = names;
  }

  take(event: DropEventReader): void {
    const timeNs = this.#desk.clock.at(event.header);
    const found = this.#byCookie(event) ?? this.#byTuple(event, timeNs);
    if (!found) return;
    const { attempt, way } = found;
    const detail: DropDetail = {
      reason: this.#names[event.reason] ?? String(event.reason),
      way,
      flags: flagNames(event.tcpFlags),
      ...(event.socket.netns !== attempt.netns && { netns: event.socket.netns }),
    };
    attempt.trouble ??= new Trouble();
    const stack = this.#desk.stacks.row(event.kernelStackId);
    this.#desk.journal.event(attempt, timeNs, 'drop', detail, 0, stack);
    if (attempt.establishedNs !== null) this.#desk.troubled(attempt);
  }

  /** A packet that comes in has a socket, too, once the kernel has looked it up early. */
  #byCookie({ socket }: DropEventReader): Found | null {
    const cookie = cookieOf(socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt) return null;
    const fromPeer =
      socket.localPort === attempt.remotePort &&
      isBetween(attempt, remoteAddress(socket).text, localAddress(socket).text);
    return { attempt, way: fromPeer ? 'in' : 'out' };
  }

  /** The two ends may be in two namespaces of this machine; that of the packet goes first. */
  #byTuple({ socket }: DropEventReader, timeNs: number): Found | null {
    const second = Math.floor(timeNs / NS_PER_SECOND);
    if (second !== this.#second) [this.#second, this.#looks] = [second, 0];
    const { live } = this.#desk;
    if (this.#looks + live.size > LOOKS_PER_SECOND) return null;
    this.#looks += live.size;
    const [from, to] = [localAddress(socket).text, remoteAddress(socket).text];
    const { localPort, remotePort, netns } = socket;
    let elsewhere: Found | null = null;
    let portless: Attempt | null = null;
    let several = false;
    for (const attempt of live.values()) {
      const port = attempt.localPort || this.#ports.get(attempt) || 0;
      if (port === 0) {
        const fits = attempt.remotePort === remotePort && isBetween(attempt, from, to);
        if (!fits || !justBegan(attempt, timeNs)) continue;
        several ||= portless !== null;
        portless = attempt;
        continue;
      }
      const out = port === localPort && attempt.remotePort === remotePort;
      const back = port === remotePort && attempt.remotePort === localPort;
      if (!out && !back) continue;
      const way = out && isBetween(attempt, from, to) ? 'out' : 'in';
      if (way === 'in' && !(back && isBetween(attempt, to, from))) continue;
      if (attempt.netns === netns) return { attempt, way };
      elsewhere ??= { attempt, way };
    }
    if (elsewhere) return elsewhere;
    if (portless === null || several) return null;
    this.#ports.set(portless, localPort);
    return { attempt: portless, way: 'out' };
  }
}

/**
 * Its first SYN may be under way. The port is not known to us before connect(2) returns or the
 * SYN is sent again, which tells it.
 */
function justBegan({ state, startedNs }: Attempt, timeNs: SessionNanoseconds): boolean {
  if (state !== SYN_SENT || startedNs === null) return false;
  return startedNs <= timeNs && timeNs - startedNs <= FIRST_SYN_NS;
}

function isBetween(attempt: Attempt, local: string, remote: string): boolean {
  const own = attempt.localAddress === local || ANY.has(attempt.localAddress);
  return own && attempt.remoteAddress === remote;
}
