// Calls made through io_uring: carried out while they are handed over, by a worker, by the
// thread that polls the queue, and with results that wait for their caller.
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { beforeEach, expect, type TestContext, test } from 'vitest';
import { kernelVersion } from '../../cli/doctor-findings.ts';
import type { Child } from './children.ts';
import type { Lab } from './lab.ts';
import { hear, program, type Said } from './programs.ts';
import { dial, expectOwner, listen, path, useStage } from './stage.ts';
import { names, type TraceLine } from './trace-run.ts';

const stage = useStage();

/** Where requests are carried out. */
const MODES = [
  { flags: [], where: 'by the caller' },
  { flags: ['--async'], where: 'by a worker' },
  { flags: ['--sqpoll'], where: 'by the polling thread' },
  { flags: ['--defer'], where: 'by the caller, told when it asks' },
  { flags: ['--defer', '--async'], where: 'by a worker, told when the caller asks' },
];

/** No address of the lab, and no route to it. */
const NOWHERE = '192.0.2.1';

/** Why these cannot run here; null when they can. */
function whyNoRing(): string | null {
  const [major] = kernelVersion(release());
  if (major < 6) return 'skipped: before 6.0 completions do not name their request';
  const { status, stdout } = spawnSync(program('ring'), ['accept', '127.0.0.1', '0']);
  return status === 77 ? `skipped: no io_uring here: ${stdout}` : null;
}

beforeEach((context) => {
  const reason = whyNoRing();
  if (reason) context.skip(reason);
});

function ring(lab: Lab, call: string, address: string, port: number, ...flags: string[]): Child {
  return lab.client.run(program('ring'), [...flags, call, address, String(port)]);
}

/** What the program said of its call; skips where the kernel does not know this request. */
async function answer(context: TestContext, child: Child, call: Said['moment']): Promise<Said> {
  const fact = await hear(child, call);
  const [major, minor] = kernelVersion(release());
  const young =
    (call === 'bind' || call === 'listen') && (major < 6 || (major === 6 && minor < 11));
  if (young && fact.error === 'EINVAL') context.skip(`skipped: ${call} by io_uring is new in 6.11`);
  return fact;
}

/** The one line of a program: another attempt, made after it, has been printed by then. */
async function onlyLine(lab: Lab, child: Child): Promise<TraceLine> {
  const line = await stage.trace.attempt({ pid: child.pid });
  await child.ended;
  const mark = dial(lab, '127.0.0.1', 9);
  await stage.trace.attempt({ pid: mark.pid });
  expect(stage.trace.matching({ pid: child.pid })).toEqual([line]);
  return line;
}

/** The thread that asked is the program's own, though another one may have done it. */
function expectAsker(line: TraceLine, child: Child, flags: readonly string[], fact: Said): void {
  expectOwner(line, child, fact);
  expect(line).toMatchObject({ via: 'io_uring', async: true });
  if (flags.includes('--sqpoll')) return;
  const stack = names(line.userStack);
  expect(stack).toEqual(expect.arrayContaining(['submit', 'dial_backend', 'open_database']));
  // Where the program waits for results is not where it asked.
  expect(line.stacks.flatMap((moment) => names(moment.userStack))).not.toContain('result_of');
}

for (const { flags, where } of MODES) {
  test(`no route: a connect that fails before any SYN, ${where}`, async () => {
    const lab = stage.lab();
    const child = ring(lab, 'connect', NOWHERE, 4801, ...flags);
    const fact = await hear(child, 'connect');
    expect(fact.error).toBe('ENETUNREACH');
    const line = await onlyLine(lab, child);
    expectAsker(line, child, flags, fact);
    expect(line).toMatchObject({ outcome: 'unreachable', error: 'ENETUNREACH', states: [] });
    expect(line.verdict?.id).toBe('no-route');
  });

  test(`refused: one attempt with what the kernel answered, ${where}`, async () => {
    const lab = stage.lab();
    const child = ring(lab, 'connect', '127.0.0.1', 4802, ...flags);
    const fact = await hear(child, 'connect');
    expect(fact.error).toBe('ECONNREFUSED');
    const line = await onlyLine(lab, child);
    expectAsker(line, child, flags, fact);
    expect(line).toMatchObject({ outcome: 'refused', error: 'ECONNREFUSED' });
    expect(path(line)).toEqual(['SYN_SENT', 'CLOSE']);
    expect(line.verdict?.id).toBe('refused-no-listener');
  });

  test(`a connect that succeeds is no failure, ${where}`, async () => {
    const lab = stage.lab();
    const server = await listen(lab, 4803);
    const child = ring(lab, 'connect', lab.server.ipv4, 4803, ...flags);
    const fact = await hear(child, 'connect');
    expect(fact.error).toBeNull();
    const line = await onlyLine(lab, child);
    expectAsker(line, child, flags, fact);
    expect(line).toMatchObject({ outcome: 'closed', failed: false, error: null, verdict: null });
    expect(await stage.trace.attempt({ pid: server.pid })).toMatchObject({ failed: false });
  });

  test(`accept on a socket that does not listen, ${where}`, async () => {
    const lab = stage.lab();
    const child = ring(lab, 'accept', '127.0.0.1', 0, ...flags);
    const fact = await hear(child, 'accept');
    expect(fact.error).toBe('EINVAL');
    const line = await onlyLine(lab, child);
    expect(line).toMatchObject({
      syscall: 'accept',
      outcome: 'failed',
      error: 'EINVAL',
      fd: fact.fd,
    });
    expect(line).toMatchObject({ via: 'io_uring', process: { pid: child.pid, comm: 'ring' } });
    if (!flags.includes('--sqpoll')) expect(names(line.userStack)).toContain('submit');
  });
}

