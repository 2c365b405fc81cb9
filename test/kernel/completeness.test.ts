// Nothing is missed: what Synscope says that it saw, held against the kernel's own counters
// of fresh network namespaces, as `nstat` reads them without Synscope.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CounterComparison, CounterName } from '../../contract/completeness.ts';
import { atMost, type Child, many, pause } from './children.ts';
import { type Lab, type Namespace, openLab } from './lab.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';
import { captureBegins, runSynscope, synscope, TraceRun, type TraceSummary } from './trace-run.ts';

skipWithoutKernel();

let lab: Lab;
let younger: Lab;
let summary: TraceSummary;
const before = new Map<Namespace, Map<string, number>>();
const CONNECTIONS = many(10_000);

/** Opens connections to a port, so many at a time, and says how many failed. */
const CALLER = `
const { connect } = require('node:net');
const [address, port, count, atOnce] = process.argv.slice(1);
let left = Number(count), failed = 0, open = 0;
function next() {
  if (left-- <= 0) { if (open === 0) { console.log('failed ' + failed); setInterval(() => {}, 1e6); } return; }
  open++;
  connect(Number(port), address).on('error', () => failed++).on('close', () => { open--; next(); }).resume();
}
for (let i = 0; i < Number(atOnce); i++) next();
`;
const ANSWERER = `
require('node:net').createServer((socket) => socket.on('error', () => {}).end('x'))
  .listen(Number(process.argv[1]), () => console.log('listening'));
`;

function node(where: Namespace, script: string, ...args: (string | number)[]): Child {
  return where.run(process.execPath, ['-e', script, ...args.map(String)]);
}

/** All counters of a namespace, as another program reads them. */
function nstat(where: Namespace): Map<string, number> {
  const lines = where.now('nstat', ['-asz']).split('\n').slice(1);
  return new Map(lines.map((line) => [line.split(/\s+/)[0] ?? '', Number(line.split(/\s+/)[1])]));
}

function rose(where: Namespace, name: CounterName): number {
  return (nstat(where).get(`Tcp${name}`) ?? 0) - (before.get(where)?.get(`Tcp${name}`) ?? 0);
}

function row(where: Namespace, name: CounterName): CounterComparison | undefined {
  return summary.completeness?.rows.find(
    (each) => each.netns === where.inode && each.name === name,
  );
}

async function calls(where: Namespace, address: string, port: number, count: number) {
  const child = node(where, CALLER, address, port, count, 50);
  await child.until('all calls', () => (/^failed/m.test(child.stdout) ? true : undefined), 60_000);
  return Number(/failed (\d+)/.exec(child.stdout)?.[1]);
}

async function answers(where: Namespace, port: number): Promise<void> {
  const child = node(where, ANSWERER, port);
  await child.until('the listener', () => (/listening/.test(child.stdout) ? true : undefined));
}

/** Waits for the kernel to get rid of what closed sockets of a port still had to send. */
async function untilSilent(where: Namespace, port: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  const args = ['-tanH', 'exclude', 'time-wait', 'dport', '=', `:${port}`];
  while (where.now('ss', args).trim() !== '') {
    if (Date.now() > deadline) throw new Error(`sockets to port ${port} did not end`);
    await setTimeout(100);
  }
}

beforeAll(async () => {
  if (whyNoKernel()) return;
  lab = openLab();
  // A process in each side, so that its counters can be read from the first moment on.
  await answers(lab.server, 4800);
  await listen(lab, 4801, '--reset', '--request');
  await listen(lab, 4802);
  const holder = lab.client.run('sleep', ['600']);
  before.set(lab.client, nstat(lab.client)).set(lab.server, nstat(lab.server));
  const trace = await TraceRun.start();
  expect(await calls(lab.client, lab.server.ipv4, 4800, CONNECTIONS)).toBe(0);
  expect(await calls(lab.client, lab.server.ipv4, 4803, 200)).toBe(200);
  for (let i = 0; i < 20; i++) {
    await dial(lab, lab.server.ipv4, 4801, '--send', '10', '--expect-eof').ended;
  }
  lab.server.input('tcp dport 4802 numgen random mod 100 < 25 drop');
  await Promise.all(
    Array.from({ length: 8 }, () => dial(lab, lab.server.ipv4, 4802, '--send', '300000').ended),
  );
  lab.server.pass();
  await untilSilent(lab.client, 4802);
  younger = openLab();
  await answers(younger.server, 4804);
  expect(await calls(younger.client, younger.server.ipv4, 4804, 300)).toBe(0);
  summary = (await trace.stop()).summary;
  holder.kill();
}, atMost(150_000));

