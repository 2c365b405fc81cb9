// Connections that came about and then broke: resets from either side, silence on an
// established connection, and lost packets.
import { expect, test } from 'vitest';
import { eventually, meanwhile, pause } from './children.ts';
import { hear, said } from './programs.ts';
import { dial, expectOwner, listen, useStage } from './stage.ts';

const stage = useStage();

test('reset by the peer in mid-stream', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4201, '--request', '--delay', '50', '--reset');
  const child = dial(lab, lab.server.ipv4, 4201, '--send', '300', '--expect-eof');
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;

  expect(said(child).at(-1)).toMatchObject({ moment: 'eof', error: 'ECONNRESET' });
  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({
    outcome: 'reset',
    error: 'ECONNRESET',
    closedBy: 'remote',
    bytesSent: 300,
  });
  expect(line.connectMs).not.toBeNull();

  const answer = await stage.trace.attempt({ pid: server.pid });
  expect(answer).toMatchObject({ direction: 'accepted', closedBy: 'local', bytesReceived: 300 });
});

test('reset by its own close (SO_LINGER 0)', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4202);
  const child = dial(lab, lab.server.ipv4, 4202, '--linger0', '--hold', '50');
  const line = await stage.trace.attempt({ pid: child.pid });
  expect(line).toMatchObject({ error: null, closedBy: 'local' });
  expect(line.outcome).not.toBe('failed');

  const answer = await stage.trace.attempt({ pid: server.pid });
  expect(answer).toMatchObject({ outcome: 'reset', error: 'ECONNRESET', closedBy: 'remote' });
});

test('data retransmitted while packets are dropped, then delivered', async () => {
  const lab = stage.lab();
  await listen(lab, 4203);
  const child = dial(lab, lab.server.ipv4, 4203, '--delay', meanwhile(400), '--send', '2000');
  await hear(child, 'connect');
  lab.server.input('tcp dport 4203 drop');
  const counters = await eventually('a retransmission', () => {
    const line = lab.client.now('ss', ['-Htino', 'dport', '= :4203']);
    return /retrans:\d+\/[2-9]/.exec(line)?.[0];
  });
  expect(counters).toBeTruthy();
  lab.server.pass();
  const line = await stage.trace.attempt({ pid: child.pid });

  expect(line).toMatchObject({ outcome: 'closed', error: null, bytesSent: 2000 });
  expect(line.retransmits).toBeGreaterThanOrEqual(2);
  expect(line.retransmitAtMs.length).toBe(line.retransmits);
});

test('timed out on an established connection', async () => {
  const lab = stage.lab();
  lab.client.sysctl('net.ipv4.tcp_retries2', 3);
  await listen(lab, 4204);
  const child = dial(
    lab,
    lab.server.ipv4,
    4204,
    '--delay',
    meanwhile(300),
    '--send',
    '100',
    '--expect-eof',
  );
  await hear(child, 'connect');
  lab.server.input('tcp dport 4204 drop');
  const line = await stage.trace.attempt({ pid: child.pid }, 30_000);

  await child.ended;
  expect(said(child).at(-1)).toMatchObject({ moment: 'eof', error: 'ETIMEDOUT' });
  expect(line).toMatchObject({ outcome: 'timed-out', error: 'ETIMEDOUT' });
  expect(line.connectMs).not.toBeNull();
  expect(line.retransmits).toBeGreaterThanOrEqual(3);
});

test('killed with a connection open', async () => {
  const lab = stage.lab();
  await listen(lab, 4205);
  const child = dial(lab, lab.server.ipv4, 4205, '--hold', '60000');
  await hear(child, 'connect');
  await pause(100);
  child.kill('SIGKILL');
  const line = await stage.trace.attempt({ pid: child.pid });
  expectOwner(line, child, await hear(child, 'connect').catch(() => null));
  expect(line).toMatchObject({ outcome: 'closed', closedBy: 'local', error: null });
});
