// What the machine is asked when a connect fails, made for real in network namespaces and
// read from the session file while it is recorded.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ContextAbout, ContextDetail } from '../../engine/diagnosis/context.ts';
import { type Child, eventually, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { hear, program } from './programs.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const labs: Lab[] = [];
let recording: Recording;

beforeAll(async () => {
  if (!whyNoKernel()) recording = await Recording.start(`${folder}/context.synscope`);
});

afterAll(async () => {
  const ended = await recording?.stop();
  for (const lab of labs) lab.close();
  remove();
  if (ended) expect(ended.code, ended.stderr).toBe(0);
});

function stage(): Lab {
  const lab = openLab();
  labs.push(lab);
  return lab;
}

/** Everything that was recorded as the context of a process's attempts. */
function contextOf(pid: number): ContextDetail[] {
  const found = rows(
    recording.file,
    `SELECT detail FROM event JOIN attempt ON attempt.id = event.attempt_id
     JOIN process ON process.id = attempt.process_id
     WHERE event.kind = 'context' AND process.pid = ? ORDER BY event.id`,
    pid,
  );
  return found.map(({ detail }) => JSON.parse(String(detail)) as ContextDetail);
}

/** Waits for what was found about something. */
async function asked<About extends ContextAbout>({ pid }: Child, about: About) {
  type Wanted = Extract<ContextDetail, { about: About }>;
  const find = () => contextOf(pid).find((each): each is Wanted => each.about === about);
  return await eventually(`the ${about} of pid ${pid}`, find, 20_000);
}

/** A connect that nobody answers, taken back by the caller. */
function wait(lab: Lab, address: string, port: number, ms = '300'): Child {
  return dial(lab, address, port, '--nonblock', '--close-after', ms);
}

test('nobody listens: on that address, on that port, on that family', async () => {
  const lab = stage();
  expect(await asked(dial(lab, '127.0.0.1', 4901), 'listener')).toEqual({
    about: 'listener',
    listeners: 0,
    pid: null,
    comm: null,
  });

  const listener = lab.client.run(program('listener'), ['--address', '127.0.0.2', '4901']);
  await hear(listener, 'listening');
  const other = await asked(dial(lab, '127.0.0.1', 4901), 'listener');
  expect(other).toMatchObject({ listeners: 0, elsewhere: ['127.0.0.2'] });

  const everywhere = lab.client.run(program('listener'), ['4902']);
  await hear(everywhere, 'listening');
  const six = await asked(dial(lab, '::1', 4902), 'listener');
  expect(six).toMatchObject({ listeners: 0, elsewhere: ['0.0.0.0'] });
});

test('nobody listens in another namespace of this machine', async () => {
  const lab = stage();
  await listen(lab, 4903);
  // Processes are not looked at more often.
  await pause(300);
  const child = dial(lab, lab.server.ipv4, 4904);
  expect(await asked(child, 'listener')).toMatchObject({ listeners: 0 });
});

test('no route', async () => {
  const lab = stage();
  const child = dial(lab, '10.99.0.1', 4905);
  expect(await asked(child, 'route')).toEqual({
    about: 'route',
    found: false,
    error: 'Network is unreachable',
    forSocket: true,
  });
  lab.client.ip('route', 'add', 'prohibit', '10.98.0.0/16');
  const prohibited = await asked(dial(lab, '10.98.0.1', 4905), 'route');
  expect(prohibited).toMatchObject({ found: false, error: 'Permission denied' });
});

test('a neighbour that does not answer, over either family', async () => {
  const lab = stage();
  const absent = [lab.server.ipv4.replace(/\d+$/, '99'), lab.server.ipv6.replace(/\d+$/, '99')];
  const children = absent.map((address) => dial(lab, address, 4906));
  for (const [index, child] of children.entries()) {
    const neighbour = await asked(child, 'neighbour');
    expect(neighbour).toEqual({
      about: 'neighbour',
      address: absent[index],
      state: 'FAILED',
      device: 'eth0',
    });
    expect(await asked(child, 'route')).toMatchObject({ found: true, device: 'eth0' });
  }
});

test('settings of that namespace, and the gateway', async () => {
  const lab = stage();
  const { client, server } = lab;
  client.sysctl('net.ipv4.tcp_syn_retries', 2);
  const linear = client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 1) ? 1 : 0;
  client.ip('route', 'add', 'default', 'via', server.ipv4);
  server.input('tcp dport 4907 drop');
  const child = wait(lab, '192.0.2.1', 4907);
  expect(await asked(child, 'settings')).toMatchObject({
    synRetries: 2,
    linearTimeouts: linear,
    // 1 + 2 + 4 s, or 1 + 1 + 2 + 4 s.
    givesUpMs: 7000 + linear * 1000,
    ipv6Disabled: false,
  });
  expect(await asked(child, 'route')).toMatchObject({
    found: true,
    device: 'eth0',
    gateway: server.ipv4,
    source: client.ipv4,
  });
  expect(await asked(child, 'neighbour')).toMatchObject({ address: server.ipv4 });
});

