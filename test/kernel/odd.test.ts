// What other tools get wrong: sockets used twice, sockets that change hands, threads,
// and ends of listeners that are no attempts at all.
import { expect, test } from 'vitest';
import { cgroupFolder, closeCgroups, inCgroup } from './cgroups.ts';
import { Child, pause } from './children.ts';
import { hear, program, said } from './programs.ts';
import { dial, expectOwner, listen, path, useStage } from './stage.ts';

const stage = useStage();

test('one socket connected twice gives two attempts', async () => {
  const lab = stage.lab();
  await listen(lab, 4401);
  const child = dial(lab, lab.server.ipv4, 4401, '--twice', '--send', '50');
  const [first, second] = await stage.trace.attempts({ pid: child.pid }, 2);
  await child.ended;
  const facts = said(child).filter((fact) => fact.moment === 'connect');

  expect(facts[0]?.cookie).toBe(facts[1]?.cookie);
  expect(first?.attempt).not.toBe(second?.attempt);
  expect([first?.local.port, second?.local.port]).toEqual(facts.map((fact) => fact.localPort));
  expect(first).toMatchObject({ bytesSent: 0, closedBy: 'local', error: null });
  expect(second).toMatchObject({ outcome: 'closed', bytesSent: 50 });
});

test('one socket refused twice gives two failures', async () => {
  const lab = stage.lab();
  const child = dial(lab, lab.server.ipv4, 4402, '--twice');
  const lines = await stage.trace.attempts({ pid: child.pid }, 2);
  await child.ended;
  const facts = said(child).filter((fact) => fact.moment === 'connect');
  expect(lines).toHaveLength(2);
  for (const [i, line] of lines.entries()) {
    expectOwner(line, child, facts[i]);
    expect(line).toMatchObject({ outcome: 'refused', error: 'ECONNREFUSED' });
    expect(path(line)).toEqual(['SYN_SENT', 'CLOSE']);
  }
});

test('a socket made before fork belongs to the child that connected', async () => {
  const lab = stage.lab();
  const parent = dial(lab, lab.server.ipv4, 4403, '--fork');
  const fact = await hear(parent, 'connect');
  expect(fact.pid).not.toBe(parent.pid);
  const line = await stage.trace.attempt({ pid: fact.pid });
  expect(line).toMatchObject({
    outcome: 'refused',
    fd: fact.fd,
    process: { comm: 'dial', exe: program('dial') },
  });
  expect(stage.trace.matching({ pid: parent.pid })).toEqual([]);
});

test('a thread that connects does not rename the process', async () => {
  const lab = stage.lab();
  const child = dial(lab, lab.server.ipv4, 4404, '--thread', 'pool-worker-7');
  const line = await stage.trace.attempt({ pid: child.pid });
  const fact = await hear(child, 'connect');
  expect(fact.tid).not.toBe(child.pid);
  expectOwner(line, child, fact);
});

test('a healthy server that restarts is no attempt', async () => {
  const lab = stage.lab();
  const servers = [];
  for (let i = 0; i < 3; i++) {
    const server = await listen(lab, 4405);
    servers.push(server);
    await server.stop('SIGTERM');
  }
  const mark = dial(lab, lab.server.ipv4, 4405);
  await stage.trace.attempt({ pid: mark.pid });
  for (const server of servers) expect(stage.trace.matching({ pid: server.pid })).toEqual([]);
  expect(stage.trace.matching({ localPort: 4405 })).toEqual([]);
});

test('SIGSTOP and SIGCONT in the middle of a connect make no second attempt', async () => {
  const lab = stage.lab();
  lab.server.input('tcp dport 4406 drop');
  lab.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  const child = dial(lab, lab.server.ipv4, 4406);
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const signal of ['SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGCONT'] as const) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  const line = await stage.trace.attempt({ pid: child.pid });
  expectOwner(line, child);
  expect(line).toMatchObject({ outcome: 'abandoned', error: null, async: null, fd: 3 });
  const mark = dial(lab, lab.server.ipv4, 4407);
  await stage.trace.attempt({ pid: mark.pid });
  expect(stage.trace.matching({ pid: child.pid })).toHaveLength(1);
});

test('what a dead process sent goes on in a namespace that nobody is in any more', async () => {
  const lab = stage.lab();
  await listen(lab, 4409);
  const child = dial(lab, lab.server.ipv4, 4409, '--delay', '2500', '--send', '1000');
  await hear(child, 'connect');
  lab.server.input('tcp dport 4409 drop');
  await child.ended;
  // Scans once a second cannot enter the namespace: what they miss is not gone.
  await pause(5_000);
  expect(stage.trace.matching({ pid: child.pid })).toEqual([]);
  lab.server.pass();
  const line = await stage.trace.attempt({ pid: child.pid }, 30_000);
  expect(line).toMatchObject({ outcome: 'closed', incomplete: false, bytesSent: 1000 });
  expect(line.retransmits).toBeGreaterThanOrEqual(3);
});

test('the service and the container that a program belongs to', async (context) => {
  const lab = stage.lab();
  const id = '4f5c0ad2'.repeat(8);
  const service = cgroupFolder('/system.slice/synscope-lab.service');
  const container = cgroupFolder(`/system.slice/docker-${id}.scope`);
  if (!service || !container) context.skip('skipped: no writable cgroup v2 hierarchy here');
  const dialIn = (folder: string) => {
    const inside = ['ip', 'netns', 'exec', lab.client.name, program('dial')];
    const [first = '', ...rest] = [...inCgroup(folder), ...inside, lab.server.ipv4, '4408'];
    return new Child(first, rest);
  };
  const [inService, inContainer] = [dialIn(service ?? ''), dialIn(container ?? '')];
  const line = await stage.trace.attempt({ pid: inService.pid });
  expect(line.process).toMatchObject({ unit: 'synscope-lab.service', container: null });
  const other = await stage.trace.attempt({ pid: inContainer.pid });
  expect(id.startsWith(other.process?.container ?? 'none')).toBe(true);
  closeCgroups();
});