afterAll(() => {
  lab?.close();
  younger?.close();
});

test(`${CONNECTIONS} connections, opened and accepted, are seen exactly`, () => {
  const opened = rose(lab.client, 'ActiveOpens');
  expect(opened).toBe(CONNECTIONS + 200 + 20 + 8);
  expect(row(lab.client, 'ActiveOpens')).toMatchObject({ kernel: opened, seen: opened, apart: 0 });
  const taken = rose(lab.server, 'PassiveOpens');
  expect(taken).toBe(CONNECTIONS + 20 + 8);
  expect(row(lab.server, 'PassiveOpens')).toMatchObject({ kernel: taken, seen: taken, apart: 0 });
  expect(summary.lost).toBe(0);
});

test('refused connections are the failed attempts that the kernel counts', () => {
  expect(rose(lab.client, 'AttemptFails')).toBe(200);
  expect(row(lab.client, 'AttemptFails')).toMatchObject({ kernel: 200, seen: 200, apart: 0 });
});

test('the RSTs to a closed port have no socket, and are told apart', () => {
  const resets = rose(lab.server, 'OutRsts');
  const found = row(lab.server, 'OutRsts');
  expect(found).toMatchObject({ kernel: resets });
  expect(found?.seen).toBe(20);
  expect(found?.apart).toBe(resets - 20);
  expect(found?.explanation).toMatch(/no connection/);
});

test('connections that were reset are counted at both ends', () => {
  for (const where of [lab.client, lab.server]) {
    const resets = rose(where, 'EstabResets');
    expect(resets).toBeGreaterThanOrEqual(20);
    expect(row(where, 'EstabResets')).toMatchObject({ kernel: resets, seen: resets });
  }
});

test('every retransmitted segment is seen, those sent together too', () => {
  const again = rose(lab.client, 'RetransSegs');
  expect(again).toBeGreaterThan(8);
  expect(row(lab.client, 'RetransSegs')).toMatchObject({ kernel: again, seen: again, apart: 0 });
});

test('a namespace that was made during the capture is compared from its begin', () => {
  const found = row(younger.client, 'ActiveOpens');
  expect(found).toMatchObject({ kernel: 300, seen: 300 });
  expect(found?.explanation ?? '').not.toMatch(/since/);
});

test('with a ring far too small, the difference is exact and its reason is said', async () => {
  const child = synscope(['trace', '--json', '--ring-bytes', '4096']);
  await captureBegins(child);
  const was = nstat(lab.client).get('TcpActiveOpens') ?? 0;
  await calls(lab.client, lab.server.ipv4, 4800, 2000);
  const made = (nstat(lab.client).get('TcpActiveOpens') ?? 0) - was;
  const ended = await child.stop('SIGINT', 15_000);
  summary = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '') as TraceSummary;
  expect(made).toBe(2000);
  const found = row(lab.client, 'ActiveOpens');
  expect(found?.kernel).toBe(made);
  expect(found?.seen).toBeLessThan(made);
  const unseen = made - (found?.seen ?? 0);
  expect(found?.explanation).toContain(`${unseen} not seen: ${summary.lost} events were lost`);
  expect(summary.lost).toBeGreaterThanOrEqual(unseen);
  expect(summary.completeness?.complete).toBe(false);
});

test('stopped and continued, it says what it missed meanwhile, and has not grown', async () => {
  const child = synscope(['trace', '--json', '--ring-bytes', '65536']);
  await captureBegins(child);
  const grown = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  const megabytes = grown();
  child.kill('SIGSTOP');
  await calls(lab.client, lab.server.ipv4, 4800, 1000);
  child.kill('SIGCONT');
  await pause(1500);
  expect(grown() - megabytes, 'more MB than before the stop').toBeLessThan(100);
  const ended = await child.stop('SIGINT', 15_000);
  summary = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '') as TraceSummary;
  const found = row(lab.client, 'ActiveOpens');
  expect(found?.kernel).toBe(1000);
  expect(summary.lost).toBeGreaterThan(0);
  expect(found?.seen).toBeLessThan(1000);
  expect(found?.explanation).toContain(`${1000 - (found?.seen ?? 0)} not seen`);
});

test('doctor makes a connection, sees it and finds it counted', async () => {
  const ended = await runSynscope(['doctor', '--json']);
  const { findings } = JSON.parse(ended.stdout) as { findings: { name: string; level: string }[] };
  const level = (name: string) => findings.find((finding) => finding.name === name)?.level;
  expect(level('self check'), ended.stdout).toBe('ok');
  expect(level('counted'), ended.stdout).toBe('ok');
});
