// The tracers that are measured side by side: each starts, says its pid, and tells at its
// end what it saw and lost.
import {
  closeSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Child, pause } from '../test/kernel/children.ts';
import { rows } from '../test/kernel/session-file.ts';
import { captureBegins } from '../test/kernel/trace-run.ts';
import { BPFTRACE_FACTS, BPFTRACE_STACKS, whyNoBpftrace } from './bpftrace.ts';
import { ROOT } from './output.ts';
import { sum } from './statistics.ts';
import { type Stacks, variant } from './variants.ts';

/** What a tracer saw of the connections that were made while it ran. */
export interface Seen {
  /** Outgoing connections; null where it does not tell. */
  readonly connections: number | null;
  /** Events that it says it lost. */
  readonly lost: number;
  /** Records, lines: what it counts. */
  readonly events: number;
  /** What it leaves on the disk; null where that is nothing to keep. */
  readonly bytes: number | null;
}

export interface RunningTracer {
  readonly pid: number;
  /** Ends it. `netns`: only connections of this network namespace, where it can tell. */
  stop(netns: number): Promise<Seen>;
}

export interface Tracer {
  readonly name: string;
  /** Why it cannot run here; null when it can. */
  absent(): string | null;
  start(folder: string): Promise<RunningTracer>;
}

let started = 0;

/** `synscope record` with these stacks: the whole of Synscope up to the session file. */
export function synscopeRecord(name: string, stacks: Stacks): Tracer {
  return {
    name,
    absent: () => tried(() => variant(stacks)),
    async start(folder) {
      const file = join(folder, `${++started}.synscope`);
      const main = join(variant(stacks), 'cli/main.ts');
      const child = new Child(process.execPath, [main, 'record', '-o', file]);
      await captureBegins(child);
      return { pid: child.pid, stop: (netns) => stopRecord(child, file, netns) };
    },
  };
}

async function stopRecord(child: Child, file: string, netns: number): Promise<Seen> {
  const { code, stderr } = await child.stop('SIGINT', 60_000);
  if (code !== 0) throw new Error(`synscope record ended with ${code}: ${stderr}`);
  const outgoing = "SELECT count(*) AS n FROM attempt WHERE netns = ? AND direction = 'outgoing'";
  const [session] = rows(file, 'SELECT events, lost, missed FROM session');
  const [counted] = rows(file, outgoing, netns);
  const bytes = statSync(file).size;
  rmSync(file);
  return {
    bytes,
    connections: Number(counted?.['n']),
    events: Number(session?.['events']),
    lost: Number(session?.['lost']) + Number(session?.['missed']),
  };
}

/** Hooks, ring and reader thread of Synscope, without its engine. */
export const captureAlone: Tracer = {
  name: 'Synscope, capture alone',
  absent: () => null,
  async start() {
    const addon = join(variant('as shipped'), 'native/build/synscope.node');
    const child = new Child(process.execPath, [join(ROOT, 'bench/capture-alone.ts'), addon]);
    await captureBegins(child);
    return {
      pid: child.pid,
      async stop() {
        const { code, stdout, stderr } = await child.stop('SIGINT', 20_000);
        if (code !== 0) throw new Error(`The capture ended with ${code}: ${stderr}`);
        const { delivered, lost, missed } = JSON.parse(stdout);
        return { connections: null, events: delivered, lost: lost + missed, bytes: null };
      },
    };
  },
};

export const bpftraceFacts = bpftrace('bpftrace, the same facts', BPFTRACE_FACTS);
export const bpftraceStacks = bpftrace('bpftrace, kstack and ustack', BPFTRACE_STACKS);

function bpftrace(name: string, script: string): Tracer {
  return {
    name,
    absent: whyNoBpftrace,
    async start(folder) {
      const path = join(folder, `${++started}.bt`);
      const output = join(folder, `${started}.txt`);
      writeFileSync(path, script);
      const child = new Child('bpftrace', ['-o', output, path]);
      try {
        await attached(child, script.split('tracepoint:').length - 1);
      } catch (error) {
        await child.stop('SIGINT');
        throw error;
      }
      return { pid: child.pid, stop: () => stopBpftrace(child, [path, output]) };
    },
  };
}

/** It attaches when all is compiled, and says nothing of it: its files tell. */
async function attached(child: Child, probes: number): Promise<void> {
  const wanted = probes + cpus().length;
  for (let tries = 0; tries < 300 && child.process.exitCode === null; tries++) {
    await pause(100);
    if (perfEvents(child.pid) < wanted) continue;
    await pause(300);
    return;
  }
  throw new Error(`bpftrace did not start: ${child.stderr}`);
}

/** One for each attached tracepoint, one for the buffer of each processor. */
function perfEvents(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === 'anon_inode:[perf_event]';
    } catch {
      return false; // Closed meanwhile.
    }
  }).length;
}

async function stopBpftrace(child: Child, files: readonly [string, string]): Promise<Seen> {
  await child.stop('SIGINT', 60_000);
  // It says so between the lines that it prints.
  const reported: number[] = [];
  let connections = 0;
  let events = 0;
  forEachLine(files[1], (line) => {
    const gone = /Lost (\d+) events/.exec(line)?.[1];
    if (gone !== undefined) reported.push(Number(gone));
    if (!/^\d+ /.test(line)) return;
    events++;
    if (line.includes(' connect ') && line.includes(' churn ')) connections++;
  });
  for (const file of files) rmSync(file);
  return { connections, events, lost: sum(reported), bytes: null };
}

/** Line by line without holding the file: bpftrace prints hundreds of megabytes. */
function forEachLine(path: string, use: (line: string) => void): void {
  const buffer = Buffer.alloc(1 << 20);
  const file = openSync(path, 'r');
  let rest = '';
  try {
    for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
      const pieces = (rest + buffer.toString('latin1', 0, size)).split('\n');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) use(piece);
    }
  } finally {
    closeSync(file);
  }
}

/** Why something fails; null when it does not. */
function tried(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
