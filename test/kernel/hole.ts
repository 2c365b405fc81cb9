// Silence that begins in the middle of a connection, and that nothing on this machine accounts
// for: packets are routed into a device whose reader forgets them. A firewall rule in the lab
// would be seen, and named as the cause.
import { existsSync } from 'node:fs';
import { tunnelIn } from './failures/tunnel.ts';
import type { Namespace } from './lab.ts';

/** Why there can be no such device here; null when there can. */
export function whyNoHole(): string | null {
  return existsSync('/dev/net/tun') ? null : 'skipped: this kernel has no tun devices';
}

/** Where packets vanish; made once for a namespace. */
export class Hole {
  readonly #space: Namespace;

  private constructor(space: Namespace) {
    this.#space = space;
  }

  /** Makes the device; nothing goes there yet. Throws `Unavailable` without tun devices. */
  static async in(space: Namespace): Promise<Hole> {
    await tunnelIn(space, 'return None', ['link set far up']);
    return new Hole(space);
  }

  /** From now on whatever goes to this address vanishes. */
  swallow(address: string): void {
    this.#space.ip('route', 'replace', address, 'dev', 'far');
  }

  /** Packets arrive again. */
  release(address: string): void {
    this.#space.ip('route', 'del', address, 'dev', 'far');
  }
}
