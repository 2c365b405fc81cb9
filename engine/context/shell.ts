// A shell that runs one command after the other and says how each ended. Used by programs.ts.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Output } from './programs.ts';

const OUTPUT_CHARACTERS = 4 << 20;
/** Where they are on every distribution; sbin is not in the path of an ordinary user. */
const PATH = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`;
/** Comes after the output of a command, with its exit status; no program here prints such a line. */
const END = /\n\u0001(\d+)\n$/;
const LONGEST_END = 8;

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

export class Shell {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  #text = '';
  #answer: ((output: Output | null) => void) | null = null;
  #usable = true;

  constructor() {
    this.#process = spawn('/bin/sh', [], {
      env: { PATH, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { stdin, stdout } = this.#process;
    stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    for (const end of [stdin, stdout]) end.on('error', () => this.end());
    // It ends with this process, which waits for an answer only.
    for (const socket of this.#sockets) socket.unref();
    this.#process.on('error', () => this.end()).on('exit', () => this.end());
    this.#process.unref();
  }

  get #sockets(): Socket[] {
    const { stdin, stdout } = this.#process;
    return [stdin, stdout] as unknown as Socket[];
  }

  /** It can be given another command. */
  get usable(): boolean {
    return this.#usable && this.#answer === null;
  }

  /** One command at a time. Null when the shell could not run it, or not in time: it ends then. */
  run(words: readonly string[], signal: AbortSignal): Promise<Output | null> {
    const giveUp = () => this.end();
    const answered = new Promise<Output | null>((resolve) => {
      this.#answer = resolve;
    });
    signal.addEventListener('abort', giveUp, { once: true });
    if (!this.#usable) this.end();
    else {
      for (const socket of this.#sockets) socket.ref();
      const command = words.map(quoted).join(' ');
      this.#process.stdin.write(`${command} </dev/null 2>&1; printf '\\n\\001%d\\n' $?\n`);
    }
    return answered.finally(() => signal.removeEventListener('abort', giveUp));
  }

  #hear(text: string): void {
    this.#text += text;
    const [end, code] = END.exec(this.#text.slice(-LONGEST_END)) ?? [];
    if (end !== undefined) {
      this.#reply({ code: Number(code), text: this.#text.slice(0, -end.length) });
    } else if (this.#text.length > OUTPUT_CHARACTERS) this.end();
  }

  #reply(output: Output | null): void {
    const answer = this.#answer;
    this.#answer = null;
    this.#text = '';
    for (const socket of this.#sockets) socket.unref();
    answer?.(output);
  }

  /** Also ends what it is running, in that nobody hears of it. */
  end(): void {
    if (this.#usable) {
      this.#usable = false;
      this.#process.kill('SIGKILL');
    }
    this.#reply(null);
  }
}
