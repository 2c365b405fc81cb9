// The capture itself: what is lost is counted, what ends leaves nothing in the kernel,
// and how much privilege it takes.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child, eventually } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { hear } from './programs.ts';
import { rows, scratch } from './session-file.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';
import { captureBegins, command, synscope, TraceRun } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
let lab: Lab;

beforeAll(() => {
  if (!whyNoKernel()) lab = openLab();
});

afterAll(() => {
  lab?.close();
  remove();
});

/** Ids of the BPF programs, maps and links that a process holds, from its descriptors. */
function bpfHeld(pid: number): { prog: number[]; map: number[]; link: number[] } {
  const folder = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(folder).map((fd) => readFileSync(`${folder}/${fd}`, 'utf8'));
  const ids = (kind: string) => [
    ...new Set(texts.flatMap((text) => text.match(`${kind}_id:\\s+(\\d+)`)?.[1] ?? []).map(Number)),
  ];
  return { prog: ids('prog'), map: ids('map'), link: ids('link') };
}

/** Ids of all that there are in the kernel. */
function bpfIds(kind: 'prog' | 'map' | 'link'): Set<number> {
  const text = execFileSync('bpftool', [kind, 'show', '-j'], { encoding: 'utf8' });
  return new Set((JSON.parse(text) as { id: number }[]).map(({ id }) => id));
}

test('nothing stays in the kernel: after Ctrl-C, and after a kill', async () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const trace = await TraceRun.start([]);
    const held = bpfHeld(trace.child.pid);
    expect(held.link.length, 'links while it runs').toBeGreaterThan(3);
    await trace.child.stop(signal, 15_000);
    for (const kind of ['prog', 'map', 'link'] as const) {
      await eventually(`the ${kind}s are gone`, () => {
        const now = bpfIds(kind);
        return held[kind].some((id) => now.has(id)) ? undefined : true;
      });
    }
  }
});

test('what the ring cannot hold is counted as lost', async () => {
  const file = `${folder}/tiny-${Date.now()}.synscope`;
  const child = synscope(['record', '-o', file, '--ring-bytes', '4096']);
  await captureBegins(child);
  const burst = 'for i in $(seq 40); do nc -z 127.0.0.1 4701 & done; wait';
  await lab.client.run('bash', ['-c', burst]).ended;
  const ended = await child.stop('SIGINT', 15_000);

  expect(ended.code, ended.stderr).toBe(0);
  const [session] = rows(file, 'SELECT lost FROM session');
  expect(session?.lost).toBeGreaterThan(0);
  expect(ended.stderr, 'the loss is said').toMatch(/lost/i);
  const last = (name: string) =>
    Number(
      rows(file, 'SELECT value FROM counter WHERE name = ? ORDER BY time_ns DESC LIMIT 1', name)[0]
        ?.value,
    );
  expect(last('emitted')).toBe(last('delivered') + last('lost'));
  const [incomplete] = rows(file, 'SELECT count(*) AS n FROM attempt WHERE incomplete = 1');
  expect(incomplete?.n, 'attempts that may miss events say so').toBeGreaterThan(0);
});

test('every attempt is seen: as many as the kernel counts', async () => {
  const quiet = openLab();
  await listen(quiet, 4702);
  const count = (name: string) =>
    Number(/\s(\d+)\s/.exec(quiet.client.now('nstat', ['-asz', name]).split('\n')[1] ?? '')?.[1]);
  const trace = await TraceRun.start([]);
  const before = count('TcpActiveOpens');
  const script = `for i in $(seq 60); do nc -z ${quiet.server.ipv4} $((4701 + i % 3)); done`;
  await quiet.client.run('bash', ['-c', script]).ended;
  const opened = count('TcpActiveOpens') - before;
  expect(opened).toBe(60);
  const mine = () =>
    trace.lines.filter(
      (line) => line.direction === 'outgoing' && line.remote.address === quiet.server.ipv4,
    );
  await trace.child.until('60 attempts', () => mine().length >= opened || undefined);
  const { summary } = await trace.stop();
  expect(mine()).toHaveLength(opened);
  expect(summary.lost).toBe(0);
  quiet.close();
});

const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

/** Runs Synscope as the user `nobody`, with the given capabilities as ambient ones. */
function asNobody(capabilities: readonly string[], args: readonly string[]): Child {
  const list = capabilities.map((name) => `+${name}`).join(',');
  const given = list ? [`--inh-caps=${list}`, `--ambient-caps=${list}`] : [];
  return new Child('setpriv', [...nobody, ...given, ...command, ...args], {
    HOME: folder,
    XDG_STATE_HOME: folder,
  });
}

/** Why `nobody` cannot run this checkout; null when it can. */
function whyNotNobody(): string | null {
  try {
    execFileSync('setpriv', [...nobody, 'test', '-r', command[1]], { stdio: 'ignore' });
    return null;
  } catch {
    return `skipped: the user nobody cannot read ${command[1]}`;
  }
}

test('an ordinary user with ambient capabilities captures', async (context) => {
  const reason = whyNotNobody();
  if (reason) context.skip(reason);
  chmodSync(folder, 0o777);
  const file = `${folder}/ordinary.synscope`;
  const all = ['bpf', 'perfmon', 'sys_ptrace', 'dac_read_search', 'syslog', 'net_admin'];
  const child = asNobody(all, ['record', '-o', file]);
  await captureBegins(child);
  const bad = dial(lab, lab.server.ipv4, 4703);
  await hear(bad, 'connect');
  const ended = await child.stop('SIGINT', 15_000);
  expect(ended.code, ended.stderr).toBe(0);
  const found = rows(
    file,
    `SELECT outcome, comm FROM attempt JOIN process ON process.id = process_id WHERE pid = ?`,
    bad.pid,
  );
  expect(found).toEqual([{ outcome: 'refused', comm: 'dial' }]);
});

test('without any privilege: a sentence, a fix, and a status that is not 0', async (context) => {
  const reason = whyNotNobody();
  if (reason) context.skip(reason);
  chmodSync(folder, 0o777);
  for (const args of [['trace'], ['record', '-o', `${folder}/none.synscope`], ['doctor']]) {
    const ended = await asNobody([], args).ended;
    expect(ended.code, args[0]).not.toBe(0);
    const text = ended.stdout + ended.stderr;
    expect(text, args[0]).toMatch(/CAP_BPF|root|sudo|privilege/i);
    expect(text, args[0]).not.toMatch(/^\s+at .*:\d+/m);
  }
});

test('doctor says that capture works here', async () => {
  const ended = await synscope(['doctor']).ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(ended.stdout).toContain('inet_sock_set_state');
});
