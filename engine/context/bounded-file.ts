// Reads files of /proc that may be very long (a line for each socket or tracked connection)
// without holding up the worker, and no further than a bound. Used by place.ts.
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 16;

/** What was found in a long text. */
export interface Found {
  readonly lines: readonly string[];
  /** The text was read to its end. */
  readonly whole: boolean;
}

export interface Search {
  /** A line is wanted when it has one of these, and not looked at closer otherwise. */
  readonly needles: readonly string[];
  /** After so many lines it is enough. */
  readonly most: number;
  /** What is wanted comes before this. */
  readonly maxBytes?: number;
}

/** Every bit of a text so far → its lines that have a needle. */
export class LineSearch {
  readonly lines: string[] = [];
  readonly #search: Search;
  #rest = '';

  constructor(search: Search) {
    this.#search = search;
  }

  get enough(): boolean {
    return this.lines.length >= this.#search.most;
  }

  /** The next bit. Bits without a needle cost one search each, whatever the number of their lines. */
  take(bit: string): void {
    const text = this.#rest + bit;
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    const whole = text.slice(0, end);
    if (this.#wanted(whole)) this.#takeLines(whole.split('\n'));
  }

  /** What comes after the last line break is a line too. */
  finish(): void {
    this.#takeLines([this.#rest]);
    this.#rest = '';
  }

  #wanted(text: string): boolean {
    return this.#search.needles.some((needle) => text.includes(needle));
  }

  #takeLines(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.enough) return;
      if (line !== '' && this.#wanted(line)) this.lines.push(line);
    }
  }
}

/** Lines of a file that have a needle; null when it cannot be read. `most`: bytes that are read of it. */
export async function searchFile(
  path: string,
  search: Search,
  most: number,
  signal: AbortSignal,
): Promise<Found | null> {
  const found = new LineSearch(search);
  const maxBytes = Math.min(search.maxBytes ?? most, most);
  const whole = await readBits(path, maxBytes, signal, (bit) => {
    found.take(bit);
    return !found.enough;
  });
  if (whole === null) return null;
  found.finish();
  return { lines: found.lines, whole };
}

/** A text of at most so many bytes; null when it cannot be read, or is longer. */
export async function readFileUpTo(
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | null> {
  const bits: string[] = [];
  const whole = await readBits(path, maxBytes, signal, (bit) => bits.push(bit) > 0);
  return whole === true ? bits.join('') : null;
}

/** True when the end was reached, false when stopped before; null when it cannot be read. */
async function readBits(
  path: string,
  maxBytes: number,
  signal: AbortSignal,
  take: (bit: string) => boolean,
): Promise<boolean | null> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let read = 0; read < maxBytes && !signal.aborted; ) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return true;
      read += bytesRead;
      // The tables of /proc/net are ASCII: no character can be cut in two.
      if (!take(chunk.toString('latin1', 0, bytesRead))) return false;
    }
    return false;
  } catch {
    return null;
  } finally {
    await file?.close();
  }
}
