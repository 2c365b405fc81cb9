// Ended attempts → verdicts. Stands between engine/lifecycle/ and the session file
// (engine/session/writer.ts): everything passes through; an attempt that failed leaves with
// its verdict, and is told to have ended only then.
import type { StackCopyEventReader, StackEventReader } from '../../contract/generated/events.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { EventRow, LifecycleOutput } from '../lifecycle/output.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import type { ContextDetail } from './context.ts';
import { Facts } from './facts.ts';
import { RULES } from './rules.ts';

/** Asks the machine about an attempt that failed. */
export interface ContextSource {
  /** Null = nothing is to be asked, or not now (rate limit). */
  ask(attempt: Attempt): Promise<readonly ContextDetail[]> | readonly ContextDetail[] | null;
  /** An attempt that did not fail: it may explain why another one does. */
  passed?(attempt: Attempt): void;
}

/** Decides, or decides again, why an attempt failed; null for one that did not. */
export function diagnose(attempt: Attempt): Attempt['verdict'] {
  if (!attempt.failed) return null;
  const facts = new Facts(attempt);
  for (const rule of RULES) {
    const finding = rule.match(facts);
    if (finding) return { rule: rule.id, finding };
  }
  return null;
}

export class Diagnosis implements LifecycleOutput {
  readonly #next: LifecycleOutput;
  #context: ContextSource | null = null;
  readonly #asking = new Set<Promise<unknown>>();
  /** Gets each failure once it has its verdict, while its notes are still there. */
  onJudged: (attempt: Attempt) => void = () => {};

  constructor(next: LifecycleOutput) {
    this.#next = next;
  }

  /** Until then no context is asked for. */
  askFrom(context: ContextSource): void {
    this.#context = context;
  }

  event(row: EventRow): number {
    return this.#next.event(row);
  }

  attemptChanged(attempt: Attempt): void {
    this.#next.attemptChanged(attempt);
  }

  process(image: ProcessImage): void {
    this.#next.process(image);
  }

  stack(rowId: number, event: StackEventReader, owner: ProcessImage | null): void {
    this.#next.stack(rowId, event, owner);
  }

  stackCopy(rowId: number, event: StackCopyEventReader, owner: ProcessImage | null): void {
    this.#next.stackCopy(rowId, event, owner);
  }

  attemptEnded(attempt: Attempt): void {
    if (!attempt.failed) this.#context?.passed?.(attempt);
    const answer = attempt.failed ? (this.#context?.ask(attempt) ?? null) : null;
    if (answer instanceof Promise) {
      const asking = answer.then(
        (details) => this.#conclude(attempt, details),
        () => this.#conclude(attempt, []),
      );
      this.#asking.add(asking);
      void asking.finally(() => this.#asking.delete(asking));
      return;
    }
    this.#conclude(attempt, answer ?? []);
  }

  attemptReconsidered(attempt: Attempt): void {
    attempt.verdict = diagnose(attempt);
    this.#next.attemptReconsidered?.(attempt);
  }

  /** When every answer that is on its way has come. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking);
  }

  #conclude(attempt: Attempt, context: readonly ContextDetail[]): void {
    for (const detail of context) this.#record(attempt, detail);
    attempt.verdict = diagnose(attempt);
    if (attempt.verdict) this.onJudged(attempt);
    // What may turn out to have lost a race is judged once more.
    if (!attempt.contested) attempt.notes.clear();
    if (attempt.verdict && !attempt.dirty) {
      attempt.dirty = true;
      this.#next.attemptChanged(attempt);
    }
    this.#next.attemptEnded(attempt);
  }

  #record(attempt: Attempt, detail: ContextDetail): void {
    const timeNs = attempt.endedNs ?? attempt.beginNs;
    const row: EventRow = {
      attemptId: attempt.id,
      timeNs,
      kind: 'context',
      oldState: 0,
      newState: 0,
      errno: 0,
      detail,
      kernelStack: 0,
      userStack: 0,
    };
    const id = this.#next.event(row);
    attempt.notes.add({ id, timeNs, kind: 'context', oldState: 0, newState: 0, errno: 0, detail });
  }
}
