// Connections that came about: who closed, how much went over, how it ended, on the
// connecting and on the accepting side.
import { expect, test } from 'vitest';
import { hear, program, said } from './programs.ts';
import { dial, expectConnectStacks, expectOwner, listen, path, useStage } from './stage.ts';
import { at, names } from './trace-run.ts';

const stage = useStage();

test('closed by the client: bytes, times and both owners', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4101);
  const args = ['--send', '1000', '--hold', '300'];
  const child = dial(lab, lab.server.ipv4, 4101, ...args);
  const line = await stage.trace.attempt({ pid: child.pid });
  const fact = await hear(child, 'connect');

  expectOwner(line, child, fact);
  expect(line).toMatchObject({
    family: 'ipv4',
    outcome: 'closed',
    error: null,
    async: false,
    retransmits: 0,
    bytesSent: 1000,
  });
  expect(line.local.address).toBe(lab.client.ipv4);
  expect(path(line).slice(0, 3)).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT1']);
  expect(line.connectMs).toBeGreaterThan(0);
  expect(line.connectMs).toBeLessThan(200);
  expect(line.durationMs).toBeGreaterThan(290);
  expect(line.durationMs).toBeLessThan(1500);
  expectConnectStacks(line);

  const answer = await stage.trace.attempt({ pid: server.pid });
  const accepted = await hear(server, 'accept');
  expect(answer).toMatchObject({
    direction: 'accepted',
    outcome: 'closed',
    fd: accepted.fd,
    process: { pid: server.pid, comm: 'listener', exe: program('listener') },
    local: { address: lab.server.ipv4, port: 4101 },
    remote: { address: lab.client.ipv4, port: fact.localPort },
    bytesReceived: 1000,
    bytesSent: 0,
  });
});

test('closed with payload unread: the kernel resets, and nobody failed', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4109, '--request', '--send', '2500');
  const child = dial(lab, lab.server.ipv4, 4109, '--send', '10', '--hold', '200');
  const line = await stage.trace.attempt({ pid: child.pid });
  expect(line).toMatchObject({
    outcome: 'reset',
    failed: false,
    error: null,
    closedBy: 'local',
    bytesReceived: 2500,
  });
  expect(path(line)).toEqual(['SYN_SENT', 'ESTABLISHED', 'CLOSE']);
  const answer = await stage.trace.attempt({ pid: server.pid });
  expect(answer).toMatchObject({ outcome: 'reset', failed: true, closedBy: 'remote' });
});

test('closed by the client after reading all: an orderly end on both sides', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4102);
  const child = dial(lab, lab.server.ipv4, 4102, '--send', '70000');
  const line = await stage.trace.attempt({ pid: child.pid });
  const answer = await stage.trace.attempt({ pid: server.pid });

  expect(line).toMatchObject({ outcome: 'closed', closedBy: 'local', bytesSent: 70000 });
  expect(answer).toMatchObject({ outcome: 'closed', closedBy: 'remote', bytesReceived: 70000 });
  expect(said(server).at(-1)).toMatchObject({ moment: 'close', received: 70000 });
  expect(path(answer).slice(-3)).toEqual(['CLOSE_WAIT', 'LAST_ACK', 'CLOSE']);
});

test('closed by the server', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4103, '--close-first', '--send', '4000');
  const child = dial(lab, lab.server.ipv4, 4103, '--expect-eof');
  const line = await stage.trace.attempt({ pid: child.pid });
  const answer = await stage.trace.attempt({ pid: server.pid });

  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({ outcome: 'closed', closedBy: 'remote', bytesReceived: 4000 });
  expect(answer).toMatchObject({ outcome: 'closed', closedBy: 'local', bytesSent: 4000 });
  expect(path(line)).toEqual(['SYN_SENT', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSE']);
});

test('half closed by the client, then answered and closed by the server', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4104, '--request', '--delay', '200', '--close-first');
  const child = dial(lab, lab.server.ipv4, 4104, '--send', '10', '--half-close', '--expect-eof');
  const line = await stage.trace.attempt({ pid: child.pid });
  const answer = await stage.trace.attempt({ pid: server.pid });

  expect(line).toMatchObject({ outcome: 'closed', closedBy: 'local', bytesSent: 10 });
  expect(line.durationMs).toBeGreaterThan(190);
  expect(answer).toMatchObject({ outcome: 'closed', closedBy: 'remote', bytesReceived: 10 });
});

test('IPv6, and IPv4 through an IPv6 socket', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4105, '--address', '::');
  const six = dial(lab, lab.server.ipv6, 4105);
  const line = await stage.trace.attempt({ pid: six.pid });
  expectOwner(line, six, await hear(six, 'connect'));
  expect(line).toMatchObject({ family: 'ipv6', outcome: 'closed', error: null });
  expect(line.local.address).toBe(lab.client.ipv6);
  expectConnectStacks(line);

  const mapped = dial(lab, `::ffff:${lab.server.ipv4}`, 4105);
  const other = await stage.trace.attempt({ pid: mapped.pid });
  expect(other).toMatchObject({
    outcome: 'closed',
    local: { port: (await hear(mapped, 'connect')).localPort },
    remote: { port: 4105 },
  });
  // Shown as what goes over the wire.
  expect(other.remote.address.replace('::ffff:', '')).toBe(lab.server.ipv4);
  expect(other.local.address.replace('::ffff:', '')).toBe(lab.client.ipv4);
  await stage.trace.attempts({ pid: server.pid }, 2);
});

test('connected without blocking', async () => {
  const lab = stage.lab();
  await listen(lab, 4106);
  const child = dial(lab, lab.server.ipv4, 4106, '--nonblock', '--send', '5');
  const line = await stage.trace.attempt({ pid: child.pid });

  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({ outcome: 'closed', error: null, async: true, bytesSent: 5 });
});

test('curl and nc: programs that know nothing of us', async () => {
  const lab = stage.lab();
  await listen(lab, 4107, '--request', '--close-first', '--send', '100');
  const curl = lab.client.run('curl', ['-s', '-m', '5', `http://${lab.server.ipv4}:4107/`]);
  const line = await stage.trace.attempt({ pid: curl.pid, remotePort: 4107 });
  expect(line).toMatchObject({
    process: { comm: 'curl', exe: '/usr/bin/curl', cmdline: curl.process.spawnargs.slice(4) },
    remote: { address: lab.server.ipv4, port: 4107 },
    async: true,
  });
  expect(names(at(line, 'connect').kernelStack)).toContain('tcp_v4_connect');

  const nc = lab.client.run('nc', ['-N', lab.server.ipv4, '4107']);
  nc.process.stdin?.end('hello\n');
  const other = await stage.trace.attempt({ pid: nc.pid, remotePort: 4107 });
  expect(other).toMatchObject({ process: { comm: 'nc' }, bytesSent: 6 });
});

test('accepted: fd and handshake', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4108, '--count', '1');
  dial(lab, lab.server.ipv4, 4108, '--hold', '100');
  const answer = await stage.trace.attempt({ pid: server.pid, direction: 'accepted' });

  expect(answer.fd).toBe((await hear(server, 'accept')).fd);
  expect(path(answer)[0]).toBe('ESTABLISHED');
  expect(answer.connectMs).not.toBeNull();
});
