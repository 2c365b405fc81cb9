// The ways into the network namespaces of this machine, and which of them has an address of
// its own. Used by the questions of this folder.
import { statSync } from 'node:fs';
import type { KernelCounters } from '../capture/kernel-counters.ts';
import { LocalAddresses } from './local-addresses.ts';
import { Place } from './place.ts';
import type { Programs } from './programs.ts';

/** Between two looks at every process, at some 5 µs each. */
const DISCOVER_MS = 250;
/** Namespaces that are looked through for something that may be in any of them. */
const LOOKED_THROUGH = 32;

export class Namespaces {
  readonly #kernel: KernelCounters;
  readonly #programs: Programs;
  readonly #addresses = new LocalAddresses();
  #discoveredMs = -Number.MAX_VALUE;

  constructor(kernel: KernelCounters, programs: Programs) {
    this.#kernel = kernel;
    this.#programs = programs;
  }

  /** The cheapest way into a namespace; null when there is none. `pid`: somebody who was in it. */
  place(netns: number, pid: number | null = null): Place | null {
    const own = netns === this.#kernel.own;
    const folder = this.#folderOf(netns, pid);
    const mount = () => this.#kernel.mountOf(netns);
    if (folder === null && mount() === null) return null;
    return new Place({ netns, own, folder, mount }, this.#programs);
  }

  #folderOf(netns: number, pid: number | null): string | null {
    if (pid !== null && inodeOf(`/proc/${pid}/ns/net`) === netns) return `/proc/${pid}`;
    const known = this.#kernel.folderOf(netns);
    if (known !== null) return known;
    this.#discover();
    return this.#kernel.folderOf(netns);
  }

  #discover(): void {
    if (performance.now() - this.#discoveredMs < DISCOVER_MS) return;
    this.#kernel.discover();
    this.#discoveredMs = performance.now();
  }

  /** Synscope's own and others that can be read cheaply, without `netns`. */
  others(netns: number): Place[] {
    const known = this.#kernel.known().filter((each) => each !== netns);
    const places = known.slice(0, LOOKED_THROUGH).map((each) => this.place(each));
    return places.filter((place) => place?.cheap === true) as Place[];
  }

  /** Whether an interface of that namespace has the address; null when it cannot be told. */
  hasAddress(place: Place, address: string, signal: AbortSignal): Promise<boolean | null> {
    return this.#addresses.knows(place, address, signal);
  }

  /** Other namespaces that have this address: a container, a virtual machine's bridge. */
  async withAddress(address: string, netns: number, signal: AbortSignal): Promise<Place[]> {
    const found: Place[] = [];
    // Every namespace has these.
    if (address.startsWith('127.') || address === '::1') return found;
    this.#discover();
    for (const place of this.others(netns)) {
      if (signal.aborted) break;
      if (await this.#addresses.has(place, address, signal)) found.push(place);
    }
    return found;
  }
}

function inodeOf(path: string): number | null {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
}
