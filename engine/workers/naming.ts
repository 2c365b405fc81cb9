// Asks the addon for the names of stacks, one question at a time, and puts the answers into
// the session file. Part of a CaptureRun (capture-run.ts).
import type { StackRequest, SynscopeAddon } from '../../contract/addon.ts';
import type { PendingStack } from '../session/writer-stacks.ts';

/** Stacks asked for in one call of the symbolizer. */
const AT_ONCE = 64;
/**
 * A question that is as old as this may never be answered: a file on a dead network mount,
 * say. Reading all symbols of the kernel takes 0.1 s, on an emulated processor some seconds.
 */
const STUCK_MS = 10_000;
/** Names nothing: its answer comes when the symbols of the kernel have been read. */
const NO_STACK: StackRequest = {
  kind: 'kernel',
  tgid: 0,
  timeNs: 0n,
  addresses: new BigUint64Array(),
};

type Symbolizer = Pick<SynscopeAddon, 'symbolize'>;

/** Where stacks wait, and where their names go: engine/session/writer.ts. */
export interface NamedStacks {
  readonly stacks: { take(limit: number): PendingStack[]; readonly pending: number };
  symbolized(
    stacks: readonly PendingStack[],
    frames: Awaited<ReturnType<Symbolizer['symbolize']>>,
  ): void;
}

export class Naming {
  readonly #symbolizer: Symbolizer;
  readonly #writer: NamedStacks;
  readonly #onTrouble: (sentence: string) => void;
  #underWay: Promise<void> | null = null;
  #askedMs = 0;

  constructor(symbolizer: Symbolizer, writer: NamedStacks, onTrouble: (sentence: string) => void) {
    this.#symbolizer = symbolizer;
    this.#writer = writer;
    this.#onTrouble = onTrouble;
  }

  /** Has the symbols of the kernel read now, so that the first stack need not wait for them. */
  prepare(): void {
    this.#question([], [NO_STACK]);
  }

  /** Asks for what has no names yet; the next question begins when the answer has come. */
  ask(): void {
    if (this.#underWay) return;
    const stacks = this.#writer.stacks.take(AT_ONCE);
    if (stacks.length === 0) return;
    this.#question(
      stacks,
      stacks.map(({ request }) => request),
    );
  }

  #question(stacks: readonly PendingStack[], requests: readonly StackRequest[]): void {
    this.#askedMs = performance.now();
    this.#underWay = this.#symbolizer
      .symbolize(requests)
      .then((frames) => this.#writer.symbolized(stacks, frames))
      .catch((error: unknown) => {
        this.#writer.symbolized(stacks, []);
        const reason = error instanceof Error ? error.message : String(error);
        this.#onTrouble(`Stacks could not be given names: ${reason}.`);
      })
      .finally(() => {
        this.#underWay = null;
        this.ask();
      });
  }

  #leftMs(): number {
    return this.#askedMs + STUCK_MS - performance.now();
  }

  /** True when a question has gone unanswered for so long that nobody should wait for it. */
  get stuck(): boolean {
    return this.#underWay !== null && this.#leftMs() <= 0;
  }

  /** Waits for everything that has no names yet, as long as answers come. */
  async last(): Promise<void> {
    for (this.ask(); this.#underWay && !this.stuck; ) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        timer = setTimeout(resolve, this.#leftMs());
      });
      await Promise.race([this.#underWay, patience]);
      clearTimeout(timer);
    }
    const { pending } = this.#writer.stacks;
    if (this.#underWay && pending > 0) {
      this.#onTrouble(
        `${pending} stacks have addresses only: no names came within ${STUCK_MS / 1000} s.`,
      );
    }
  }
}
