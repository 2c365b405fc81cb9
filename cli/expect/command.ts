// The command that `synscope expect` watches: started with this terminal, its signals passed
// on, its end waited for.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Milliseconds } from '../../contract/units.ts';

/** Exit statuses that shells use for a command that was not found, or could not be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;
const BY_SIGNAL = 128;
/** A terminal and npm both deliver one Ctrl-C; only a later one means "at once". */
const SAME_PRESS_MS: Milliseconds = 1000;

export interface CommandEnd {
  /** As a shell has it: 128 + n for signal n. */
  readonly status: number;
  /** Why it could not be started; null when it was. */
  readonly problem: string | null;
}

/** Passes signals on to the command once there is one. Listens from the beginning, so that none finds nobody. */
export class Signals {
  #child: ChildProcess | null = null;
  #firstAtMs: number | null = null;
  /** A signal came before the command was started. */
  cameEarly = false;
  /** A terminal gives Ctrl-C to the command as well. */
  readonly #terminal = [0, 1, 2].some((fd) => isTerminal(fd));

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.#came(signal));
    }
  }

  passTo(child: ChildProcess): void {
    this.#child = child;
  }

  #came(signal: NodeJS.Signals): void {
    const again = this.#firstAtMs !== null && performance.now() - this.#firstAtMs > SAME_PRESS_MS;
    this.#firstAtMs ??= performance.now();
    if (!this.#child) {
      if (again) process.exit(BY_SIGNAL + constants.signals.SIGINT);
      this.cameEarly = true;
    } else if (again) {
      this.#child.kill('SIGKILL');
    } else if (signal !== 'SIGINT' || !this.#terminal) {
      this.#child.kill(signal);
    }
  }
}

function isTerminal(fd: number): boolean {
  return [process.stdin, process.stdout, process.stderr][fd]?.isTTY === true;
}

/** Starts it; `started` gets its pid at once. Resolves when it has ended. */
export function runCommand(
  [program = '', ...args]: readonly string[],
  signals: Signals,
  started: (pid: number) => void,
): Promise<CommandEnd> {
  const child = spawn(program, args, { stdio: 'inherit' });
  signals.passTo(child);
  if (child.pid !== undefined) started(child.pid);
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      const missing = error.code === 'ENOENT';
      const why = missing ? 'there is no such program' : error.message;
      resolve({ status: missing ? NOT_FOUND : NOT_RUN, problem: `${program}: ${why}` });
    });
    child.once('exit', (code, signal) => {
      const bySignal = signal === null ? 0 : BY_SIGNAL + constants.signals[signal];
      resolve({ status: code ?? bySignal, problem: null });
    });
  });
}
