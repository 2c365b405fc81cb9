// Kernel parameters of a network namespace. /proc/sys/net shows those of the namespace of the
// task that reads, so for another one a program is run inside. Used by settings.ts, ports.ts and
// conntrack-table.ts.
import { readFile } from 'node:fs/promises';
import type { Place } from './place.ts';

const FOLDER = '/proc/sys/net/';
const NAMES = [
  'ipv4/tcp_syn_retries',
  'ipv4/tcp_syn_linear_timeouts',
  'ipv4/tcp_rto_max_ms',
  'ipv4/tcp_retries2',
  'ipv4/ip_local_port_range',
  'ipv4/ip_unprivileged_port_start',
  'ipv6/conf/all/disable_ipv6',
  'netfilter/nf_conntrack_count',
  'netfilter/nf_conntrack_max',
] as const;
export type SysctlName = (typeof NAMES)[number];
export type Sysctls = ReadonlyMap<SysctlName, string>;

/** Readings are good for this long; failures come in bursts. */
const FRESH_MS = 500;
const NAMESPACES = 64;

/** `/proc/sys/net/ipv4/tcp_syn_retries:6`, a line each, as grep prints them. */
export function parseSysctls(text: string): Sysctls {
  const values = new Map<SysctlName, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = NAMES.find((each) => line.slice(0, colon) === FOLDER + each);
    if (name !== undefined) values.set(name, line.slice(colon + 1).trim());
  }
  return values;
}

async function readOwn(): Promise<Sysctls> {
  const values = new Map<SysctlName, string>();
  const readings = NAMES.map(async (name) => {
    const text = await readFile(FOLDER + name, 'utf8').catch(() => null);
    if (text !== null) values.set(name, text.trim());
  });
  await Promise.all(readings);
  return values;
}

async function readInside(place: Place, signal: AbortSignal): Promise<Sysctls | null> {
  const output = await place.run(
    'grep',
    ['-Hs', '', ...NAMES.map((name) => FOLDER + name)],
    signal,
  );
  // grep says 2 when a file is missing, as some are on most kernels.
  const values = output === null ? null : parseSysctls(output.text);
  return values === null || values.size === 0 ? null : values;
}

interface Reading {
  readonly atMs: number;
  readonly values: Promise<Sysctls | null>;
}

export class SysctlReader {
  readonly #readings = new Map<number, Reading>();

  /** What this kernel does not have is not in it; null when the namespace cannot be entered. */
  async of(place: Place, signal: AbortSignal): Promise<Sysctls | null> {
    const known = this.#readings.get(place.netns);
    if (known && performance.now() - known.atMs < FRESH_MS) return await known.values;
    const values = place.own ? readOwn() : readInside(place, signal);
    this.#readings.delete(place.netns);
    this.#readings.set(place.netns, { atMs: performance.now(), values });
    if (this.#readings.size > NAMESPACES) {
      const [oldest] = this.#readings.keys();
      if (oldest !== undefined) this.#readings.delete(oldest);
    }
    const read = await values;
    // Another try may be in time, or find another way in.
    if (read === null) this.#readings.delete(place.netns);
    return read;
  }
}

/** A value that is one number; null when there is none. */
export function numberOf(values: Sysctls, name: SysctlName): number | null {
  const text = values.get(name);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
