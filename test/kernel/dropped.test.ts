// Packets that netfilter throws away, on the way out, on the way in and at the other end,
// and calls that fail before there is a connection.
import { expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';

skipWithoutKernel();

interface Drop {
  reason: string;
  way: string;
  flags: string;
}

/** Drops of the attempts to a port, in order. */
function dropsTo(file: string, port: number): Drop[] {
  const found = rows(
    file,
    `SELECT e.detail, e.kernel_stack_id FROM event e JOIN attempt a ON a.id = e.attempt_id
     WHERE e.kind = 'drop' AND a.remote_port = ? AND a.direction = 'outgoing' ORDER BY e.time_ns`,
    port,
  );
  return found.map(({ detail }) => JSON.parse(String(detail)) as Drop);
}

test('the SYN is dropped on its way out, at the other end, and its answer on the way in', async ({
  skip,
}) => {
  const lab = openLab();
  lab.client.output('tcp dport 4101 drop');
  lab.server.input('tcp dport 4102 drop');
  lab.client.input('tcp sport 4103 drop');
  const { folder, remove } = scratch();
  const recording = await Recording.start(`${folder}/dropped.synscope`);
  for (const port of ['4101', '4102', '4103']) {
    await lab.client.run('nc', ['-w', '1', lab.server.ipv4, port]).ended;
  }
  await recording.stop();
  const { file } = recording;
  const [hook] = rows(file, "SELECT attached FROM hook WHERE family = 'drop'");
  if (hook?.['attached'] === 0) {
    expect(dropsTo(file, 4101)).toEqual([]);
    remove();
    lab.close();
    skip('skipped: this kernel gives no reason for a drop');
  }
  expect(dropsTo(file, 4101)[0]).toEqual({ reason: 'NETFILTER_DROP', way: 'out', flags: 'SYN' });
  expect(dropsTo(file, 4102)[0]).toEqual({
    reason: 'NETFILTER_DROP',
    way: 'out',
    flags: 'SYN',
    netns: lab.server.inode,
  });
  expect(dropsTo(file, 4103)[0]).toMatchObject({ reason: 'NETFILTER_DROP', way: 'in' });
  remove();
  lab.close();
});

/** Many connects at once, none of which gets out, until the kernel gives them up. */
const FLOOD = `
import resource, socket, sys, time
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
kept = []
for _ in range(4000):
    s = socket.socket(); s.setblocking(False); s.connect_ex((sys.argv[1], 4104)); kept.append(s)
time.sleep(5)
`;

test('drops that were left out in a flood are said, and the verdicts are less sure', async ({
  skip,
}) => {
  const lab = openLab();
  lab.client.output('tcp dport 4104 drop');
  lab.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  lab.client.sysctl('net.ipv4.tcp_syn_retries', 1);
  const { folder, remove } = scratch();
  const recording = await Recording.start(`${folder}/flood.synscope`);
  const flood = lab.client.run('/usr/bin/python3', ['-c', FLOOD, lab.server.ipv4]);
  expect((await flood.ended).code).toBe(0);
  const { stderr } = await recording.stop();
  const { file } = recording;
  const [hook] = rows(file, "SELECT attached FROM hook WHERE family = 'drop'");
  const sum = (sql: string) => Number(rows(file, `SELECT count(*) AS n FROM ${sql}`)[0]?.['n']);
  const told = sum("event WHERE kind = 'drop'");
  const notes = rows(file, 'SELECT text FROM note').map(({ text }) => String(text));
  const drops = notes.find((note) => note.includes('were not told of')) ?? '';
  const silences = rows(file, "SELECT DISTINCT confidence FROM attempt WHERE verdict = 'silence'");
  remove();
  lab.close();
  if (hook?.['attached'] === 0) skip('skipped: this kernel gives no reason for a drop');
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThan(4000);
  expect(notes.join(' ')).toContain('with some attempts, drops are missing');
  // Each of the 4000 SYNs is told of, or counted.
  expect(told + Number.parseInt(drops, 10)).toBeGreaterThanOrEqual(4000);
  expect(stderr).toContain(drops);
  expect(silences).toEqual([{ confidence: 'likely' }]);
});

const CALLS = `
import resource, socket
def attempt(call):
    try: call()
    except OSError: pass
listening = socket.socket(); listening.bind(('127.0.0.1', 4110)); listening.listen(1)
attempt(lambda: socket.socket().bind(('127.0.0.1', 4110)))
attempt(lambda: socket.socket().bind(('192.0.2.1', 4111)))
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
kept = []
def fill():
    while True: kept.append(socket.socket())
attempt(fill)
`;

test('bind(2) and socket(2) that fail are rows with their errno, caller and stack', async () => {
  const lab = openLab();
  lab.client.now('ip', ['link', 'set', 'lo', 'up']);
  const { folder, remove } = scratch();
  const recording = await Recording.start(`${folder}/calls.synscope`);
  expect((await lab.client.run('python3', ['-c', CALLS]).ended).code).toBe(0);
  await recording.stop();
  const found = rows(
    recording.file,
    `SELECT a.call, a.error, a.local_port, a.failed, p.comm, e.user_stack_id IS NOT NULL AS stack,
       json_extract(e.detail, '$.descriptorLimit') AS descriptors
     FROM attempt a JOIN process p ON p.id = a.process_id JOIN event e ON e.attempt_id = a.id AND e.kind = 'call'
     WHERE a.netns = ? ORDER BY a.id`,
    lab.client.inode,
  );
  const python = { failed: 1, comm: 'python3', stack: 1 };
  expect(found).toMatchObject([
    { ...python, call: 'bind', error: 'EADDRINUSE', local_port: 4110 },
    { ...python, call: 'bind', error: 'EADDRNOTAVAIL', local_port: 4111 },
    { ...python, call: 'socket', error: 'EMFILE', descriptors: 16 },
  ]);
  remove();
  lab.close();
});