test('no local port left: fails after its begin, and only the request tells why', async () => {
  const lab = stage.lab();
  await listen(lab, 4808);
  lab.client.sysctl('net.ipv4.ip_local_port_range', '40000 40000');
  const holder = dial(lab, lab.server.ipv4, 4808, '--hold', '60000');
  await hear(holder, 'connect');
  for (const flags of [[], ['--async']]) {
    const child = ring(lab, 'connect', lab.server.ipv4, 4808, ...flags);
    const fact = await hear(child, 'connect');
    expect(fact.error).toBe('EADDRNOTAVAIL');
    await child.ended;
    const line = await stage.trace.attempt({ pid: child.pid });
    expectAsker(line, child, flags, fact);
    expect(line).toMatchObject({ outcome: 'failed', error: 'EADDRNOTAVAIL' });
    expect(stage.trace.matching({ pid: child.pid })).toHaveLength(1);
  }
});

test('bind, listen and socket that fail', async (context) => {
  const lab = stage.lab();
  await listen(lab, 4804);
  const calls = [
    ['bind', 'EADDRNOTAVAIL', 'address-not-ours', ring(lab, 'bind', NOWHERE, 4804)],
    ['listen', 'EINVAL', 'bad-call', ring(lab, 'listen', lab.server.ipv4, 4804)],
    ['socket', 'EMFILE', 'descriptors-used-up', openTooMany(lab)],
    // Refused before it is prepared: a type that has no such bits.
    ['socket', 'EINVAL', 'bad-call', ring(lab, 'socket', '0.0.0.0', 0, '--type', '4097')],
  ] as const;
  for (const [call, error, verdict, child] of calls) {
    const fact = await answer(context, child, call);
    expect(fact.error, call).toBe(error);
    await child.ended;
    const line = await lineOf(child, call);
    expect(line).toMatchObject({ syscall: call, outcome: 'failed', error, via: 'io_uring' });
    expect(line.process).toMatchObject({ pid: child.pid, comm: 'ring' });
    expect(line.fd).toBe(call === 'socket' ? null : fact.fd);
    expect(line.verdict?.id).toBe(verdict);
    expect(names(line.userStack)).toEqual(expect.arrayContaining(['submit', 'call']));
    if (call === 'bind') expect(line.local).toEqual({ address: NOWHERE, port: 4804 });
  }
});

/** Every descriptor that the program may have is its ring's or one of the three first. */
function openTooMany(lab: Lab): Child {
  return ring(lab, 'socket', '0.0.0.0', 0, '--descriptors', '4');
}

async function lineOf(child: Child, call: string): Promise<TraceLine> {
  return await stage.trace.child.until(`${call} of pid ${child.pid}`, () =>
    stage.trace.matching({ pid: child.pid }).find((line) => line.syscall === call),
  );
}

test('a socket of another family, and a call that succeeds, have no row', async (context) => {
  const lab = stage.lab();
  const family = ring(lab, 'socket', '0.0.0.0', 0, '--family', '99');
  const quiet = [family, ring(lab, 'socket', '0.0.0.0', 0), ring(lab, 'bind', '127.0.0.1', 0)];
  expect((await hear(family, 'socket')).error).toBe('EAFNOSUPPORT');
  for (const child of quiet) await child.ended;
  const mark = dial(lab, '127.0.0.1', 9);
  await stage.trace.attempt({ pid: mark.pid });
  for (const child of quiet) expect(stage.trace.matching({ pid: child.pid })).toEqual([]);
  await answer(context, quiet[2] as Child, 'bind');
});

test('a connect that the kernel refuses to prepare', async () => {
  const lab = stage.lab();
  const child = ring(lab, 'connect', '127.0.0.1', 4805, '--bad-length');
  const fact = await hear(child, 'connect');
  const line = await onlyLine(lab, child);
  expectAsker(line, child, [], fact);
  expect(line).toMatchObject({ outcome: 'failed', error: 'EINVAL', states: [] });
  expect(line.verdict?.id).toBe('bad-call');
});

test('a connect of an address family that is none', async () => {
  const lab = stage.lab();
  const child = ring(lab, 'connect', '127.0.0.1', 4806, '--family', '99');
  const fact = await hear(child, 'connect');
  expect(fact.error).toBe('EAFNOSUPPORT');
  const line = await onlyLine(lab, child);
  expect(line).toMatchObject({ outcome: 'failed', error: 'EAFNOSUPPORT', fd: fact.fd });
  expect(names(line.userStack)).toContain('dial_backend');
});

for (const flags of [[], ['--async'], ['--sqpoll']]) {
  test(`a connect that is taken back after a time is abandoned ${flags}`, async () => {
    const lab = stage.lab();
    lab.server.input('tcp dport 4807 drop');
    const child = ring(lab, 'connect', lab.server.ipv4, 4807, ...flags, '--give-up', '150');
    const fact = await hear(child, 'connect');
    expect(fact.error).toBe('ECANCELED');
    const line = await onlyLine(lab, child);
    expectAsker(line, child, flags, fact);
    expect(line).toMatchObject({ outcome: 'abandoned', failed: true, error: null });
    expect(path(line)).toEqual(['SYN_SENT', 'CLOSE']);
  });
}