test('IPv6 disabled', async () => {
  const lab = stage();
  lab.client.sysctl('net.ipv6.conf.all.disable_ipv6', 1);
  const child = dial(lab, 'fd99::1', 4908);
  expect(await asked(child, 'settings')).toMatchObject({ ipv6Disabled: true });
});

test('no port left, and who has them', async () => {
  const lab = stage();
  await listen(lab, 4909);
  lab.client.sysctl('net.ipv4.ip_local_port_range', '40000 40003');
  const holders = [1, 2, 3, 4].map(() => dial(lab, lab.server.ipv4, 4909, '--hold', '60000'));
  for (const holder of holders) await hear(holder, 'connect');
  const ports = await asked(dial(lab, lab.server.ipv4, 4909), 'ports');
  expect(ports).toMatchObject({ first: 40_000, last: 40_003, used: 4, timeWait: 0 });
  expect(ports.holders).toHaveLength(4);
  expect(new Set(ports.holders.map(({ pid }) => pid))).toEqual(
    new Set(holders.map(({ pid }) => pid)),
  );
  expect(ports.holders[0]).toMatchObject({ comm: 'dial', count: 1 });
});

test('no port left since they are in TIME_WAIT', async () => {
  const lab = stage();
  await listen(lab, 4910);
  lab.client.sysctl('net.ipv4.tcp_tw_reuse', 0);
  lab.client.sysctl('net.ipv4.ip_local_port_range', '40010 40011');
  const first = [1, 2].map(() => dial(lab, lab.server.ipv4, 4910));
  await Promise.all(first.map(({ ended }) => ended));
  const ports = await asked(dial(lab, lab.server.ipv4, 4910), 'ports');
  expect(ports).toMatchObject({ used: 2, timeWait: 2 });
  expect(new Set(ports.holders.map(({ pid }) => pid))).toEqual(
    new Set(first.map(({ pid }) => pid)),
  );
});

/** Sends what goes out to one port to another one of this namespace, as a proxy's rules do. */
function redirect(lab: Lab, from: number, to: number): void {
  lab.client.now(
    'nft',
    ['-f', '-'],
    `table ip nat {
chain output {
type nat hook output priority -100;
tcp dport ${from} redirect to :${to}
}
}
`,
  );
}

test('the tracking entry of a redirected connect', async () => {
  const lab = stage();
  redirect(lab, 4911, 4912);
  lab.client.input('tcp dport 4912 drop');
  const child = wait(lab, lab.server.ipv4, 4911);
  const { localPort } = await hear(child, 'connect');
  expect(await asked(child, 'conntrack')).toEqual({
    about: 'conntrack',
    original: {
      source: lab.client.ipv4,
      sourcePort: localPort,
      destination: lab.server.ipv4,
      destinationPort: 4911,
    },
    reply: {
      source: '127.0.0.1',
      sourcePort: 4912,
      destination: lab.client.ipv4,
      destinationPort: localPort,
    },
    state: 'SYN_SENT',
    translated: true,
  });
  expect(await asked(child, 'conntrack-table')).toMatchObject({ entries: expect.any(Number) });
  expect(contextOf(child.pid).map(({ about }) => about)).not.toContain('collision');
});

