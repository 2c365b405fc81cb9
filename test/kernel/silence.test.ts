// Connects that nobody answers: given up by the caller, by the kernel, or by the death
// of the process. All are started first and wait side by side.
import { beforeAll, expect, test } from 'vitest';
import { type Child, eventually, pause } from './children.ts';
import type { Lab } from './lab.ts';
import { hear } from './programs.ts';
import {
  dial,
  expectConnectStacks,
  expectOwner,
  listen,
  path,
  useStage,
  whyNoKernel,
} from './stage.ts';
import { at, type TraceLine } from './trace-run.ts';

const stage = useStage();
const silent = 4300;
let exponential: Lab;
let linear: Lab;
let linearTimeouts = false;
const cast: Record<string, Child> = {};
/** From the start of the program that is killed to its end. */
let killedAfterMs = Number.NaN;

/** Drops everything towards the silent port, in a lab of its own. */
function silence(): Lab {
  const lab = stage.lab();
  lab.server.input(`tcp dport ${silent} drop`);
  return lab;
}

beforeAll(async () => {
  if (whyNoKernel()) return;
  exponential = silence();
  // Since 6.5 the first four gaps are equal unless this is 0; before, they always doubled.
  exponential.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  linear = silence();
  linearTimeouts = linear.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 4);
  const impatient = silence();
  impatient.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  impatient.client.sysctl('net.ipv4.tcp_syn_retries', 1);

  const { ipv4, ipv6 } = exponential.server;
  const nc = (lab: Lab, seconds: number, address: string) =>
    lab.client.run('nc', ['-w', String(seconds), address, String(silent)]);
  cast.nc = nc(exponential, 9, ipv4);
  cast.nc6 = nc(exponential, 5, ipv6);
  cast.linear = nc(linear, 5, linear.server.ipv4);
  cast.impatient = dial(impatient, impatient.server.ipv4, silent);
  cast.polling = dial(impatient, impatient.server.ipv4, silent, '--nonblock', '--wait', '20000');
  const beganAt = performance.now();
  const killed = dial(exponential, ipv4, silent);
  cast.killed = killed;
  cast.closing = dial(exponential, ipv4, silent, '--nonblock', '--close-after', '1500');
  cast.leaving = dial(exponential, ipv4, silent, '--nonblock', '--exit-at-once');
  await eventually('the SYN of the one to be killed', () => {
    const waiting = exponential.client.now('ss', ['-Htnp', 'state', 'syn-sent']);
    return waiting.includes(`pid=${killed.pid},`) || undefined;
  });
  await pause(600);
  killed.kill('SIGKILL');
  killedAfterMs = performance.now() - beganAt;
});

/** The attempt of one of the cast, when it has ended. */
async function lineOf(name: string): Promise<{ line: TraceLine; child: Child }> {
  const child = cast[name];
  if (!child) throw new Error(`nobody is called ${name}`);
  return { line: await stage.trace.attempt({ pid: child.pid }, 20_000), child };
}

/** Asserts that times agree within what a busy machine and the timer wheel explain. */
function expectTimes(seen: readonly number[], wanted: readonly number[]): void {
  expect(seen.length, `${seen} instead of ${wanted}`).toBe(wanted.length);
  for (const [i, ms] of wanted.entries()) {
    expect(seen[i], `${seen} instead of ${wanted}`).toBeGreaterThan(ms - 60);
    expect(seen[i], `${seen} instead of ${wanted}`).toBeLessThan(ms * 1.15 + 250);
  }
}

test('given up by the caller after nine seconds: SYN again at 1, 3 and 7 s', async () => {
  const { line } = await lineOf('nc');
  expect(line).toMatchObject({
    outcome: 'abandoned',
    error: null,
    async: true,
    process: { comm: 'nc', cmdline: ['nc', '-w', '9', exponential.server.ipv4, String(silent)] },
    remote: { address: exponential.server.ipv4, port: silent },
    connectMs: null,
    retransmits: 3,
    closedBy: 'local',
  });
  expect(line.local.port).toBeGreaterThan(0);
  expectTimes(line.retransmitAtMs, [1000, 3000, 7000]);
  expect(path(line)).toEqual(['SYN_SENT', 'CLOSE']);
  expectTimes([line.states[1]?.atMs ?? 0, line.durationMs ?? 0], [9000, 9000]);
});

