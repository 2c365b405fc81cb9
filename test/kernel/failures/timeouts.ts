// Established connections whose peer falls silent, each given up by another timer. More of them:
// test/kernel/timed-out.test.ts. Part of scenarios.ts.
import { type Child, pause } from '../children.ts';
import { Hole } from '../hole.ts';
import type { Lab } from '../lab.ts';
import { hear } from '../programs.ts';
import { dial, listen } from '../stage.ts';
import type { Scenario } from './scenario.ts';

const silent = {
  side: 'client',
  confidence: 'certain',
  error: 'ETIMEDOUT',
  proofs: ['timeout', 'state'],
} as const;

/** Connects, and nothing that is sent from `afterMs` on arrives any more. */
async function fallSilent(
  lab: Lab,
  port: number,
  afterMs: number,
  flags: readonly string[],
  server: readonly string[] = [],
): Promise<Child> {
  await listen(lab, port, ...server);
  const hole = await Hole.in(lab.client);
  const child = dial(lab, lab.server.ipv4, port, ...flags);
  await hear(child, 'connect');
  await pause(afterMs);
  hole.swallow(lab.server.ipv4);
  return child;
}

export const timeouts: readonly Scenario[] = [
  {
    ...silent,
    verdict: 'connection-went-silent',
    title: 'data that is sent again as often as the kernel may',
    proofs: ['timeout', 'retransmit', 'state'],
    sentence: /:5308 stopped answering dial .*: the last data was sent again \d+ times over/,
    make: async (lab) => {
      lab.client.sysctl('net.ipv4.tcp_retries2', 2);
      return await fallSilent(lab, 5308, 0, ['--delay', '500', '--send', '100', '--expect-eof']);
    },
  },
  {
    ...silent,
    verdict: 'keep-alive-timeout',
    title: 'nothing to send, and keep-alive probes',
    sentence: /:5314 did not answer 2 keep-alive probes on the idle connection of dial /,
    make: async (lab) =>
      await fallSilent(lab, 5314, 0, ['--keepalive', '1,1,2', '--hold', '30000']),
  },
  {
    ...silent,
    verdict: 'user-timeout',
    title: 'data, and TCP_USER_TIMEOUT',
    sentence: /:5315 after 1\.5 s, as the program had asked for/,
    make: async (lab) => {
      const flags = ['--user-timeout', '1500', '--delay', '500', '--send', '1000'];
      return await fallSilent(lab, 5315, 0, [...flags, '--hold', '30000']);
    },
  },
  {
    ...silent,
    verdict: 'zero-window-timeout',
    title: 'a peer that had closed its window',
    waitMs: 40_000,
    sentence:
      /^dial .* still had \d+ bytes for .*:5316, whose receive window was closed; then the probes/,
    make: async (lab) => {
      lab.client.sysctl('net.ipv4.tcp_retries2', 3);
      const flags = ['--send', '40000000'];
      return await fallSilent(lab, 5316, 1200, flags, ['--delay', '60000']);
    },
  },
];
