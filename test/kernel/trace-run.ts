// Synscope as a person runs it: `synscope trace --json` as a child process, its lines
// as they come, and its summary. The kernel tests look through this door only.
import { fileURLToPath } from 'node:url';
import type { Outcome, TcpState } from '../../contract/attempt.ts';
import type { Completeness } from '../../contract/completeness.ts';
import type { Verdict } from '../../contract/verdict.ts';
import { Child, type Ended, jsonLines } from './children.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The command line that runs Synscope from the checkout, without its arguments. */
export const command: readonly [string, string] = [
  `${root}node_modules/.bin/node`,
  `${root}cli/main.ts`,
];

interface End {
  readonly address: string;
  readonly port: number;
}

/** The stacks of one moment as `trace --json` prints them: `function (module)`, innermost first. */
export interface TraceMoment {
  readonly moment: 'connect' | 'failure' | 'close';
  readonly kernelStack: readonly string[];
  readonly userStack: readonly string[];
  readonly userProblem: string | null;
}

/** One attempt as `trace --json` prints it. */
export interface TraceLine {
  readonly attempt: number;
  readonly direction: 'outgoing' | 'accepted' | 'unknown';
  readonly syscall: string | null;
  readonly family: 'ipv4' | 'ipv6';
  readonly outcome: Outcome;
  readonly failed: boolean;
  readonly troubled: boolean;
  readonly error: string | null;
  readonly async: boolean | null;
  readonly via: 'syscall' | 'io_uring' | null;
  readonly fd: number | null;
  readonly process: {
    readonly pid: number;
    readonly comm: string;
    readonly exe: string | null;
    readonly cmdline: readonly string[];
    readonly uid: number;
    readonly unit: string | null;
    readonly container: string | null;
  } | null;
  readonly local: End;
  readonly remote: End;
  readonly startedAt: string | number | null;
  readonly connectMs: number | null;
  readonly durationMs: number | null;
  readonly retransmits: number;
  readonly retransmitAtMs: readonly number[];
  readonly closedBy: 'local' | 'remote' | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly states: readonly { readonly state: TcpState; readonly atMs: number }[];
  readonly troubles: readonly {
    readonly kind: string;
    readonly atMs: number;
    readonly text: string;
  }[];
  readonly verdict: Verdict | null;
  readonly incomplete: boolean;
  readonly kernelStack: readonly string[];
  readonly userStack: readonly string[];
  readonly stacks: readonly TraceMoment[];
}

/** The last object of `trace --json`. */
export interface TraceSummary {
  readonly type: 'summary';
  readonly events: number;
  readonly lost: number;
  readonly attempts: number;
  readonly completeness: Completeness | null;
}

/** What to look for; every given part must match. */
export interface Wanted {
  readonly pid?: number;
  readonly remotePort?: number;
  readonly localPort?: number;
  readonly direction?: TraceLine['direction'];
}

/** Starts a Synscope command from the checkout. */
export function synscope(args: readonly string[], environment?: NodeJS.ProcessEnv): Child {
  const [node, main] = command;
  return new Child(node, [main, ...args], environment);
}

/** Runs a Synscope command to its end. */
export async function runSynscope(
  args: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<Ended> {
  return await synscope(args, environment).ended;
}

/** Waits for the line on stderr that says that the capture is in force. */
export async function captureBegins(child: Child): Promise<void> {
  await child.until(
    'the capture to begin',
    () => (/^capturing/im.test(child.stderr) ? true : undefined),
    20_000,
  );
}

/** A running `synscope trace --json`. */
export class TraceRun {
  readonly child: Child;
  /** Every attempt printed so far. */
  readonly lines: TraceLine[] = [];
  #unfinished = '';

  constructor(child: Child) {
    this.child = child;
    // Before the listeners of the child, so that `until` finds what has just come.
    child.process.stdout?.prependListener('data', (text: string) => this.#read(text));
  }

  /** Starts it, and waits until the hooks are attached. */
  static async start(
    flags: readonly string[] = [],
    environment?: NodeJS.ProcessEnv,
  ): Promise<TraceRun> {
    const run = new TraceRun(synscope(['trace', '--json', ...flags], environment));
    await captureBegins(run.child);
    return run;
  }

  #read(text: string): void {
    const whole = this.#unfinished + text;
    const end = whole.lastIndexOf('\n') + 1;
    this.#unfinished = whole.slice(end);
    for (const line of jsonLines(whole.slice(0, end)) as (TraceLine | TraceSummary)[]) {
      if (!('type' in line)) this.lines.push(line);
    }
  }

  /** The attempts printed so far that match. */
  matching(wanted: Wanted): TraceLine[] {
    return this.lines.filter((line) => matches(line, wanted));
  }

  /** Waits for `count` attempts that match. */
  async attempts(wanted: Wanted, count: number, timeoutMs?: number): Promise<TraceLine[]> {
    return await this.child.until(
      `${count} attempts with ${JSON.stringify(wanted)}`,
      () => {
        const found = this.matching(wanted);
        return found.length >= count ? found : undefined;
      },
      timeoutMs,
    );
  }

  /** Waits for an attempt that matches. */
  async attempt(wanted: Wanted, timeoutMs?: number): Promise<TraceLine> {
    const [line] = await this.attempts(wanted, 1, timeoutMs);
    if (!line) throw new Error('unreachable: attempts() gave none');
    return line;
  }

  /** Presses Ctrl-C, waits for the end, and gives the summary. */
  async stop(): Promise<{ summary: TraceSummary; ended: Ended }> {
    const ended = await this.child.stop('SIGINT', 15_000);
    const last = jsonLines(ended.stdout).at(-1) as TraceSummary | undefined;
    if (last?.type !== 'summary') {
      throw new Error(`no summary at the end: ${ended.stdout.slice(-500)}\n${ended.stderr}`);
    }
    return { summary: last, ended };
  }
}

function matches(line: TraceLine, wanted: Wanted): boolean {
  const { pid, remotePort, localPort, direction } = wanted;
  return (
    (pid === undefined || line.process?.pid === pid) &&
    (remotePort === undefined || line.remote.port === remotePort) &&
    (localPort === undefined || line.local.port === localPort) &&
    (direction === undefined || line.direction === direction)
  );
}

/** Names of the functions of a stack, innermost first, without their modules. */
export function names(stack: readonly string[]): string[] {
  return stack.map((frame) => frame.replace(/ \(.*\)$/, ''));
}

/** The stacks that were taken at a moment. */
export function at(line: TraceLine, moment: TraceMoment['moment']): TraceMoment {
  const found = line.stacks.find((one) => one.moment === moment);
  if (!found) throw new Error(`no stacks at ${moment}: ${JSON.stringify(line.stacks)}`);
  return found;
}
