// A cgroup with little memory whose programs get ENOMEM in the place of the OOM killer. Of
// either hierarchy: memory.oom_control of cgroup v1 says so for all of it (the killer is off),
// oom_score_adj of each program does where v2 has the memory controller (nobody may be killed).
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { Unavailable } from './scenario.ts';

const LITTLE_BYTES = 8 << 20;
const NEVER_KILLED = -1000;

export interface MemoryCgroup {
  /** Puts a program into it. */
  add(pid: number): void;
  /** From now on there is little memory. */
  starve(): void;
  /** Once its programs are gone. */
  remove(): void;
}

function memoryMount(): string | null {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, folder = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup' && options.split(',').includes('memory')) return folder;
    if (type !== 'cgroup2') continue;
    const controllers = readFileSync(`${folder}/cgroup.subtree_control`, 'utf8');
    if (controllers.split(/\s/).includes('memory')) return folder;
  }
  return null;
}

/** Throws `Unavailable` where no such cgroup can be made. */
export function openMemoryCgroup(name: string): MemoryCgroup {
  const mount = memoryMount();
  if (mount === null) throw new Unavailable('no cgroup hierarchy here has the memory controller');
  const folder = `${mount}/${name}`;
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(file, text);
  const isFirst = existsSync(`${folder}/memory.oom_control`);
  if (isFirst) write(`${folder}/memory.oom_control`, '1');
  return {
    add(pid) {
      if (!isFirst) spare(pid);
      write(`${folder}/cgroup.procs`, String(pid));
    },
    starve() {
      const limit = isFirst ? 'memory.limit_in_bytes' : 'memory.max';
      write(`${folder}/${limit}`, String(LITTLE_BYTES));
    },
    remove: () => rmdirSync(folder),
  };
}

function spare(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(NEVER_KILLED));
  } catch {
    throw new Unavailable('the OOM killer cannot be kept off a program here');
  }
}
