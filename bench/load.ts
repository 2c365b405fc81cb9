// Connections to trace: bench/programs/churn.c in a network namespace of its own, so that
// nothing of the machine's own traffic is measured and no firewall is in the way.
import { openLab } from '../test/kernel/lab.ts';
import { benchProgram } from './programs.ts';

/** What one run of the load took. */
export interface Slice {
  readonly connections: number;
  readonly seconds: number;
  /** Processor time of the load itself, hooks that ran in its context included. */
  readonly cpuSeconds: number;
}

export interface LoadKind {
  readonly name: string;
  readonly mode: 'refused' | 'byte';
  /** Caller and listener share the first processor, and the others are free. */
  readonly oneCore: boolean;
  /** Connections of a slice: some 0.3 s, with a rate 1 s. */
  readonly count: number;
  /** Connections a second; as fast as it goes without. */
  readonly rate?: number;
}

export const REFUSED: LoadKind = {
  name: 'refused',
  mode: 'refused',
  oneCore: false,
  count: 15_000,
};
/** So few that no stack is beyond the allowance of bpf/stacks.h, on one processor alone. */
export const REFUSED_PACED: LoadKind = {
  name: 'refused, 200/s',
  mode: 'refused',
  oneCore: false,
  count: 200,
  rate: 200,
};
export const BYTE: LoadKind = {
  name: 'connect, byte, close',
  mode: 'byte',
  oneCore: false,
  count: 6_000,
};
export const BYTE_ONE_CORE: LoadKind = {
  name: 'connect, byte, close on one core',
  mode: 'byte',
  oneCore: true,
  count: 4_000,
};

export interface LoadGround {
  /** Inode of the namespace, as `attempt.netns` in a session file. */
  readonly netns: number;
  /** Runs one slice; `rate` in connections a second, 0 = as fast as it goes. */
  run(kind: LoadKind, count?: number, rate?: number): Promise<Slice>;
  close(): void;
}

/** Opens a namespace for the load. Needs root. */
export function openLoadGround(): LoadGround {
  const lab = openLab();
  const here = lab.client;
  here.sysctl('net.ipv4.ip_local_port_range', '1024 65000');
  here.sysctl('net.core.somaxconn', 4096);
  // From the first second as it is later: a full table of TIME_WAIT.
  here.sysctl('net.ipv4.tcp_max_tw_buckets', 2048);
  return {
    netns: here.inode,
    close: () => lab.close(),
    async run(kind, count = kind.count, rate = kind.rate ?? 0) {
      const churn = [benchProgram('churn'), kind.mode, String(count), String(rate)];
      const command = kind.oneCore ? ['taskset', '-c', '0', ...churn] : churn;
      const { code, stdout, stderr } = await here.run(command[0] ?? '', command.slice(1)).ended;
      if (code !== 0) throw new Error(`The load ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Slice;
    },
  };
}
