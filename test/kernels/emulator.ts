// Runs the emulator at a low priority, writes down what its guest prints, and ends it when it
// hangs, when it takes too long, or when this process is ended. Used by guest.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** `nice` of the emulator: what else runs on the machine comes first. */
const NICENESS = 5;
/** How much of a guest's end is kept to be shown. */
const LAST_LINES = 12;

export interface EmulatorOptions {
  /** File for all that the guest prints. */
  readonly log: string;
  /** How long it may take in all. */
  readonly timeoutMs: number;
  /** How long it may print nothing. */
  readonly silenceMs: number;
  /** Told of each line, without colours. */
  readonly hear: (line: string) => void;
}

export interface EmulatorEnd {
  /** False when the emulator ended with an error before its guest had printed anything. */
  readonly began: boolean;
  /** What went wrong; null when the guest switched itself off. */
  readonly problem: string | null;
  /** The last lines that the guest printed, empty ones left out. */
  readonly lastLines: readonly string[];
}

/**
 * Starts it, so that it ends with this process however that ends: `setpriv` sees to it even
 * when this one is killed.
 */
function start(args: readonly string[]): ChildProcess {
  const gently = ['--pdeathsig', 'KILL', 'nice', '-n', String(NICENESS)];
  return spawn('setpriv', [...gently, 'qemu-system-x86_64', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Kills the child when this process leaves, or is told to; gives what undoes that. */
function endWithUs(child: ChildProcess): () => void {
  const kill = () => child.kill('SIGKILL');
  const leave = () => process.exit(1);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', kill);
  for (const signal of signals) process.once(signal, leave);
  return () => {
    process.off('exit', kill);
    for (const signal of signals) process.off(signal, leave);
  };
}

/** Kills the child when one of its times is over. */
class Watch {
  /** Why it was killed; null while it was not. */
  reason: string | null = null;
  readonly #child: ChildProcess;
  readonly #silenceMs: number;
  readonly #total: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, { timeoutMs, silenceMs }: EmulatorOptions) {
    this.#child = child;
    this.#silenceMs = silenceMs;
    this.#total = this.#endAfter(timeoutMs, 'it was not done after');
    this.alive();
  }

  #endAfter(ms: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.reason ??= `${what} ${(ms / 60_000).toFixed(1).replace('.0', '')} minutes`;
      this.#child.kill('SIGKILL');
    }, ms);
  }

  /** It gave a sign of life. */
  alive(): void {
    clearTimeout(this.#silence);
    this.#silence = this.#endAfter(this.#silenceMs, 'it hangs: it printed nothing for');
  }

  over(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#silence);
  }
}

/** Runs the emulator to its end. Never rejects. */
export async function emulate(
  args: readonly string[],
  options: EmulatorOptions,
): Promise<EmulatorEnd> {
  const child = start(args);
  const letGo = endWithUs(child);
  const watch = new Watch(child, options);
  const writer = createWriteStream(options.log);
  let complaint = '';
  let lastLines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(writer, { end: false });
  const lines = child.stdout === null ? null : createInterface({ input: child.stdout });
  lines?.on('line', (raw) => {
    watch.alive();
    const line = raw.replaceAll('\r', '').replace(/\u001b\[[\d;]*m/g, '');
    if (line.trim() !== '') lastLines = [...lastLines.slice(1 - LAST_LINES), line];
    options.hear(line);
  });
  const status = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      complaint += error.message;
      resolve(null);
    });
    child.on('close', resolve);
  });
  watch.over();
  letGo();
  writer.end();
  const failed = status === 0 ? null : `qemu ended with status ${status}: ${complaint.trim()}`;
  const problem = watch.reason ?? failed;
  return {
    began: problem === null || watch.reason !== null || lastLines.length > 0,
    problem,
    lastLines,
  };
}
