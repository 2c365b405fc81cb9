// Cgroups named as systemd and container runtimes name them, to run programs of the lab
// in. Used by the tests and by scripts/sample/; removed by `closeCgroups`.
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where the cgroup v2 hierarchy is mounted; null without one. */
function mountPoint(): string | null {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return (
    mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1] ?? null
  );
}

/** Folders made here, innermost last. */
const made: string[] = [];

/** Makes a cgroup such as `/system.slice/shop.service`; null where there is no cgroup v2 to write to. */
export function cgroupFolder(path: string): string | null {
  const root = mountPoint();
  if (root === null) return null;
  const steps: string[] = [];
  for (let at = `${root}${path}`; at !== root; at = dirname(at)) steps.unshift(at);
  try {
    for (const step of steps) {
      if (made.includes(step)) continue;
      if (mkdirSync(step, { recursive: true }) !== undefined) made.push(step);
    }
    return `${root}${path}`;
  } catch {
    return null;
  }
}

/** Words before a command that make it run in a cgroup; the pid stays the same. */
export function inCgroup(folder: string): string[] {
  return ['bash', '-c', `echo $$ > '${folder}/cgroup.procs'; exec "$@"`, 'bash'];
}

/** Removes what was made here, once its programs are gone. */
export function closeCgroups(): void {
  for (const folder of made.splice(0).reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      // Something still runs in it; an empty cgroup costs nothing.
    }
  }
}
