// How full two tables of the machine are, as alerts.ts asks every ten seconds: the descriptors
// of a process, and the tracked connections of Synscope's own network namespace.
import { readdirSync, readFileSync, statSync } from 'node:fs';

export interface Fill {
  readonly used: number;
  readonly most: number;
}

export interface MachineLimits {
  /** Descriptors of a process against its RLIMIT_NOFILE; null when it cannot be told. */
  descriptors(pid: number): Fill | null;
  /** Null where nothing is tracked. */
  conntrack(): Fill | null;
}

const NETFILTER = '/proc/sys/net/netfilter/nf_conntrack_';
/** Before Linux 6.2 descriptors are counted one by one: of a process with more, nothing is told. */
const COUNTED = 65_536;

function readNumber(path: string): number | null {
  const number = Number(readFileSync(path, 'latin1').trim());
  return Number.isSafeInteger(number) ? number : null;
}

function readConntrack(): Fill | null {
  const used = readNumber(`${NETFILTER}count`);
  const most = readNumber(`${NETFILTER}max`);
  return used === null || most === null || most === 0 ? null : { used, most };
}

function readDescriptors(pid: number): Fill | null {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const most = Number(/^Max open files\s+(\d+)\s/m.exec(limits)?.[1] ?? 0);
  if (most === 0) return null;
  // Since Linux 6.2 the size of the folder is their number.
  const { size } = statSync(`/proc/${pid}/fd`);
  if (size > 0) return { used: size, most };
  return most > COUNTED ? null : { used: readdirSync(`/proc/${pid}/fd`).length, most };
}

/** A process that is gone and a table that is not there have nothing to tell. */
function orNull(read: () => Fill | null): Fill | null {
  try {
    return read();
  } catch {
    return null;
  }
}

export const machineLimits: MachineLimits = {
  descriptors: (pid) => orNull(() => readDescriptors(pid)),
  conntrack: () => orNull(readConntrack),
};
