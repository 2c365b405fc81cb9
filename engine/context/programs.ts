// Runs the small programs that know what no file of /proc tells (ip, nsenter, conntrack): two
// at a time, for a short time, with a bounded output. Used by the questions of this folder.
import { execFile } from 'node:child_process';

const AT_A_TIME = 2;
/** Askings that wait for their turn; what comes on top is not run. */
const WAITING = 64;
const OUTPUT_BYTES = 4 << 20;
/** Where they are on every distribution; sbin is not in the path of an ordinary user. */
const PATH = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Programs {
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
    try {
      return signal.aborted ? null : await this.#execute(command, args, signal);
    } finally {
      this.#passOn();
    }
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

  #execute(command: string, args: readonly string[], signal: AbortSignal): Promise<Output | null> {
    const options = {
      signal,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES,
      encoding: 'utf8',
      env: { PATH, LC_ALL: 'C' },
    } as const;
    return new Promise((resolve) => {
      execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else {
          if (error.code === 'ENOENT') this.#missing.add(command);
          resolve(null);
        }
      });
    });
  }
}
