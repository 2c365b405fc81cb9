// Prints ended attempts one after the other, however slow stdout is. From the engine's
// ended ids (cli/trace.ts) to lines for people or JSON Lines.
import type { AttemptDetail } from '../contract/attempt.ts';
import { plainJson } from '../contract/plain-text.ts';
import type { AttemptId } from '../contract/units.ts';
import type { Engine } from '../engine/engine-types.ts';
import { attemptJson } from '../engine/export/attempt-json.ts';
import { attemptLine, paintFor, stacksText, verdictText } from './format.ts';
import { print } from './interrupt.ts';
import { flagsWant, type Wanted } from './wanted.ts';

/** Attempts asked for in one question. */
const AT_ONCE = 200;

export interface PrinterOptions {
  readonly wanted: Wanted;
  readonly json: boolean;
  readonly stacks: boolean;
}

export class Printer {
  private readonly options: PrinterOptions;
  private tail: Promise<void> = Promise.resolve();
  private stopped = false;
  printed = 0;
  failures = 0;

  constructor(options: PrinterOptions) {
    this.options = options;
  }

  /** Prints what ends from now on. Only ids wait, so a slow reader costs no memory to speak of. */
  follow(engine: Engine): void {
    engine.onEnded((ids) => {
      this.tail = this.tail.then(async () => {
        for (let at = 0; at < ids.length; at += AT_ONCE)
          await this.printSome(engine, ids.slice(at, at + AT_ONCE));
      });
      // Met by `finish`; until then it is not unhandled.
      this.tail.catch(() => {});
    });
  }

  /** Resolves when all that is in line is printed. */
  async finish(): Promise<void> {
    await this.tail;
  }

  /** Prints nothing any more: the reader is gone. */
  stop(): void {
    this.stopped = true;
  }

  private async printSome(engine: Engine, ids: readonly AttemptId[]): Promise<void> {
    if (this.stopped) return;
    const { wanted } = this.options;
    const session = 'live';
    const rows = await engine.call('pick', { session, ids, filter: wanted.filter });
    const wantedIds = new Set(rows.filter((row) => flagsWant(row, wanted)).map(({ id }) => id));
    // In the order in which they ended.
    const chosen = ids.filter((id) => wantedIds.has(id));
    if (chosen.length === 0) return;
    for (const detail of await engine.call('details', { session, ids: chosen })) {
      if (this.stopped) return;
      this.printed += 1;
      if (detail.row.failed) this.failures += 1;
      await print(`${this.text(detail)}\n`);
    }
  }

  private text(detail: AttemptDetail): string {
    if (this.options.json) return plainJson(attemptJson(detail));
    const paint = paintFor(process.stdout.isTTY === true && process.stdout.hasColors());
    const line = attemptLine(detail.row, paint);
    const verdict = verdictText(detail, paint) ?? '';
    const stacks = this.options.stacks ? stacksText(detail, paint) : '';
    return [line, verdict, stacks].filter((part) => part !== '').join('\n');
  }
}
