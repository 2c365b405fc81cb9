// How much the machine is asked, on the machine that the test runs on: addresses of its own
// loopback network that nobody listens at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { KernelCounters } from '../../../engine/capture/kernel-counters.ts';
import { MachineContext } from '../../../engine/context/machine-context.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { ListenerTable } from '../../../engine/lifecycle/listeners.ts';
import { attemptTo, S, someone } from './attempts.ts';

function machine(timeMs?: number) {
  const notes: string[] = [];
  const kernel = new KernelCounters();
  const state = { nowNs: 10.2 * S };
  const context = new MachineContext({
    kernel,
    listeners: new ListenerTable(),
    attempts: () => [],
    now: () => state.nowNs,
    note: (sentence) => notes.push(sentence),
    ...(timeMs !== undefined && { timeMs }),
  });
  return {
    context,
    notes,
    state,
    refused: (port: number) => attemptTo('127.9.9.9', port, kernel.own),
  };
}

const NOBODY: ContextDetail = { about: 'listener', listeners: 0, pid: null, comm: null };

test('the kernel is asked who listens', async () => {
  const { context, refused, notes } = machine();
  expect(await context.ask(refused(1))).toEqual([NOBODY]);
  context.finish();
  expect(notes).toEqual([]);
});

const external = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(external === undefined)('an address of an interface of this machine', async () => {
  const { context } = machine();
  const attempt = attemptTo(external ?? '', 1, new KernelCounters().own);
  attempt.localAddress = '127.0.0.1';
  expect(await context.ask(attempt)).toEqual([{ ...NOBODY, own: true }]);
  context.finish();
});

test.each([
  [true, { listeners: 0, elsewhere: ['::'], ipv6Only: true }],
  [false, { listeners: 1 }],
])('a listener on :: is asked whether it takes IPv6 only: %s', async (ipv6Only, told) => {
  const server = createServer();
  await new Promise<void>((done) => server.listen({ host: '::', port: 0, ipv6Only }, done));
  const { context, refused } = machine();
  const details = await context.ask(refused((server.address() as AddressInfo).port));
  expect(details).toEqual([{ about: 'listener', pid: null, comm: null, ...told }]);
  context.finish();
  server.close();
});

test('a burst: 20 askings, what is known at no cost for the others, and one note', async () => {
  const { context, refused, notes } = machine();
  const answers = Array.from({ length: 60 }, (_, index) => context.ask(refused(1 + index)));
  const asked = answers.filter((answer) => answer instanceof Promise);
  expect(asked.length).toBeGreaterThanOrEqual(20);
  expect(asked.length).toBeLessThan(30);
  for (const answer of await Promise.all(answers)) expect(answer).toEqual([NOBODY]);
  expect(notes).toHaveLength(1);
  context.finish();
  expect(notes[1]).toBe(`Nothing was asked of the machine about ${60 - asked.length} failures.`);
});

test('the same failure again and again is one asking', async () => {
  const { context, refused, notes } = machine();
  const answers = await Promise.all(Array.from({ length: 500 }, () => context.ask(refused(1))));
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify([NOBODY])]),
  );
  context.finish();
  expect(notes).toEqual([]);
});

test('an attempt that timed out here: settings are asked for, and all comes in time', async () => {
  const { context, refused } = machine();
  const attempt = refused(1);
  attempt.outcome = 'timed-out';
  const began = performance.now();
  const details = (await context.ask(attempt)) ?? [];
  expect(performance.now() - began).toBeLessThan(2000);
  expect(details.map(({ about }) => about)).toContain('settings');
});

test('bind(2) that says EACCES: from which port on it needs no privilege', async () => {
  const attempt = attemptTo('', 0, new KernelCounters().own);
  Object.assign(attempt, { call: 'bind', errno: 13, outcome: 'failed' });
  expect(await machine().context.ask(attempt)).toEqual([
    expect.objectContaining({ about: 'settings', unprivilegedPort: expect.any(Number) }),
  ]);
});

test('a local address that no interface has: there is a way without it', async () => {
  const { context } = machine();
  const attempt = attemptTo('127.0.0.1', 9, new KernelCounters().own);
  Object.assign(attempt, { outcome: 'unreachable', errno: 101, localAddress: '192.0.2.99' });
  const route = { about: 'route', found: false, withoutSource: 'foreign' };
  expect(await context.ask(attempt)).toContainEqual(expect.objectContaining(route));
  context.finish();
});

/** Holds this thread up, as a flood of events does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a thread that was busy meanwhile hears the answers all the same', async () => {
  const { context, refused, notes } = machine();
  const attempt = refused(1);
  attempt.outcome = 'timed-out';
  const asking = context.ask(attempt);
  block(700);
  expect((await asking)?.map(({ about }) => about)).toContain('settings');
  context.finish();
  expect(notes).toEqual([]);
});

test('what is not answered in time is left out, and that is said', async () => {
  const { context, refused, notes } = machine(0);
  const attempt = refused(1);
  attempt.outcome = 'timed-out';
  block(20);
  await context.ask(attempt);
  expect(notes).toEqual([expect.stringContaining('too busy to tell all')]);
  context.finish();
  expect(notes[1]).toContain('about 1 failure in time');
});

test('too late, of an end that nobody can explain, or in a namespace that is gone: nothing', async () => {
  const { context, refused, state } = machine();
  const unknown = refused(1);
  Object.assign(unknown, { outcome: 'failed', errno: 9999 });
  expect(context.ask(unknown)).toBeNull();
  const gone = attemptTo('10.0.0.3', 443, 1);
  gone.outcome = 'timed-out';
  expect(await context.ask(gone)).toEqual([]);
  // Who listens on another machine is not known from who listens here.
  expect(await context.ask(attemptTo('10.0.0.3', 443, 1))).toEqual([]);
  state.nowNs = 60 * S;
  const late = refused(1);
  late.outcome = 'timed-out';
  expect(context.ask(late)).toBeNull();
});

test.each([
  [
    'all in use',
    'ulimit -n 6; exec 3<&0 4<&0 5<&0',
    [{ about: 'descriptors', open: expect.any(Number), limit: 6 }],
  ],
  ['fewer than EMFILE proves: some were closed since', 'ulimit -n 6', []],
])('descriptors of a process without room for one more: %s', async (_, script, told) => {
  const child = spawn('bash', ['-c', `${script}; echo ready; read -t 10`]);
  try {
    await once(child.stdout, 'data');
    const attempt = attemptTo('', 0, new KernelCounters().own);
    const pid = child.pid ?? 0;
    // Fields count from the state, the third; ticks are of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    const startNs = Number(fields[19]) * 1e7;
    Object.assign(attempt, { call: 'socket', errno: 24, outcome: 'failed' });
    attempt.owner = { ...someone('bash', pid), startNs };
    expect(await machine().context.ask(attempt)).toEqual(told);
  } finally {
    child.kill();
  }
});
