// The flags of `synscope trace`, its endings, and what it says when it cannot work.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { hear } from './programs.ts';
import { rows, scratch } from './session-file.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';
import {
  captureBegins,
  command,
  names,
  runSynscope,
  synscope,
  type TraceLine,
  TraceRun,
} from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
let lab: Lab;
let server: Child;

beforeAll(async () => {
  if (whyNoKernel()) return;
  lab = openLab();
  server = await listen(lab, 4601);
});

afterAll(() => {
  lab?.close();
  remove();
});

test('--failed, --connect-only, --accept-only, --pid and --comm each choose', async () => {
  const flags = {
    failed: ['--failed'],
    outgoing: ['--connect-only'],
    accepted: ['--accept-only'],
    server: ['--pid', String(server.pid)],
    listener: ['--comm', 'listener'],
  };
  const started = await Promise.all(
    Object.entries(flags).map(async ([name, args]) => [name, await TraceRun.start(args)] as const),
  );
  const traces = Object.fromEntries(started);
  const good = dial(lab, lab.server.ipv4, 4601);
  const bad = dial(lab, lab.server.ipv4, 4602);
  await Promise.all([good.ended, bad.ended]);
  const seen = async (name: string, pid: number) => await traces[name]?.attempt({ pid });

  await seen('failed', bad.pid);
  await seen('outgoing', good.pid);
  await seen('outgoing', bad.pid);
  await seen('accepted', server.pid);
  await seen('server', server.pid);
  await seen('listener', server.pid);
  for (const trace of Object.values(traces)) expect((await trace.stop()).ended.code).toBe(0);

  expect(traces.failed?.matching({ pid: good.pid })).toEqual([]);
  expect(traces.outgoing?.matching({ direction: 'accepted' })).toEqual([]);
  expect(traces.accepted?.matching({ direction: 'outgoing' })).toEqual([]);
  expect(traces.server?.lines.every((line) => line.process?.pid === server.pid)).toBe(true);
  expect(traces.listener?.lines.every((line) => line.process?.comm === 'listener')).toBe(true);
});

/** What fails without a SYN, each in its own way. */
const WITHOUT_SYN = `
import resource, socket
def attempt(call):
    try: call()
    except OSError: pass
attempt(lambda: socket.socket().bind(('192.0.2.1', 4611)))
attempt(lambda: socket.socket().connect(('10.99.0.1', 4612)))
server = socket.socket(); server.bind(('127.0.0.1', 4613))
attempt(server.accept)
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
kept = []
def fill():
    while True: kept.append(socket.socket())
attempt(fill)
`;

test('--failed: calls that fail without a SYN are lines with their process, stack and verdict', async () => {
  const flags = [['--failed'], ['--failed', '--connect-only'], ['--failed', '--accept-only']];
  const traces = await Promise.all(flags.map(async (args) => await TraceRun.start(args)));
  const text = synscope(['trace', '--failed']);
  await captureBegins(text);
  const child = lab.client.run('/usr/bin/python3', ['-c', WITHOUT_SYN]);
  expect((await child.ended).code).toBe(0);
  const bad = dial(lab, lab.server.ipv4, 4614);
  const seen = traces.map(async (trace, i) => {
    await trace.attempt({ pid: i === 2 ? child.pid : bad.pid }, 20_000);
    return await trace.attempts({ pid: child.pid }, [4, 3, 3][i] ?? 0);
  });
  const [all = [], outgoing = [], accepted = []] = await Promise.all(seen);
  const expected = [
    ['bind', 'EADDRNOTAVAIL', 'address-not-ours'],
    ['connect', 'ENETUNREACH', 'no-route'],
    ['accept', 'EINVAL', 'listener-closed'],
    ['socket', 'EMFILE', 'descriptors-used-up'],
  ];
  const told = (lines: readonly TraceLine[]) =>
    lines.map(({ syscall, error, verdict }) => [syscall, error, verdict?.id]).toSorted();
  const of = (...calls: string[]) => expected.filter(([call = '']) => calls.includes(call));
  expect(told(all)).toEqual(expected.toSorted());
  expect(told(outgoing)).toEqual(of('bind', 'connect', 'socket').toSorted());
  expect(told(accepted)).toEqual(of('accept', 'bind', 'socket').toSorted());
  for (const line of all) {
    expect(line).toMatchObject({ failed: true, process: { pid: child.pid, comm: 'python3' } });
    // accept4, in the case of accept.
    expect(names(line.userStack)[0]).toMatch(new RegExp(`^${line.syscall}`));
    expect(line.verdict).toMatchObject({
      sentence: expect.stringContaining('python3'),
      confidence: expect.stringMatching(/^(certain|likely)$/),
    });
    expect(line.verdict?.evidence[0]).toEqual({
      text: `${line.syscall}(2) returned ${line.error}`,
      eventId: expect.any(Number),
    });
  }
  for (const trace of traces) await trace.stop();
  const { stdout } = await text.stop('SIGINT', 15_000);
  for (const { verdict } of all) expect(stdout).toContain(`    ${verdict?.sentence}`);
  expect(stdout).toMatch(/failed +python3\[\d+\] +bind\(2\) on 192\.0\.2\.1:4611 +EADDRNOTAVAIL/);
  expect(stdout).toMatch(/failed +python3\[\d+\] +socket\(2\) +EMFILE/);
});

