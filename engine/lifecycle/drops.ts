// Packets that this machine threw away: DROP records, given to the attempt whose packet it
// was. Called by engine/lifecycle/lifecycle.ts.
import type { DropEventReader } from '../../contract/generated/events.ts';
import { localAddress, remoteAddress } from '../capture/address.ts';
import type { DropDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import { Trouble } from './trouble.ts';
import { cookieOf } from './tuple.ts';

/** Attempts that may be looked through in a second to find whose a packet was. */
const LOOKS_PER_SECOND = 2_000_000;
const NS_PER_SECOND = 1_000_000_000;

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

export class Drops {
  readonly #desk: Desk;
  readonly #names: Readonly<Record<string, string>>;
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
  #byCookie({ socket }: DropEventReader) {
    const cookie = cookieOf(socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt) return null;
    const fromPeer =
      socket.localPort === attempt.remotePort &&
      isBetween(attempt, remoteAddress(socket).text, localAddress(socket).text);
    return { attempt, way: fromPeer ? 'in' : 'out' } as const;
  }

  /** The two ends may be in two namespaces of this machine; that of the packet goes first. */
  #byTuple({ socket }: DropEventReader, timeNs: number) {
    const second = Math.floor(timeNs / NS_PER_SECOND);
    if (second !== this.#second) [this.#second, this.#looks] = [second, 0];
    const { live } = this.#desk;
    if (this.#looks + live.size > LOOKS_PER_SECOND) return null;
    this.#looks += live.size;
    const [from, to] = [localAddress(socket).text, remoteAddress(socket).text];
    const { localPort, remotePort, netns } = socket;
    let elsewhere: { attempt: Attempt; way: 'in' | 'out' } | null = null;
    for (const attempt of live.values()) {
      // The port is not known to us before connect(2) returns or the SYN is sent again.
      const chosen = attempt.localPort === localPort || attempt.localPort === 0;
      const out = chosen && attempt.remotePort === remotePort;
      const back = attempt.localPort === remotePort && attempt.remotePort === localPort;
      if (!out && !back) continue;
      const way = out && isBetween(attempt, from, to) ? 'out' : 'in';
      if (way === 'in' && !(back && isBetween(attempt, to, from))) continue;
      if (attempt.netns === netns) return { attempt, way } as const;
      elsewhere ??= { attempt, way };
    }
    return elsewhere;
  }
}

function isBetween(attempt: Attempt, local: string, remote: string): boolean {
  const own = attempt.localAddress === local || ANY.has(attempt.localAddress);
  return own && attempt.remoteAddress === remote;
}
