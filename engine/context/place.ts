// One network namespace to be looked into: through /proc of a process in it, which costs a
// file, or by entering it with nsenter, which costs a program. Made by namespaces.ts.
import { statSync } from 'node:fs';
import { type Found, LineSearch, readFileUpTo, type Search, searchFile } from './bounded-file.ts';
import type { Output, Programs } from './programs.ts';

/** Some 200,000 lines of /proc/net/tcp. */
const TABLE_BYTES = 32 << 20;
/** What a program may hand over of a table. */
const COPIED_BYTES = 3 << 20;
const TEXT_BYTES = 1 << 20;

export interface PlaceWays {
  readonly netns: number;
  /** It is Synscope's own: nothing need be entered. */
  readonly own: boolean;
  /** `/proc/PID` of a process in it. */
  readonly folder: string | null;
  /** Where it is mounted. */
  readonly mount: string | null;
}

export class Place {
  readonly netns: number;
  readonly own: boolean;
  readonly #folder: string | null;
  readonly #mount: string | null;
  readonly #programs: Programs;

  constructor({ netns, own, folder, mount }: PlaceWays, programs: Programs) {
    this.netns = netns;
    this.own = own;
    this.#folder = folder;
    this.#mount = mount;
    this.#programs = programs;
  }

  /** It can be read for the price of a file. */
  get cheap(): boolean {
    return this.#folder !== null;
  }

  /** The pid of that process may be another's by now. */
  get #stillThere(): boolean {
    if (this.own || this.#folder === null) return true;
    try {
      return statSync(`${this.#folder}/ns/net`).ino === this.netns;
    } catch {
      return false;
    }
  }

  /** Runs a program inside; null when it could not be entered, or not in time. */
  async run(command: string, args: readonly string[], signal: AbortSignal): Promise<Output | null> {
    if (this.own) return await this.#programs.run(command, args, signal);
    const entry = this.#mount ?? (this.#folder && `${this.#folder}/ns/net`);
    if (entry === null) return null;
    const output = await this.#programs.run(
      'nsenter',
      [`--net=${entry}`, command, ...args],
      signal,
    );
    const entered = output !== null && !output.text.startsWith('nsenter:');
    return entered && (this.#mount !== null || this.#stillThere) ? output : null;
  }

  /** This machine does not have the program. */
  lacks(command: string): boolean {
    return this.#programs.lacks(command);
  }

  /** A short file of /proc/net; null when it is not there, or too long. */
  async text(file: string, signal: AbortSignal): Promise<string | null> {
    if (this.#folder !== null) {
      const text = await readFileUpTo(`${this.#folder}/net/${file}`, TEXT_BYTES, signal);
      return this.#stillThere ? text : null;
    }
    return await this.#copied(file, TEXT_BYTES, signal);
  }

  /** Lines of a table of /proc/net; null when it is not there. */
  async search(file: string, search: Search, signal: AbortSignal): Promise<Found | null> {
    if (this.#folder !== null) {
      const path = `${this.#folder}/net/${file}`;
      const found = await searchFile(path, search, TABLE_BYTES, signal);
      return this.#stillThere ? found : null;
    }
    const text = await this.#copied(file, COPIED_BYTES, signal);
    if (text === null) return null;
    const lines = new LineSearch(search);
    lines.take(text);
    lines.finish();
    return { lines: lines.lines, whole: !lines.enough && text.length < COPIED_BYTES };
  }

  /** /proc/self/net is that of the reader, which here is a program inside. */
  async #copied(file: string, bytes: number, signal: AbortSignal): Promise<string | null> {
    const args = ['-c', String(bytes), `/proc/self/net/${file}`];
    const output = await this.run('head', args, signal);
    return output?.code === 0 ? output.text : null;
  }
}
