// Runs the small programs that know what no file of /proc tells (ip, nsenter, conntrack): two
// at a time, for a short time, with a bounded output. Starting one from here would hold up the
// worker, since its whole memory is prepared to be copied (8 ms measured): a shell that is
// started once does it in no time. Used by place.ts.
import { Shell } from './shell.ts';

const AT_A_TIME = 2;
/** Askings that wait for their turn; what comes on top is not run. */
const WAITING = 64;
/** What a shell says of a program that is not there. */
const NOT_FOUND = 127;

export interface Output {
  readonly code: number;
  /** What it printed, and what it complained of. */
  readonly text: string;
}

export class Programs {
  readonly #idle: Shell[] = [];
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #missing = new Set<string>();

  /** It was asked for and this machine does not have it. */
  lacks(command: string): boolean {
    return this.#missing.has(command);
  }

  /** What it said and how it ended; null when it could not be run, or not in time. */
  async run(command: string, args: readonly string[], signal: AbortSignal): Promise<Output | null> {
    if (this.lacks(command) || !(await this.#turn(signal))) return null;
    const shell = this.#idle.pop() ?? new Shell();
    try {
      const output = signal.aborted ? null : await shell.run([command, ...args], signal);
      if (output?.code === NOT_FOUND) {
        const [, inner] = /^nsenter: failed to execute ([^:]+):/.exec(output.text) ?? [];
        this.#missing.add(inner ?? command);
      }
      return output;
    } finally {
      if (shell.usable) this.#idle.push(shell);
      this.#passOn();
    }
  }

  /** Ends the shells; another run would start one again. */
  close(): void {
    for (const shell of this.#idle.splice(0)) shell.end();
  }

  /** False when there is no turn to be had in time. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    if (this.#running >= AT_A_TIME) {
      if (this.#waiting.length >= WAITING || signal.aborted) return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return true;
    }
    this.#running++;
    return true;
  }

  /** The place goes to the next one at once, so that nobody comes between. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