test('plain text: one readable line for a failure', async () => {
  const child = synscope(['trace']);
  await captureBegins(child);
  const bad = dial(lab, lab.server.ipv4, 4603);
  const line = await child.until('a line about port 4603', () =>
    child.stdout.split('\n').find((text) => text.includes(':4603')),
  );
  expect(line).toContain('ECONNREFUSED');
  expect(line).toContain('dial');
  expect(line).toContain(String(bad.pid));
  const ended = await child.stop('SIGINT', 15_000);
  expect(ended.code, ended.stderr).toBe(0);
});

test('--duration ends with a summary', async () => {
  const ended = await runSynscope(['trace', '--json', '--duration', '1s']);
  expect(ended.code, ended.stderr).toBe(0);
  const last: unknown = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ type: 'summary', lost: 0 });
});

test('`trace | head -1` ends quietly when its reader goes away', async () => {
  const pipe = new Child('bash', ['-c', '"$@" | head -n 1', 'bash', ...command, 'trace', '--json']);
  await captureBegins(pipe);
  for (let i = 0; i < 3; i++) await dial(lab, lab.server.ipv4, 4604).ended;
  await pipe.until('the first line', () => pipe.stdout.includes('\n') || undefined);
  await dial(lab, lab.server.ipv4, 4604).ended;
  const ended = await Promise.race([
    pipe.ended,
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 10_000)),
  ]);
  expect(ended, 'it went on running').not.toBeNull();
  expect(ended?.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(ended?.stderr).not.toMatch(/EPIPE|at .*\.ts/);
});

test('opens and exports nothing but sessions', async () => {
  const text = `${folder}/text.synscope`;
  writeFileSync(text, 'not a database at all, but long enough to have a header of a file');
  const newer = `${folder}/newer.synscope`;
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA application_id = 0x53796e53; PRAGMA user_version = 999; CREATE TABLE t(x)');
  database.close();
  const bad: [string[], RegExp][] = [
    [['export', text, '--format', 'csv', '-o', `${folder}/x.csv`], /not a .*session/i],
    [['export', newer, '--format', 'csv', '-o', `${folder}/x.csv`], /newer/i],
    [['export', `${folder}/none.synscope`, '--format', 'csv', '-o', `${folder}/x.csv`], /none/],
    [['export', text, '--format', 'pdf', '-o', `${folder}/x.csv`], /csv/],
    [['trace', '--no-such-flag'], /--no-such-flag/],
    [['trace', '--pid', 'banana'], /banana|--pid/],
    [['trace', '--duration', 'soon'], /soon|--duration/],
    [['record', '-o', '/proc/nowhere/x.synscope'], /\/proc\/nowhere/],
    [['no-such-command'], /no-such-command/],
  ];
  const results = await Promise.all(bad.map(async ([args]) => await runSynscope(args)));
  for (const [i, result] of results.entries()) {
    const [args, sentence] = bad[i] ?? [[], /./];
    expect(result.code, args.join(' ')).not.toBe(0);
    expect(result.stderr, args.join(' ')).toMatch(sentence);
    expect(result.stderr, args.join(' ')).not.toMatch(/^\s+at .*:\d+/m);
  }
  expect(existsSync(`${folder}/x.csv`)).toBe(false);
});

test('record does not overwrite a session', async () => {
  const path = `${folder}/kept.synscope`;
  writeFileSync(path, 'precious');
  const result = await runSynscope(['record', '-o', path, '--duration', '1s']);
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain(path);
});

test('a full disk ends the recording with a sentence, and what was written stays whole', async () => {
  const disk = `${folder}/disk`;
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'none', disk]);
  try {
    const path = `${disk}/small.synscope`;
    const child = synscope(['record', '-o', path]);
    await captureBegins(child);
    writeFileSync(`${disk}/ballast`, Buffer.alloc(64 * 1024));
    const many = lab.client.run('bash', [
      '-c',
      `for i in $(seq 300); do nc -z ${lab.server.ipv4} 4605; done`,
    ]);
    const ended = await child.ended;
    expect(ended.stderr).toContain('The disk is full');
    expect(ended.stderr).not.toMatch(/^\s+at .*:\d+/m);
    expect(ended.code).not.toBe(0);
    many.kill('SIGKILL');
    execFileSync('cp', ['-r', `${disk}/.`, `${folder}/saved`]);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
  expect(rows(`${folder}/saved/small.synscope`, 'PRAGMA integrity_check')).toEqual([
    { integrity_check: 'ok' },
  ]);
});

test('Ctrl-C during the start leaves nothing behind', async () => {
  const child = synscope(['trace', '--json']);
  await new Promise((resolve) => setTimeout(resolve, 250));
  const ended = await child.stop('SIGINT', 10_000);
  expect(ended.signal).not.toBe('SIGKILL');
});

test('an attempt that is open when the trace ends is printed then', async () => {
  const trace = await TraceRun.start();
  const child = dial(lab, lab.server.ipv4, 4601, '--hold', '60000');
  await hear(child, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await trace.stop();
  expect(trace.matching({ pid: child.pid })).toMatchObject([{ outcome: 'open' }]);
  await child.stop('SIGKILL');
});

test('signals that come while the programs are verified cost no hook', async () => {
  const [node, main] = command;
  // The profiler sends SIGPROF many times a second.
  const profiled = ['--cpu-prof', '--cpu-prof-dir', `${folder}/profiles`];
  const child = new Child(node, [...profiled, main, 'trace', '--json']);
  await captureBegins(child);
  expect((await child.stop('SIGINT', 20_000)).code).toBe(0);
});
