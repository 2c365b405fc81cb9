// Attempts that did not fail and still had trouble: the verdict, what it rests on, and that
// nobody counts them among the failures.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, eventually, meanwhile, pause } from './children.ts';
import { python } from './failures/scenario.ts';
import { Hole, whyNoHole } from './hole.ts';
import { type Lab, openLab } from './lab.ts';
import { hear } from './programs.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { dial, listen, useStage, whyNoKernel } from './stage.ts';
import { type TraceLine, TraceRun } from './trace-run.ts';

const stage = useStage();
const { folder, remove } = scratch();
let recording: Recording | null = null;
let failures: TraceRun | null = null;
const troubledPids = new Set<number>();

beforeAll(async () => {
  if (whyNoKernel()) return;
  recording = await Recording.start(`${folder}/trouble.synscope`);
  failures = await TraceRun.start(['--failed']);
});

afterAll(async () => {
  const ended = await recording?.stop();
  await failures?.stop();
  remove();
  if (ended) expect(ended.code, ended.stderr).toBe(0);
  const printed = failures?.lines.filter(({ process }) => troubledPids.has(process?.pid ?? 0));
  expect(printed ?? [], 'printed by trace --failed').toEqual([]);
});

/** Asserts that it had this trouble, and is no failure. */
function expectTrouble(line: TraceLine, verdict: string): void {
  expect(line.verdict?.id, line.verdict?.sentence).toBe(verdict);
  troubledPids.add(line.process?.pid ?? 0);
  expect(line).toMatchObject({ failed: false, troubled: true, outcome: 'closed', error: null });
  const proofs = line.verdict?.evidence.filter(({ eventId }) => eventId !== null) ?? [];
  expect(proofs.length).toBeGreaterThan(0);
}

/** What the recording says of a process's newest attempt. */
function recorded(pid: number) {
  const [row] = rows(
    recording?.file ?? '',
    `SELECT a.id, a.verdict, a.failed, a.outcome, a.ended_ns, a.failure_group FROM attempt a
     JOIN process p ON p.id = a.process_id WHERE p.pid = ? ORDER BY a.id DESC LIMIT 1`,
    pid,
  );
  return row;
}

async function troubled(child: Child, timeoutMs?: number): Promise<TraceLine> {
  return await stage.trace.attempt({ pid: child.pid }, timeoutMs);
}

test('a connection that went well has no verdict', async () => {
  const lab = stage.lab();
  await listen(lab, 4401);
  const line = await troubled(dial(lab, lab.server.ipv4, 4401, '--send', '100000'));
  expect(line).toMatchObject({ failed: false, troubled: false, verdict: null, troubles: [] });
});

test('nobody reads: both sides stall, while they last and afterwards', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4402, '--delay', '5000');
  const child = dial(lab, lab.server.ipv4, 4402, '--send', '20000000');
  const verdict = () => {
    const row = recorded(child.pid);
    return row?.['verdict'] ? row : undefined;
  };
  const open = await eventually('the verdict on an open connection', verdict, 20_000);
  expect(open).toMatchObject({ verdict: 'zero-window', outcome: 'open', failed: 0 });
  expect(open['ended_ns']).toBeNull();

  const sender = await troubled(child, 20_000);
  expectTrouble(sender, 'zero-window');
  const [began, ended] = sender.troubles;
  expect(began).toMatchObject({ kind: 'zero-window' });
  expect(began?.text).toMatch(/peer's window closed: .* must wait here/);
  const lastedMs = (ended?.atMs ?? 0) - (began?.atMs ?? 0);
  expect(lastedMs).toBeGreaterThan(3000);
  expect(lastedMs).toBeLessThan(5300);
  const reader = await stage.trace.attempt({ pid: server.pid }, 20_000);
  expectTrouble(reader, 'not-reading');
  expect(recorded(child.pid)).toMatchObject({ verdict: 'zero-window', failure_group: null });
});

test('the first SYN is lost: connected late', async () => {
  const lab = stage.lab();
  await listen(lab, 4403);
  lab.server.input('tcp dport 4403 tcp flags syn drop');
  const child = dial(lab, lab.server.ipv4, 4403);
  await pause(500);
  lab.server.pass();
  const line = await troubled(child);
  expectTrouble(line, 'slow-handshake');
  expect(line.connectMs).toBeGreaterThan(900);
  expect(line.verdict?.sentence).toContain('took 2 SYNs');
  expect(line.verdict?.confidence).toBe('certain');
});

test('the SYN-ACK is lost: accepted late', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4404);
  lab.client.input('tcp sport 4404 tcp flags & (syn | ack) == (syn | ack) drop');
  const child = dial(lab, lab.server.ipv4, 4404);
  await pause(500);
  lab.client.pass();
  await troubled(child);
  const line = await stage.trace.attempt({ pid: server.pid }, 20_000);
  expectTrouble(line, 'slow-handshake');
  expect(line.verdict?.sentence).toMatch(/took \d SYN-ACKs/);
});

test('the peer is silent for a while: sent again with growing timeouts, then answered', async (context) => {
  const reason = whyNoHole();
  if (reason) context.skip(reason);
  const lab = stage.lab();
  await listen(lab, 4405);
  const hole = await Hole.in(lab.client);
  const child = dial(
    lab,
    lab.server.ipv4,
    4405,
    '--delay',
    '500',
    '--send',
    '1000',
    '--hold',
    '6000',
  );
  await hear(child, 'connect');
  hole.swallow(lab.server.ipv4);
  await pause(2500);
  hole.release(lab.server.ipv4);
  const line = await troubled(child, 20_000);
  expectTrouble(line, 'retransmission-timeouts');
  const [, inRow] = /sent again (\d+) times in a row/.exec(line.verdict?.sentence ?? '') ?? [];
  expect(Number(inRow)).toBeGreaterThanOrEqual(3);
});

