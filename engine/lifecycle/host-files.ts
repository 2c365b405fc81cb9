// What the files of this machine add to the records: /proc of a process that is still
// there, and user names. Used by engine/lifecycle/processes.ts; the unit tests put another
// machine in its place.
import { readFileSync, readlinkSync, statSync } from 'node:fs';

/** What /proc says of a process; null for what could not be read. */
export interface ProcDescription {
  readonly comm: string | null;
  readonly exe: string | null;
  readonly cmdline: readonly string[] | null;
  readonly cgroup: string | null;
  readonly parentPid: number | null;
}

export interface HostFiles {
  /** Of this process, as the records name it; 0 = none of them is ours. */
  readonly ownPid: number;
  /** Null when the process is gone, or its pid belongs to another one that began at another time. `startNs` is since boot. */
  describe(pid: number, startNs: number): ProcDescription | null;
  userName(uid: number): string | null;
  /** The range of local ports that connect(2) chooses from. */
  ephemeralPorts(): { readonly first: number; readonly last: number };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** start time in /proc/PID/stat counts clock ticks of 10 ms (USER_HZ is 100 on every architecture with eBPF). */
const TICK_NS = 10_000_000;

interface ProcStat {
  readonly comm: string;
  readonly parentPid: number;
  readonly startTicks: number;
}

function procStat(pid: number): ProcStat | null {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name is in parentheses and may have any character, so the fields are counted from its end.
  const [, comm = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat ?? '') ?? [];
  if (rest === '') return null;
  const fields = rest.split(' ');
  return { comm, parentPid: Number(fields[1]), startTicks: Number(fields[19]) };
}

function describe(pid: number, startNs: number): ProcDescription | null {
  const stat = procStat(pid);
  if (!stat || Math.abs(stat.startTicks * TICK_NS - startNs) > 2 * TICK_NS) return null;
  let exe: string | null = null;
  try {
    exe = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    // A kernel thread has none; another user's may not be read.
  }
  const cmdline = textOf(`/proc/${pid}/cmdline`);
  return {
    comm: stat.comm,
    exe,
    cmdline: cmdline === null ? null : splitArguments(cmdline),
    cgroup: /^0::(.*)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null,
    parentPid: stat.parentPid,
  };
}

/** Arguments end with NUL each; the last one may miss it. */
export function splitArguments(text: string): string[] {
  const parts = text.split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

const PASSWD = '/etc/passwd';

class UserNames {
  #names = new Map<number, string>();
  #readMs = -1;

  of(uid: number): string | null {
    const known = this.#names.get(uid);
    if (known !== undefined) return known;
    this.#readAgain();
    return this.#names.get(uid) ?? null;
  }

  #readAgain(): void {
    try {
      const changedMs = statSync(PASSWD).mtimeMs;
      if (changedMs === this.#readMs) return;
      this.#readMs = changedMs;
    } catch {
      return;
    }
    for (const line of (textOf(PASSWD) ?? '').split('\n')) {
      const [name, , uid] = line.split(':');
      if (name && uid && !this.#names.has(Number(uid))) this.#names.set(Number(uid), name);
    }
  }
}

function ephemeralPorts(): { first: number; last: number } {
  const [first = 32_768, last = 60_999] = (textOf('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
  return { first, last };
}

/** The machine that this runs on. */
export function hostFiles(): HostFiles {
  const users = new UserNames();
  return { ownPid: process.pid, describe, userName: (uid) => users.of(uid), ephemeralPorts };
}
