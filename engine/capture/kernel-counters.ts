// The kernel's own counters of TCP, per network namespace: /proc/PID/net/snmp and netstat of
// some process in it, as no namespace need be entered for that. Used by
// engine/workers/comparisons.ts, which holds them against what was seen.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { COUNTER_NAMES } from '../../contract/completeness.ts';

/** One reading. `tcp` is in the order of COUNTER_NAMES. */
export interface KernelReading {
  readonly tcp: readonly number[];
  /** Half-open requests that their peer reset: in AttemptFails, without a socket of their own. */
  readonly embryonicResets: number;
}

/** The values of one group (`Tcp`, `TcpExt`) by name; empty when the text has no such group. */
export function parseGroup(text: string, group: string): Map<string, number> {
  const [names, values] = text.split('\n').filter((line) => line.startsWith(`${group}:`));
  const figures = values?.trim().split(/\s+/) ?? [];
  const pairs = (names?.trim().split(/\s+/) ?? []).map((name, index) => {
    return [name, Number(figures[index] ?? 0)] as const;
  });
  return new Map(pairs.slice(1));
}

/** The counters that are compared, from the text of `snmp`; null when it has none. */
export function parseTcpCounters(snmp: string): number[] | null {
  const group = parseGroup(snmp, 'Tcp');
  if (group.size === 0) return null;
  return COUNTER_NAMES.map((name) => group.get(name) ?? 0);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The namespace of the process with this folder; null when it has gone or may not be looked at. */
function inodeOf(folder: string): number | null {
  try {
    return statSync(`${folder}/ns/net`).ino;
  } catch {
    return null;
  }
}

/** Blanks in paths of mountinfo are octal numbers. */
function unescaped(code: string): string {
  return String.fromCharCode(Number.parseInt(code, 8));
}

/** Where the counters come from: the kernel, or a script in a test. */
export interface CounterSource {
  /** The namespaces that can be read, Synscope's own first. */
  known(): number[];
  /** Looks for namespaces that are not known yet. Returns all that can be read. */
  discover(): number[];
  /** Network namespaces that are mounted somewhere (`ip netns`, containers): they exist without a process. */
  mounted(): number[];
  /** The counters and what explains them; null when no known process is in the namespace any more. */
  read(netns: number): KernelReading | null;
  /** The counters that are compared; null as with `read`. */
  tcp(netns: number): readonly number[] | null;
}

/** The network namespaces that can be read, by inode number. */
export class KernelCounters implements CounterSource {
  readonly own: number;
  readonly #folders = new Map<number, string>();
  #hidden = 0;

  constructor() {
    this.own = inodeOf('/proc/thread-self') ?? 0;
    this.#folders.set(this.own, '/proc/thread-self');
  }

  /** Processes whose namespace may not be known, at the last discovery. */
  get hidden(): number {
    return this.#hidden;
  }

  /** Looks through every process; about 5 µs each. */
  discover(): number[] {
    this.#hidden = 0;
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const folder = `/proc/${entry}`;
      try {
        const { ino } = statSync(`${folder}/ns/net`);
        if (!this.#folders.has(ino)) this.#folders.set(ino, folder);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : null;
        if (code === 'EACCES' || code === 'EPERM') this.#hidden++;
      }
    }
    return this.known();
  }

  known(): number[] {
    return [...this.#folders.keys()];
  }

  mounted(): number[] {
    const mounts = textOf('/proc/thread-self/mountinfo') ?? '';
    return [...mounts.matchAll(/ net:\[(\d+)\] /g)].map(([, inode]) => Number(inode));
  }

  /** `/proc/PID` of a process in the namespace; null when none is known that is still there. */
  folderOf(netns: number): string | null {
    const folder = this.#folders.get(netns);
    if (folder === undefined || inodeOf(folder) === netns) return folder ?? null;
    this.#folders.delete(netns);
    return null;
  }

  /** Where the namespace is mounted (`ip netns`, containers); null when it is not. */
  mountOf(netns: number): string | null {
    const mounts = textOf('/proc/thread-self/mountinfo') ?? '';
    const path = new RegExp(` net:\\[${netns}\\] (\\S+) `).exec(mounts)?.[1];
    return path?.replace(/\\([0-7]{3})/g, (_, code: string) => unescaped(code)) ?? null;
  }

  /** All counters of TcpExt by name; null as with `read`. */
  extended(netns: number): Map<string, number> | null {
    const text = this.#read(netns, 'netstat');
    return text === null ? null : parseGroup(text, 'TcpExt');
  }

  tcp(netns: number): number[] | null {
    const text = this.#read(netns, 'snmp');
    return text === null ? null : parseTcpCounters(text);
  }

  read(netns: number): KernelReading | null {
    const netstat = this.#read(netns, 'netstat');
    const tcp = this.tcp(netns);
    if (netstat === null || tcp === null) return null;
    return { tcp, embryonicResets: parseGroup(netstat, 'TcpExt').get('EmbryonicRsts') ?? 0 };
  }

  /** The process may have ended or moved, and its pid may be another's by now. */
  #read(netns: number, file: string): string | null {
    const folder = this.#folders.get(netns);
    if (folder === undefined) return null;
    const text = inodeOf(folder) === netns ? textOf(`${folder}/net/${file}`) : null;
    if (text !== null && inodeOf(folder) === netns) return text;
    this.#folders.delete(netns);
    return null;
  }
}
