// Whether NAT may lead the connections of a network namespace elsewhere. An attempt that was
// refused leaves no tracking entry: where a RST is the only answer, the kernel deletes it at once
// (nf_conntrack_tcp_packet). So the chains are asked for that could have done it. Asked by
// questions.ts.
import { readFile } from 'node:fs/promises';
import type { Asked } from './asked.ts';
import type { Place } from './place.ts';

/** Rules seldom change, and refusals come in bursts. */
const FRESH_MS = 2000;
const NAMESPACES = 64;

/** What a socket sends passes these only; the answer to the first packet stands for all others (nf_nat_inet_fn). */
export function hasNatChain(chains: string): boolean {
  return /\btype nat hook output\b/.test(chains);
}

/** Rules of iptables-save for what a socket sends, also where a chain of its own is jumped to. */
function hasNatRule(rules: string): boolean {
  return /^-A OUTPUT .*-j /m.test(rules);
}

async function isAsked(place: Place, signal: AbortSignal): Promise<boolean> {
  const tables = await place.text('ip_tables_names', signal);
  const tables6 = await place.text('ip6_tables_names', signal);
  // Of the older iptables, which `nft` does not show.
  if (/^nat$/m.test(`${tables ?? ''}\n${tables6 ?? ''}`)) return true;
  const chains = await place.run('nft', ['list', 'chains'], signal);
  if (chains?.code === 0) return hasNatChain(chains.text);
  const rules = await place.run('iptables-save', ['-t', 'nat'], signal);
  if (rules?.code === 0) return hasNatRule(rules.text);
  // Neither program is there: at least whether the kernel could.
  const modules = await readFile('/proc/modules', 'latin1').catch(() => '');
  return /^nf_nat /m.test(modules);
}

interface Reading {
  readonly atMs: number;
  readonly answer: Promise<boolean>;
}

export class NatChains {
  readonly #readings = new Map<number, Reading>();
  readonly #found = new Set<number>();

  /** Whether there is NAT for what the sockets of a namespace send. */
  async in(place: Place, signal: AbortSignal): Promise<boolean> {
    const { netns } = place;
    const known = this.#readings.get(netns);
    if (known && performance.now() - known.atMs < FRESH_MS) return await known.answer;
    const answer = isAsked(place, signal);
    this.#readings.delete(netns);
    this.#readings.set(netns, { atMs: performance.now(), answer });
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > NAMESPACES && oldest !== undefined) {
      this.#readings.delete(oldest);
      this.#found.delete(oldest);
    }
    const found = await answer;
    if (found) this.#found.add(netns);
    else this.#found.delete(netns);
    // Another try may be in time.
    if (signal.aborted) this.#readings.delete(netns);
    return found;
  }

  /** As it was found last. */
  wasIn(netns: number): boolean {
    return this.#found.has(netns);
  }
}

export async function askNat({ place, machine, signal, tell }: Asked): Promise<void> {
  if (await machine.nat.in(place, signal)) tell({ about: 'nat' });
}
