// The rounds in which the iterators list every socket: at the start with its owner, then once
// a second while anything happens, and up to every fourth second while nothing does: each
// walks the kernel's whole table of connections. Part of a CaptureRun (capture-run.ts).
import type { Capture } from '../../contract/addon.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Seconds between two rounds on a machine on which nothing happens. */
const QUIET_SECONDS = 4;

export interface ScanRoundsParts {
  readonly capture: Capture;
  readonly lifecycle: Lifecycle;
  readonly now: () => SessionNanoseconds;
  /** Gets a sentence that belongs into the file. */
  readonly note: (sentence: string) => void;
}

export class ScanRounds {
  readonly #parts: ScanRoundsParts;
  #round: Promise<void> | null = null;
  #failed = false;
  /** When the last round ended; null while one is under way. */
  #endedNs: SessionNanoseconds | null = null;
  /** Seconds between two rounds, and how many of them have passed. */
  #every = 1;
  #passed = 0;
  /** Records that the hooks had made when the last round began. */
  #emitted = -1;

  constructor(parts: ScanRoundsParts) {
    this.#parts = parts;
  }

  /** Every record of the last round has been handled. */
  taken(handledNs: SessionNanoseconds): boolean {
    return this.#endedNs !== null && handledNs > this.#endedNs;
  }

  /** Resolves when no round is under way. */
  async settled(): Promise<void> {
    await this.#round;
  }

  /**
   * To be called once a second, when every record of the last round has been handled.
   * `emitted`: records that the hooks made by now.
   */
  second(emitted: number): void {
    this.#passed++;
    const quiet = emitted === this.#emitted && !this.#parts.lifecycle.scanMoved;
    if (quiet && this.#passed < this.#every) return;
    this.#every = quiet ? Math.min(2 * this.#every, QUIET_SECONDS) : 1;
    this.#passed = 0;
    this.#emitted = emitted;
    this.start(false);
  }

  /** Begins a round unless one is under way. `owners`: also who has each socket, and as which descriptor. */
  start(owners: boolean): void {
    if (this.#round || this.#failed) return;
    const { capture, lifecycle } = this.#parts;
    this.#endedNs = null;
    lifecycle.scanBegins();
    this.#round = capture
      .scanSockets({ owners })
      .then(({ namespaces, namespacesSkipped }) => {
        this.#end(new Set(namespaces));
        if (owners) this.#tellSkipped(namespacesSkipped);
      })
      .catch((error: unknown) => {
        this.#failed = true;
        this.#end(new Set());
        this.#tellFailed(error);
      })
      .finally(() => {
        this.#round = null;
      });
  }

  #end(namespaces: ReadonlySet<number>): void {
    this.#endedNs = this.#parts.now();
    this.#parts.lifecycle.scanEnded(this.#endedNs, namespaces);
  }

  #tellSkipped(skipped: number): void {
    if (skipped === 0) return;
    const many = `${skipped} network namespaces could not be entered`;
    this.#parts.note(`${many}: connections in them that are older than the capture are missing.`);
  }

  #tellFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.note(
      `Sockets cannot be listed, so older connections and their traffic are missing: ${reason}.`,
    );
  }
}
