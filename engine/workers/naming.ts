// Asks the addon for the names of stacks, one question at a time, and puts the answers into
// the session file. Part of a CaptureRun (capture-run.ts).
import type { SynscopeAddon } from '../../contract/addon.ts';
import type { SessionWriter } from '../session/writer.ts';

/** Stacks asked for in one call of the symbolizer. */
const AT_ONCE = 64;
/** How long the end of a capture waits for names. */
const LAST_MS = 1000;

export class Naming {
  readonly #addon: SynscopeAddon;
  readonly #writer: SessionWriter;
  readonly #onTrouble: (sentence: string) => void;
  #underWay: Promise<void> | null = null;

  constructor(addon: SynscopeAddon, writer: SessionWriter, onTrouble: (sentence: string) => void) {
    this.#addon = addon;
    this.#writer = writer;
    this.#onTrouble = onTrouble;
  }

  /** Asks for what has no names yet; the next question begins when the answer has come. */
  ask(): void {
    if (this.#underWay) return;
    const stacks = this.#writer.stacks.take(AT_ONCE);
    if (stacks.length === 0) return;
    this.#underWay = this.#addon
      .symbolize(stacks.map(({ request }) => request))
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

  /** Waits a while for everything that has no names yet. */
  async last(): Promise<void> {
    const deadline = performance.now() + LAST_MS;
    for (this.ask(); this.#underWay && performance.now() < deadline; ) {
      const patience = new Promise((resolve) => setTimeout(resolve, deadline - performance.now()));
      await Promise.race([this.#underWay, patience]);
    }
  }
}
