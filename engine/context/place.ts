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
  /** Where it is mounted, for when that process is gone: many a program ends as soon as it has failed. */
  readonly mount: () => string | null;
}

export class Place {
  readonly netns: number;
  readonly own: boolean;
  readonly #folder: string | null;
  readonly #findMount: () => string | null;
  #mount: string | null | undefined;
  readonly #programs: Programs;

  constructor({ netns, own, folder, mount }: PlaceWays, programs: Programs) {
    this.netns = netns;
    this.own = own;
    this.#folder = folder;
    this.#findMount = mount;
    this.#programs = programs;
  }

  /** It can be read for the price of a file. */
  get cheap(): boolean {
    return this.#folder !== null;
  }

  /** The pid of that process may be another's by now. */
  get #stillThere(): boolean {
    if (this.own) return true;
    try {
      return statSync(`${this.#folder}/ns/net`).ino === this.netns;
    } catch {
      return false;
    }
  }

  /** Runs a program inside; null when it could not be entered, or not in time. */
  async run(command: string, args: readonly string[], signal: AbortSignal): Promise<Output | null> {
    if (this.own) return await this.#programs.run(command, args, signal);
    if (this.#folder !== null && this.#stillThere) {
      const output = await this.#enter(`${this.#folder}/ns/net`, command, args, signal);
      if (this.#stillThere || signal.aborted) return output;
    }
    this.#mount ??= this.#findMount();
    return this.#mount === null ? null : await this.#enter(this.#mount, command, args, signal);
  }

  async #enter(entry: string, command: string, args: readonly string[], signal: AbortSignal) {
    const words = [`--net=${entry}`, command, ...args];
    const output = await this.#programs.run('nsenter', words, signal);
    return output?.text.startsWith('nsenter:') === false ? output : null;
  }

  /** This machine does not have the program. */
  lacks(command: string): boolean {
    return this.#programs.lacks(command);
  }

  /** A short file of /proc/net; null when it is not there, or too long. */
  async text(file: string, signal: AbortSignal): Promise<string | null> {
    if (this.#folder !== null) {
      const text = await readFileUpTo(`${this.#folder}/net/${file}`, TEXT_BYTES, signal);
      if (this.#stillThere) return text;
    }
    return await this.#copied(file, TEXT_BYTES, signal);
  }

  /** Lines of a table of /proc/net; null when it is not there. */
  async search(file: string, search: Search, signal: AbortSignal): Promise<Found | null> {
    if (this.#folder !== null) {
      const path = `${this.#folder}/net/${file}`;
      const found = await searchFile(path, search, TABLE_BYTES, signal);
      if (this.#stillThere) return found;
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
