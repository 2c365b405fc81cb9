// Ended attempts → verdicts. Stands between engine/lifecycle/ and the session file
// (engine/session/writer.ts): everything passes through; an attempt that failed leaves with
// its verdict, and is told to have ended only then. One that has trouble gets its verdict at
// once, while it goes on.
import type { StackCopyEventReader, StackEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { EventRow, LifecycleOutput } from '../lifecycle/output.ts';
import type { ProcessImage } from '../lifecycle/processes.ts';
import type { ContextDetail } from './context.ts';
import { Facts } from './facts.ts';
import { LEAST_RESENT } from './rules/segments-lost.ts';
import { RULES, TROUBLES } from './rules.ts';

type Details = readonly ContextDetail[];

/** Asks the machine about an attempt that failed. */
export interface ContextSource {
  /** Null = nothing is to be asked, or not now (rate limit). */
  ask(attempt: Attempt): Promise<readonly ContextDetail[]> | readonly ContextDetail[] | null;
  /** Asks about an attempt whose handshake took its time, and which goes on; null as above. */
  askDelayed?(attempt: Attempt): Promise<readonly ContextDetail[]> | null;
  /** An attempt that did not fail: it may explain why another one does. */
  passed?(attempt: Attempt): void;
}

/** Decides, or decides again, why an attempt failed, or what troubled one that did not; null when nothing did. */
export function diagnose(attempt: Attempt): Attempt['verdict'] {
  if (!attempt.failed && !mayBeTroubled(attempt)) return null;
  const facts = new Facts(attempt);
  for (const rule of attempt.failed ? RULES : TROUBLES) {
    const finding = rule.match(facts);
    if (finding) return { rule: rule.id, finding };
  }
  return null;
}

/** Most attempts are not: those are not even looked at. */
function mayBeTroubled({ trouble, retransmits }: Attempt): boolean {
  return trouble !== null || retransmits >= LEAST_RESENT;
}

export class Diagnosis implements LifecycleOutput {
  readonly #next: LifecycleOutput;
  #context: ContextSource | null = null;
  readonly #asking = new Set<Promise<unknown>>();
  /** Answers about attempts that went on when they were asked for. */
  readonly #delayed = new Map<Attempt, Promise<Details>>();
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
    const answer = attempt.failed ? (this.#context?.ask(attempt) ?? null) : this.#asked(attempt);
    if (answer instanceof Promise) {
      this.#await(answer, (details) => this.#conclude(attempt, details));
    } else this.#conclude(attempt, answer ?? []);
  }

  /** What was asked while it went on and is not answered yet: its answer is taken there. */
  #asked(attempt: Attempt): Promise<Details> | null {
    const none = () => [];
    return this.#delayed.get(attempt)?.then(none, none) ?? null;
  }

  #await(answer: Promise<Details>, then: (details: Details) => void): void {
    const asking = answer.then(then, () => then([]));
    this.#asking.add(asking);
    void asking.finally(() => this.#asking.delete(asking));
  }

  attemptTroubled(attempt: Attempt): void {
    this.#judgeLiving(attempt, []);
    const { trouble } = attempt;
    if (!trouble || trouble.handshakeResent === 0 || trouble.asked) return;
    trouble.asked = true;
    const answer = this.#context?.askDelayed?.(attempt) ?? null;
    if (!answer) return;
    this.#delayed.set(attempt, answer);
    this.#await(answer, (details) => {
      this.#delayed.delete(attempt);
      this.#judgeLiving(attempt, details);
    });
  }

  note(timeNs: SessionNanoseconds, sentence: string): void {
    this.#next.note?.(timeNs, sentence);
  }

  #judgeLiving(attempt: Attempt, context: Details): void {
    if (attempt.judged) return;
    for (const detail of context) this.#record(attempt, detail);
    // Once it has ended, `#conclude` follows with what is asked about the end.
    if (attempt.ended) return;
    attempt.verdict = diagnose(attempt);
    this.#changed(attempt);
  }

  #changed(attempt: Attempt): void {
    if (attempt.dirty) return;
    attempt.dirty = true;
    this.#next.attemptChanged(attempt);
  }

  attemptReconsidered(attempt: Attempt): void {
    attempt.verdict = diagnose(attempt);
    this.#next.attemptReconsidered?.(attempt);
  }

  /** When every answer that is on its way has come. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking);
  }

  #conclude(attempt: Attempt, context: Details): void {
    for (const detail of context) this.#record(attempt, detail);
    const before = attempt.verdict;
    attempt.verdict = diagnose(attempt);
    attempt.judged = true;
    if (attempt.failed) this.onJudged(attempt);
    // What may turn out to have lost a race is judged once more.
    if (!attempt.contested) attempt.notes.clear();
    if (attempt.verdict !== before) this.#changed(attempt);
    this.#next.attemptEnded(attempt);
  }

  #record(attempt: Attempt, detail: ContextDetail): void {
    const timeNs = attempt.endedNs ?? attempt.establishedNs ?? attempt.beginNs;
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
