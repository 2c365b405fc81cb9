// What the scenario files share: a trace run for the whole file, labs that close with
// it, the reason for a skip where the kernel cannot be watched, and the facts that
// every attempt of a test program must agree with.
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { Child } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { hear, program, type Said } from './programs.ts';
import { at, names, type TraceLine, TraceRun } from './trace-run.ts';

/** Why the kernel tests cannot run here; null when they can. */
export function whyNoKernel(): string | null {
  return process.getuid?.() === 0
    ? null
    : 'skipped: network namespaces need root (run: sudo npm test)';
}

/** The trace run and the labs of one file. */
export interface Stage {
  readonly trace: TraceRun;
  /** A lab that closes at the end of the file. */
  lab(options?: { router?: boolean }): Lab;
}

/** Skips every test of the file, with the reason, where the kernel cannot be watched. */
export function skipWithoutKernel(): void {
  beforeEach((context) => {
    const reason = whyNoKernel();
    if (reason) context.skip(reason);
  });
}

/** Gives the file one `trace --json` for all of its tests. */
export function useStage(): Stage {
  const labs: Lab[] = [];
  let trace: TraceRun | null = null;
  skipWithoutKernel();
  beforeAll(async () => {
    if (!whyNoKernel()) trace = await TraceRun.start();
  });
  afterAll(async () => {
    for (const lab of labs) lab.close();
    if (!trace) return;
    const { summary, ended } = await trace.stop();
    expect(ended.code, ended.stderr).toBe(0);
    expect(summary.lost).toBe(0);
  });
  return {
    get trace() {
      if (!trace) throw new Error('the trace run has not started');
      return trace;
    },
    lab(options) {
      const lab = openLab(options);
      labs.push(lab);
      return lab;
    },
  };
}

/** A listener of test/programs/ that listens by now. */
export async function listen(lab: Lab, port: number, ...flags: string[]): Promise<Child> {
  const child = lab.server.run(program('listener'), [...flags, String(port)]);
  await hear(child, 'listening');
  return child;
}

/** Starts test/programs/dial.c towards an address. */
export function dial(lab: Lab, address: string, port: number, ...flags: string[]): Child {
  return lab.client.run(program('dial'), [...flags, address, String(port)]);
}

/**
 * Asserts who asked and for what: pid, comm, exe, cmdline, uid, fd, both ends. `fact` is
 * what the program itself said of its socket.
 */
export function expectOwner(
  line: TraceLine,
  child: Child,
  fact: Said | null | undefined = null,
): void {
  const args = child.process.spawnargs.slice(4); // after: ip netns exec NAME
  const exe = realpathSync(args[0] ?? '');
  expect(line.process).toMatchObject({
    pid: child.pid,
    comm: basename(args[0] ?? '').slice(0, 15),
    exe,
    cmdline: args,
    uid: 0,
  });
  expect(line.direction).toBe('outgoing');
  expect(line.remote).toEqual({ address: args.at(-2), port: Number(args.at(-1)) });
  if (fact) expect(line.fd).toBe(fact.fd);
  if (fact && fact.localPort !== 0) expect(line.local.port).toBe(fact.localPort);
}

/** Asserts that both stacks name the code that connected. */
export function expectConnectStacks(line: TraceLine): void {
  const family = line.family === 'ipv4' ? 'tcp_v4_connect' : 'tcp_v6_connect';
  const { kernelStack, userStack } = at(line, 'connect');
  expect(names(kernelStack)).toContain(family);
  expect(names(userStack)).toEqual(
    expect.arrayContaining(['connect', 'dial_backend', 'open_database']),
  );
}

/** The names of the states that an attempt went through, in order. */
export function path(line: TraceLine): string[] {
  return line.states.map((step) => step.state);
}