// Of a process, which answers with a challenge ACK, and of nobody, which the kernel keeps alone.
test.each([['--half-close'], ['--close-first']])(
  'an old socket in FIN_WAIT2 (%s) behind a redirect',
  async (flag) => {
    const lab = stage();
    redirect(lab, 4913, 4914);
    const server = lab.client.run(program('listener'), [flag, '4914']);
    await hear(server, 'listening');
    lab.client.sysctl('net.ipv4.ip_local_port_range', '40020 40020');
    // The peer of the server's socket goes without a word.
    lab.client.output('tcp flags & rst == rst drop');
    const gone = dial(lab, lab.server.ipv4, 4913, '--expect-eof', '--hold', '400', '--linger0');
    await gone.ended;
    const child = wait(lab, lab.server.ipv4, 4913, '1500');
    expect(await asked(child, 'collision')).toEqual({
      about: 'collision',
      local: '127.0.0.1',
      localPort: 4914,
      peer: lab.client.ipv4,
      peerPort: 40_020,
      state: 'FIN_WAIT2',
      pid: server.pid,
      comm: 'listener',
    });
    expect(await asked(child, 'conntrack')).toMatchObject({ translated: true });
    if (flag !== '--half-close') return;
    const { rose } = await asked(child, 'counters');
    expect(rose['TCPChallengeACK']).toBeGreaterThan(0);
  },
);

test('a full accept queue of a local peer is seen in the counters', async () => {
  const lab = stage();
  await listen(lab, 4915, '--no-accept', '--backlog', '0');
  const first = dial(lab, lab.server.ipv4, 4915, '--hold', '60000');
  await hear(first, 'connect');
  await pause(1500);
  // Two at once: what is shared of the answers is not the counters.
  const both = [1, 2].map(() => wait(lab, lab.server.ipv4, 4915, '1500'));
  for (const each of both) {
    const { rose } = await asked(each, 'counters');
    expect(rose['ListenOverflows']).toBeGreaterThan(0);
    expect(rose['ListenDrops']).toBeGreaterThan(0);
    expect(await asked(each, 'settings')).toMatchObject({ synRetries: expect.any(Number) });
  }
  const [child = first] = both;
  const listener = await asked(child, 'listener');
  expect(listener).toMatchObject({ listeners: 1, comm: 'listener' });
});

test('who has the address', async () => {
  const lab = stage();
  const server = await listen(lab, 4916);
  const second = lab.server.run(program('listener'), ['--address', lab.server.ipv4, '4916']);
  expect((await second.ended).stderr).toMatch(/Address already in use/);
  expect(await asked(second, 'holder')).toEqual({
    about: 'holder',
    address: '0.0.0.0',
    port: 4916,
    state: 'LISTEN',
    pid: server.pid,
    comm: 'listener',
  });
});

test('descriptors used up', async () => {
  const lab = stage();
  // Waits for standard input, so that it is still there when it is asked about.
  const script = 'ulimit -n 6; exec 3<&0 4<&0 5<&0; : </dev/tcp/127.0.0.1/9; read -t 10';
  const child = lab.client.run('bash', ['-c', script]);
  const { open, limit } = await asked(child, 'descriptors');
  expect(limit).toBe(6);
  expect(open).toBeGreaterThanOrEqual(6);
  child.kill();
});

test('a storm of failures: one asking for all, and the recording goes on', async () => {
  const lab = stage();
  const script = 'for i in $(seq 300); do (: </dev/tcp/127.0.0.1/9) 2>/dev/null; done; echo done';
  const child = lab.client.run('bash', ['-c', script]);
  await child.until(
    '300 failures',
    () => (child.stdout.includes('done') ? true : undefined),
    30_000,
  );
  const answered = await eventually(
    'the answers',
    () => {
      const [count] = rows(
        recording.file,
        `SELECT count(*) AS n FROM event JOIN attempt ON attempt.id = event.attempt_id
       WHERE event.kind = 'context' AND attempt.netns = ? AND attempt.outcome = 'refused'`,
        lab.client.inode,
      );
      return Number(count?.n) >= 300 ? Number(count?.n) : undefined;
    },
    20_000,
  );
  expect(answered).toBe(300);
});