test('keep-alive probes are unanswered for a while', async (context) => {
  const reason = whyNoHole();
  if (reason) context.skip(reason);
  const lab = stage.lab();
  await listen(lab, 4406);
  const hole = await Hole.in(lab.client);
  const child = dial(lab, lab.server.ipv4, 4406, '--keepalive', '1,1,9', '--hold', '11000');
  await hear(child, 'connect');
  hole.swallow(lab.server.ipv4);
  await pause(5500);
  hole.release(lab.server.ipv4);
  const line = await troubled(child, 30_000);
  expectTrouble(line, 'missed-keep-alive');
  expect(line.troubles.map(({ kind }) => kind)).toEqual(['keep-alive', 'keep-alive']);
});

test('the accept queue is full: connected after its SYN was sent again', async () => {
  const lab = stage.lab();
  // One that it is busy with, one in the queue: there is no room for a third.
  await listen(lab, 4407, '--backlog', '0', '--delay', meanwhile(1500));
  for (const _ of [1, 2]) {
    const other = dial(lab, lab.server.ipv4, 4407);
    await hear(other, 'connect');
    await pause(100);
  }
  const line = await troubled(dial(lab, lab.server.ipv4, 4407), 30_000);
  expectTrouble(line, 'backlog-delayed');
  expect(line.verdict?.sentence).toContain('accept queue');
  expect(line.verdict?.confidence).not.toBe('possible');
  await expectAlert(/listener of listener .*:4407 threw away \d+ packets? of handshakes/);
});

/** Ends when all of its connections have been made. */
const BURST = `
import select, socket, sys
sockets = [socket.socket() for _ in range(8)]
for each in sockets:
    each.setblocking(False)
    each.connect_ex((sys.argv[1], int(sys.argv[2])))
while sockets:
    _, connected, _ = select.select([], sockets, [], 60)
    if not connected: sys.exit('some were not answered')
    sockets = [each for each in sockets if each not in connected]
    for each in connected: each.close()
`;

test('a burst that a scan finds nothing of any more', async () => {
  const lab = stage.lab();
  await listen(lab, 4412, '--backlog', '0', '--delay', meanwhile(40));
  const { code, stderr } = await python(lab.client, BURST, lab.server.ipv4, '4412').ended;
  expect(code, stderr).toBe(0);
  await expectAlert(/listener of listener .*:4412 threw away \d+ packets? of handshakes/);
});

/** Fills a SYN queue for one by a handshake that nobody finishes. */
async function halfOpen(lab: Lab, port: number): Promise<void> {
  const other = lab.client.ipv4.replace(/\d+$/, '77');
  lab.client.ip('addr', 'add', `${other}/24`, 'dev', 'eth0');
  lab.client.input(`ip daddr ${other} tcp sport ${port} drop`);
  dial(lab, lab.server.ipv4, port, '--bind', other, '--nonblock', '--close-after', '8000');
  await pause(300);
}

test('the SYN queue is full: accepted by a SYN cookie', async () => {
  const lab = stage.lab();
  const server = await listen(lab, 4408, '--backlog', '0');
  await halfOpen(lab, 4408);
  const child = dial(lab, lab.server.ipv4, 4408, '--hold', '1500', '--send', '10');
  await hear(child, 'connect');
  const line = await stage.trace.attempt({ pid: server.pid, direction: 'accepted' }, 20_000);
  const counted = lab.server.now('cat', ['/proc/net/netstat']);
  expect(counterOf(counted, 'SyncookiesRecv')).toBeGreaterThan(0);
  expectTrouble(line, 'syn-cookies');
  expect(line.troubles).toMatchObject([{ kind: 'syn-cookie' }]);
  await expectAlert(/listener of listener .*:4408 answers by SYN cookies/);

  const after = dial(lab, lab.server.ipv4, 4408);
  await troubled(after);
});

test('no cookie is seen where none was sent', async () => {
  const lab = openLab();
  try {
    const server = await listen(lab, 4409);
    for (let i = 0; i < 20; i++) dial(lab, lab.server.ipv4, 4409);
    const lines = await stage.trace.attempts({ pid: server.pid }, 20, 30_000);
    for (const line of lines) expect(line.verdict).toBeNull();
  } finally {
    lab.close();
  }
});

test('every tenth segment is lost', async () => {
  const lab = stage.lab();
  await listen(lab, 4410);
  lab.server.input('tcp dport 4410 tcp flags & (syn | fin) == 0 numgen inc mod 10 == 9 drop');
  const line = await troubled(dial(lab, lab.server.ipv4, 4410, '--send', '3000000'), 40_000);
  expect(['segments-lost', 'retransmission-timeouts']).toContain(line.verdict?.id);
  expectTrouble(line, line.verdict?.id ?? '');
  expect(line.retransmits).toBeGreaterThanOrEqual(10);
});

function counterOf(netstat: string, name: string): number {
  const [names, values] = netstat.split('\n').filter((each) => each.startsWith('TcpExt:'));
  const index = names?.split(' ').indexOf(name) ?? -1;
  return Number(values?.split(' ')[index]);
}

async function expectAlert(text: RegExp): Promise<void> {
  const find = () =>
    rows(recording?.file ?? '', "SELECT text FROM alert WHERE kind = 'listener'").find((row) =>
      text.test(String(row['text'])),
    );
  expect(await eventually('the alert', find, 10_000)).toBeDefined();
}
