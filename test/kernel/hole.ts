// Silence that nothing on this machine accounts for: packets are routed into a device whose
// reader forgets them. A firewall rule in the lab would be seen, and named as the cause.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './lab.ts';

const script = fileURLToPath(new URL('../programs/hole.py', import.meta.url));

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

  /** Makes the device; nothing goes there yet. */
  static async in(space: Namespace): Promise<Hole> {
    const reader = space.run('/usr/bin/python3', [script]);
    await reader.until('the hole', () => reader.stdout.includes('open') || undefined);
    space.ip('link', 'set', 'hole', 'up');
    return new Hole(space);
  }

  /** From now on whatever goes to this address vanishes. */
  swallow(address: string): void {
    this.#space.ip('route', 'replace', address, 'dev', 'hole');
  }

  /** Packets arrive again. */
  release(address: string): void {
    this.#space.ip('route', 'del', address, 'dev', 'hole');
  }
}
