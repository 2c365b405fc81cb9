// Loss and delay made by netem, on kernels that have it: what nftables cannot do, since it
// drops what the sender then knows nothing of.
import { expect, test } from 'vitest';
import type { Namespace } from './lab.ts';
import { hear } from './programs.ts';
import { dial, listen, useStage } from './stage.ts';

const stage = useStage();

/** Has the kernel treat what leaves a namespace; false where it has no netem. */
function netem(side: Namespace, ...treatment: string[]): boolean {
  try {
    side.now('tc', ['qdisc', 'add', 'dev', 'eth0', 'root', 'netem', ...treatment]);
    return true;
  } catch (error) {
    if (/qdisc kind is unknown/i.test(String(error))) return false;
    throw error;
  }
}

test('every third packet lost: all of it arrives, and each resent segment is counted', async (context) => {
  const lab = stage.lab();
  if (!netem(lab.client, 'loss', '30%')) context.skip('skipped: this kernel has no netem');
  const server = await listen(lab, 4801);
  const child = dial(lab, lab.server.ipv4, 4801, '--send', '200000');
  const line = await stage.trace.attempt({ pid: child.pid }, 60_000);
  const answer = await stage.trace.attempt({ pid: server.pid }, 60_000);

  expect(line).toMatchObject({ outcome: 'closed', error: null, bytesSent: 200_000 });
  expect(line.retransmits).toBeGreaterThanOrEqual(3);
  // One packet of the kernel may hold several of the segments that it counts.
  expect(line.retransmitAtMs.length).toBeGreaterThanOrEqual(3);
  expect(line.retransmitAtMs.length).toBeLessThanOrEqual(line.retransmits);
  expect(answer).toMatchObject({ direction: 'accepted', bytesReceived: 200_000 });
});

test('a slow way: the handshake takes a round trip, and nothing is sent again', async (context) => {
  const lab = stage.lab();
  if (!netem(lab.client, 'delay', '300ms')) context.skip('skipped: this kernel has no netem');
  await listen(lab, 4802);
  const child = dial(lab, lab.server.ipv4, 4802, '--send', '100');
  await hear(child, 'connect');
  const line = await stage.trace.attempt({ pid: child.pid });

  expect(line).toMatchObject({ outcome: 'closed', error: null, retransmits: 0 });
  expect(line.connectMs).toBeGreaterThan(299);
  expect(line.connectMs).toBeLessThan(900);
});
