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
import { BPFTRACE_FACTS, BPFTRACE_FAILURES, BPFTRACE_STACKS, whyNoBpftrace } from './bpftrace.ts';
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
  /** Of refused connects; null where it does not tell. */
  readonly stacks: SeenStacks | null;
}

/** How many refused connects came with which stack. */
export interface SeenStacks {
  readonly kernel: number;
  readonly program: number;
  /** Those of a program that name the function which called connect(2). */
  readonly caller: number;
  /** Stacks that were sent as copies, whatever they are of. */
  readonly copies: number;
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

const NOTHING_KEPT = { bytes: null, stacks: null } as const;
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
  const stacks = stacksOf(file, netns);
  const bytes = statSync(file).size;
  rmSync(file);
  return {
    bytes,
    stacks,
    connections: Number(counted?.['n']),
    events: Number(session?.['events']),
    lost: Number(session?.['lost']) + Number(session?.['missed']),
  };
}

const CALLER = 'connect_once';
const REFUSED_STACKS = `
  WITH named AS (SELECT DISTINCT stack_id AS id FROM stack_frame JOIN frame ON frame.id = frame_id WHERE name = ?)
  SELECT count(event.kernel_stack_id) AS kernel, count(event.user_stack_id) AS program,
    sum(coalesce(stack.same_as, stack.id) IN (SELECT id FROM named)) AS caller
  FROM event JOIN attempt ON attempt.id = attempt_id LEFT JOIN stack ON stack.id = event.user_stack_id
  WHERE netns = ? AND old_state = 'SYN_SENT' AND new_state = 'CLOSE'`;

function stacksOf(file: string, netns: number): SeenStacks {
  const [seen] = rows(file, REFUSED_STACKS, CALLER, netns);
  const [stored] = rows(file, "SELECT count(*) AS copies FROM stack WHERE unwinder = 'cfi'");
  const number = (value: unknown) => Number(value ?? 0);
  return {
    kernel: number(seen?.['kernel']),
    program: number(seen?.['program']),
    caller: number(seen?.['caller']),
    copies: number(stored?.['copies']),
  };
}

/** Hooks, ring and reader thread of Synscope with these stacks, without its engine. */
export const captureAlone = (stacks: Stacks, name = 'Synscope, capture alone'): Tracer => ({
  name,
  absent: () => tried(() => variant(stacks)),
  async start() {
    const addon = join(variant(stacks), 'native/build/synscope.node');
    const child = new Child(process.execPath, [join(ROOT, 'bench/capture-alone.ts'), addon]);
    await captureBegins(child);
    return {
      pid: child.pid,
      async stop() {
        const { code, stdout, stderr } = await child.stop('SIGINT', 20_000);
        if (code !== 0) throw new Error(`The capture ended with ${code}: ${stderr}`);
        const { delivered, lost, missed } = JSON.parse(stdout);
        return { connections: null, events: delivered, lost: lost + missed, ...NOTHING_KEPT };
      },
    };
  },
});

/** With stacks at the failures alone, as the variant `failures`. */
export const bpftraceFailures = bpftrace('bpftrace, kstack and ustack', BPFTRACE_FAILURES);
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
  const refused = new PrintedStacks();
  let connections = 0;
  let events = 0;
  forEachLine(files[1], (line) => {
    const gone = /Lost (\d+) events/.exec(line)?.[1];
    if (gone !== undefined) reported.push(Number(gone));
    refused.take(line);
    if (!/^\d+ /.test(line)) return;
    events++;
    if (line.includes(' connect ') && line.includes(' churn ')) connections++;
  });
  for (const file of files) rmSync(file);
  return { connections, events, lost: sum(reported), bytes: null, stacks: refused.seen };
}

/** Of each refused connect that bpftrace prints: frames of the kernel, an empty line, frames of the program. */
class PrintedStacks {
  readonly #seen = { kernel: 0, program: 0, caller: 0, copies: 0 };
  #at: 'nowhere' | 'kernel' | 'program' = 'nowhere';
  #had = { kernel: false, program: false, caller: false };

  get seen(): SeenStacks {
    this.take('0 end');
    return this.#seen;
  }

  take(line: string): void {
    if (/^\d+ /.test(line)) {
      for (const part of ['kernel', 'program', 'caller'] as const)
        if (this.#had[part]) this.#seen[part]++;
      this.#had = { kernel: false, program: false, caller: false };
      this.#at = /^\d+ state \d+ \S+ 2 7 /.test(line) ? 'kernel' : 'nowhere';
    } else if (line.trim() === '') {
      if (this.#at === 'kernel' && this.#had.kernel) this.#at = 'program';
    } else if (this.#at !== 'nowhere') {
      this.#had[this.#at] = true;
      if (this.#at === 'program' && line.includes(CALLER)) this.#had.caller = true;
    }
  }
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
