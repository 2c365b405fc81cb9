// Child processes of the kernel tests: started, their output kept line by line, and
// ended without fail. Below lab.ts (programs in namespaces) and trace-run.ts (Synscope).
import { type ChildProcess, spawn } from 'node:child_process';

/** How a child ended, with all it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How many times longer waits may take than on a real processor; see test/kernels/guest.ts. */
const patience = Number(process.env.SYNSCOPE_TEST_PATIENCE ?? 1);

/** Milliseconds after which a test or its preparation is given up. */
export function atMost(ms: number): number {
  return ms * patience;
}

/** How many times to do what is done many times. */
export function many(times: number): number {
  return Math.ceil(times / patience);
}

/** Milliseconds for a program to wait, while a test does something that takes its time. */
export function meanwhile(ms: number): string {
  return String(ms * patience);
}

const alive = new Set<Child>();

/** A started program, its output as it comes, and its end. */
export class Child {
  readonly pid: number;
  /** Resolves when it ended and its output is complete. Never rejects. */
  readonly ended: Promise<Ended>;
  readonly process: ChildProcess;
  #stdout = '';
  #stderr = '';
  #listeners = new Set<() => void>();
  #over = false;
  #end = '';

  constructor(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.process = spawn(program, args, { env: { ...process.env, ...environment } });
    const { stdout, stderr } = this.process;
    if (!stdout || !stderr) throw new Error(`no pipes to ${program}`);
    stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text, ''));
    stderr.setEncoding('utf8').on('data', (text: string) => this.#hear('', text));
    this.pid = this.process.pid ?? 0;
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        alive.delete(this);
        this.#over = true;
        this.#end = signal === null ? `status ${code}` : `${signal}`;
        this.#hear('', '');
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      };
      this.process.on('close', end);
      this.process.on('error', (error) => {
        this.#stderr += error.message;
        end(127, null);
      });
    });
    alive.add(this);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  #hear(out: string, error: string): void {
    this.#stdout += out;
    this.#stderr += error;
    for (const listener of this.#listeners) listener();
  }

  /**
   * Waits until `read` gives something other than undefined; asks again at each output.
   * Throws with all output when the child ends or `timeoutMs` passes before that.
   */
  async until<T>(what: string, read: () => T | undefined, timeoutMs = 10_000): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle();
      };
      const look = () => {
        const found = read();
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#over)
          finish(() => reject(this.#missing(what, `the program ended (${this.#end})`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(this.#missing(what, `${timeoutMs} ms passed`))),
        timeoutMs * patience,
      );
      this.#listeners.add(look);
      look();
    });
  }

  #missing(what: string, why: string): Error {
    const tail = (text: string) => text.slice(-1500);
    return new Error(
      `${what}: ${why}\n--- stdout\n${tail(this.#stdout)}\n--- stderr\n${tail(this.#stderr)}`,
    );
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (!this.#over) this.process.kill(signal);
  }

  /** Sends a signal, waits for the end, and resorts to SIGKILL after `patienceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 5_000): Promise<Ended> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), patienceMs * patience);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }
}

/** Ends every child that is still running; for the exit of the test process. */
export function killChildren(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** The lines of JSON in a text, objects only; an unfinished last line waits. */
export function jsonLines(text: string): unknown[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.filter((line) => line.startsWith('{')).map((line): unknown => JSON.parse(line));
}

/** Waits `ms` milliseconds. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks `read` every 50 ms until it gives something other than undefined. */
export async function eventually<T>(
  what: string,
  read: () => T | undefined,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs * patience;
  for (;;) {
    const found = read();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: ${timeoutMs} ms passed`);
    await pause(50);
  }
}
