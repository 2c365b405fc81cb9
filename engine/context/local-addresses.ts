// Whether an address is a network namespace's own: from /proc/net/fib_trie (IPv4) and if_inet6.
// Used by namespaces.ts.
import { parseAddress } from '../../contract/filter/address.ts';
import type { Place } from './place.ts';

/** The local table as a trie: a leaf, then what is known of it, each on a line. */
export function isLocalInTrie(fibTrie: string, address: string): boolean {
  const leaf = fibTrie.indexOf(`|-- ${address}\n`);
  for (let at = leaf; at >= 0; at = fibTrie.indexOf(`|-- ${address}\n`, at + 1)) {
    const next = fibTrie.indexOf('--', at + 4);
    const about = fibTrie.slice(at, next < 0 ? undefined : next);
    if (about.includes('/32 host LOCAL')) return true;
  }
  return false;
}

/** A line for each address: 32 hexadecimal digits, then interface, length, scope, flags, name. */
export function isInInet6(ifInet6: string, address: string): boolean {
  const bytes = parseAddress(address);
  const hex = bytes?.map((byte) => byte.toString(16).padStart(2, '0')).join('') ?? '?';
  return ifInet6.split('\n').some((line) => line.startsWith(`${hex} `));
}

/** Tables are good for this long; failures come in bursts. */
const FRESH_MS = 1000;
const TABLES = 128;

interface Table {
  readonly atMs: number;
  readonly text: Promise<string | null>;
}

export class LocalAddresses {
  readonly #tables = new Map<string, Table>();

  /** False too when the table is not to be had, or is a router's of many thousand routes. */
  async has(place: Place, address: string, signal: AbortSignal): Promise<boolean> {
    return (await this.knows(place, address, signal)) === true;
  }

  /** The same; null when it cannot be told. */
  async knows(place: Place, address: string, signal: AbortSignal): Promise<boolean | null> {
    const six = address.includes(':');
    const text = await this.#table(place, six ? 'if_inet6' : 'fib_trie', signal);
    if (text === null) return null;
    return six ? isInInet6(text, address) : isLocalInTrie(text, address);
  }

  #table(place: Place, file: string, signal: AbortSignal): Promise<string | null> {
    const key = `${place.netns} ${file}`;
    const known = this.#tables.get(key);
    const nowMs = performance.now();
    if (known && nowMs - known.atMs < FRESH_MS) return known.text;
    if (this.#tables.size >= TABLES) this.#tables.clear();
    const text = place.text(file, signal);
    this.#tables.set(key, { atMs: nowMs, text });
    return text;
  }
}