test('given up by the caller over IPv6', async () => {
  const { line } = await lineOf('nc6');
  expect(line).toMatchObject({ family: 'ipv6', outcome: 'abandoned', retransmits: 2 });
  expectTimes(line.retransmitAtMs, [1000, 3000]);
});

test('SYN again in equal gaps, as kernels since 6.5 do', async (context) => {
  if (!linearTimeouts) context.skip('skipped: this kernel has no tcp_syn_linear_timeouts');
  const { line } = await lineOf('linear');
  expect(line.outcome).toBe('abandoned');
  expectTimes(line.retransmitAtMs.slice(0, 4), [1000, 2000, 3000, 4000]);
});

test('timed out by the kernel, blocking', async () => {
  const { line, child } = await lineOf('impatient');
  const fact = await hear(child, 'connect');
  expect(fact.error).toBe('ETIMEDOUT');
  expectOwner(line, child, fact);
  expect(line).toMatchObject({
    outcome: 'timed-out',
    error: 'ETIMEDOUT',
    async: false,
    retransmits: 1,
    connectMs: null,
  });
  expectTimes(line.retransmitAtMs, [1000]);
  expectTimes([line.durationMs ?? 0], [3000]);
  expectConnectStacks(line);
});

test('timed out by the kernel, non-blocking', async () => {
  const { line, child } = await lineOf('polling');
  expect((await hear(child, 'poll')).error).toBe('ETIMEDOUT');
  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({ outcome: 'timed-out', error: 'ETIMEDOUT', async: true });
});

test('killed while connecting', async () => {
  const { line, child } = await lineOf('killed');
  expectOwner(line, child);
  expect(line).toMatchObject({ outcome: 'abandoned', error: null, fd: 3 });
  // None, unless this machine took longer than a second to kill it.
  const due = [1000, 3000, 7000].filter((ms) => ms < (line.durationMs ?? 0));
  expectTimes(line.retransmitAtMs, due);
  expect(line.retransmits).toBe(due.length);
  expect(at(line, 'failure').userProblem).toMatch(/exit|ending|ended/);
  expect(line.local.port).toBeGreaterThan(0);
  expect(line.durationMs).toBeGreaterThan(599);
  expect(line.durationMs).toBeLessThan(killedAfterMs + 250);
  expectConnectStacks(line);
});

test('closed by its own program while connecting', async () => {
  const { line, child } = await lineOf('closing');
  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({ outcome: 'abandoned', error: null, async: true, retransmits: 1 });
  expectTimes([line.durationMs ?? 0], [1500]);
});

test('the process ended at once after a non-blocking connect', async () => {
  const { line, child } = await lineOf('leaving');
  expectOwner(line, child, await hear(child, 'connect'));
  expect(line).toMatchObject({ outcome: 'abandoned', error: null, async: true });
  expectConnectStacks(line);
});

test('SYN-ACK sent again while the client does not hear it', async () => {
  const lab = stage.lab();
  lab.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  lab.client.input('tcp sport 4310 tcp flags & (syn | ack) == syn | ack drop');
  const server = await listen(lab, 4310);
  const child = dial(lab, lab.server.ipv4, 4310);
  await pause(1500);
  lab.client.pass();
  const line = await stage.trace.attempt({ pid: child.pid }, 20_000);
  const answer = await stage.trace.attempt({ pid: server.pid }, 20_000);

  expect(line).toMatchObject({ outcome: 'closed', error: null });
  expect(line.retransmits).toBeGreaterThanOrEqual(1);
  expect(line.connectMs).toBeGreaterThan(900);
  expect(answer.direction).toBe('accepted');
  expect(answer.retransmits, 'SYN-ACKs count as retransmits').toBeGreaterThanOrEqual(1);
});
