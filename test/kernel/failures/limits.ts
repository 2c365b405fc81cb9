// What this machine has no more of, beyond the descriptors and ports of calls.ts. Part of
// scenarios.ts.
import type { Child } from '../children.ts';
import type { Lab } from '../lab.ts';
import { program } from '../programs.ts';
import { dial, listen } from '../stage.ts';
import { fillTracking } from './connection-tracking.ts';
import { openMemoryCgroup } from './memory-cgroup.ts';
import { type Scenario, says } from './scenario.ts';

let made = 0;

/** Makes sockets until there is no memory for one, and it is told so by this errno. */
async function starve({ client }: Lab, errno: string): Promise<Child> {
  const cgroup = openMemoryCgroup(`synscope-lab-${process.pid}-${++made}`);
  const child = client.run(program('starve'), [errno]);
  await says(child, 'ready');
  cgroup.add(child.pid);
  cgroup.starve();
  child.process.stdin?.write('\n');
  void child.ended.then(() => cgroup.remove());
  return child;
}

const starved = {
  verdict: 'out-of-memory',
  side: 'client',
  sentence: /from socket\(2\): the kernel would not give the memory for the socket/,
} as const;

export const limits: readonly Scenario[] = [
  {
    ...starved,
    title: 'a cgroup without memory for the file of one more socket',
    confidence: 'certain',
    error: 'ENOMEM',
    proofs: ['call'],
    make: async (lab) => await starve(lab, 'ENOMEM'),
  },
  {
    ...starved,
    title: 'a cgroup without memory for its inode, which the kernel calls ENFILE',
    confidence: 'likely',
    error: 'ENFILE',
    proofs: ['call', 'files'],
    make: async (lab) => await starve(lab, 'ENFILE'),
  },
  {
    verdict: 'conntrack-full',
    title: 'no room for one more tracked connection',
    side: 'client',
    confidence: 'likely',
    error: 'ETIMEDOUT',
    proofs: ['drop', 'conntrack-table', 'state'],
    needs: ['drop'],
    sentence: /found no room in this machine's connection tracking table \(8\d+ of 8\d+ entries\)/,
    make: async (lab) => {
      await listen(lab, 5401);
      lab.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
      lab.client.sysctl('net.ipv4.tcp_syn_retries', 1);
      const restore = await fillTracking(lab.client);
      const child = dial(lab, lab.server.ipv4, 5401);
      void child.ended.then(() => setTimeout(() => void restore(), 1000));
      return child;
    },
  },
];
