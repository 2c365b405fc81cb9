// What is asked of the machine when an attempt failed: a few questions (questions.ts), each a
// file of its own, within an allowance and a time. Asked by engine/diagnosis/diagnosis.ts.

import type { Milliseconds, SessionNanoseconds } from '../../contract/units.ts';
import type { KernelCounters } from '../capture/kernel-counters.ts';
import type { ContextDetail } from '../diagnosis/context.ts';
import type { ContextSource } from '../diagnosis/diagnosis.ts';
import { isOwnAddress } from '../diagnosis/facts.ts';
import { plural } from '../diagnosis/words.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { FilledQueue, ListenerTable } from '../lifecycle/listeners.ts';
import { Allowance, type Answer, SharedAnswers } from './allowance.ts';
import type { Asked, Machine, Question } from './asked.ts';
import { type Activity, CounterHistory } from './counter-history.ts';
import { askCounters } from './counters.ts';
import { seenListener } from './listener.ts';
import { afterListening } from './listening-time.ts';
import { Namespaces } from './namespaces.ts';
import { NatChains } from './nat.ts';
import { PastSockets } from './past-sockets.ts';
import { Programs } from './programs.ts';
import { questionsFor, questionsForDelayed } from './questions.ts';
import { SysctlReader } from './sysctls.ts';

/**
 * What has not been answered by then is left out: time in which this thread could listen. Mostly
 * it takes 20 to 50 ms; a machine that starts a program in a second is busy, not lost.
 */
const TIME_MS = 2000;
const PER_SECOND = 20;
/** Questions to which the answer is nearly there: each attempt has its own, also where the others are shared. */
const CHEAP: ReadonlySet<Question> = new Set([askCounters]);
const CHEAP_PER_SECOND = 200;
/** Attempts that did not fail; they take nothing away from those that did. */
const DELAYED_PER_SECOND = 10;
/** After that the machine may look another way: records wait this long when there are too many. */
const LATE_NS = 5_000_000_000;

export interface MachineContextParts {
  readonly kernel: KernelCounters;
  readonly listeners: ListenerTable;
  /** Those whose sockets still exist. */
  readonly attempts: () => Iterable<Attempt>;
  readonly now: () => SessionNanoseconds;
  /** Gets a sentence that belongs into the file. */
  readonly note: (sentence: string) => void;
  /** How long it may answer; default 2000. */
  readonly timeMs?: Milliseconds;
}

export class MachineContext implements ContextSource {
  readonly #programs = new Programs();
  readonly #machine: Machine;
  readonly #note: (sentence: string) => void;
  readonly #now: () => SessionNanoseconds;
  readonly #allowance = new Allowance(PER_SECOND, performance.now());
  readonly #cheapAllowance = new Allowance(CHEAP_PER_SECOND, performance.now());
  readonly #delayedAllowance = new Allowance(DELAYED_PER_SECOND, performance.now());
  readonly #shared = new SharedAnswers();
  readonly #timeMs: Milliseconds;
  #skipped = 0;
  #unanswered = 0;

  constructor({ kernel, listeners, attempts, now, note, timeMs }: MachineContextParts) {
    this.#timeMs = timeMs ?? TIME_MS;
    this.#machine = {
      namespaces: new Namespaces(kernel, this.#programs),
      sysctls: new SysctlReader(),
      counters: new CounterHistory(kernel, now),
      nat: new NatChains(),
      past: new PastSockets(),
      listeners,
      attempts,
    };
    this.#note = note;
    this.#now = now;
  }

  /** Keeps the history of the kernel's counters. */
  tick(activity: Activity): void {
    this.#machine.counters.tick(activity);
  }

  /** Whether the queue of a listener overflowed since then: the kernel's own counters. */
  readonly filledQueue: FilledQueue = (netns, sinceNs, dropped) => {
    return queueThatFilled(this.#machine.counters.rise(netns, sinceNs), dropped);
  };

  /** Remembers whose a socket was that the kernel still has. */
  passed(attempt: Attempt): void {
    this.#machine.past.add(attempt);
  }

  /** The capture ends: says how much was not asked. */
  finish(): void {
    this.#programs.close();
    if (this.#skipped > 0) {
      this.#note(`Nothing was asked of the machine about ${plural(this.#skipped, 'failure')}.`);
    }
    if (this.#unanswered > 0) {
      this.#note(
        `The machine did not answer all that was asked about ${plural(this.#unanswered, 'failure')} in time.`,
      );
    }
  }

  ask(attempt: Attempt): Promise<readonly ContextDetail[]> | readonly ContextDetail[] | null {
    const questions = questionsFor(attempt);
    if (questions.length === 0) return null;
    if (this.#now() - (attempt.endedNs ?? attempt.beginNs) > LATE_NS) return this.#skip(attempt);
    const nowMs = performance.now();
    // A service that has begun to listen, or ceased to, makes it another failure.
    const { netns, remotePort } = attempt;
    const listening = this.#machine.listeners.onPort(netns, remotePort).length;
    const shared = this.#shared.find(attempt, listening, nowMs);
    if (shared) return this.#completed(attempt, questions, shared, nowMs);
    if (!this.#allowance.take(nowMs)) return this.#skip(attempt);
    const answer = this.#askAll(attempt, questions);
    this.#shared.keep(attempt, listening, nowMs, answer);
    return answer;
  }

  askDelayed(attempt: Attempt): Promise<readonly ContextDetail[]> | null {
    if (!this.#delayedAllowance.take(performance.now())) return null;
    return this.#askAll(attempt, questionsForDelayed(attempt));
  }

  async #completed(
    attempt: Attempt,
    questions: readonly Question[],
    shared: Answer,
    nowMs: number,
  ): Answer {
    const own = questions.filter((question) => CHEAP.has(question));
    if (own.length === 0 || !this.#cheapAllowance.take(nowMs)) return await shared;
    const [theirs, ours] = await Promise.all([shared, this.#askAll(attempt, own)]);
    return [...theirs, ...ours];
  }

  /** What is known without asking is told all the same. */
  #skip(attempt: Attempt): readonly ContextDetail[] | null {
    this.#skipped++;
    if (this.#skipped === 1) {
      this.#note(
        'Failures came faster than the machine may be asked about them: with some, routes, neighbours, settings and the like are missing.',
      );
    }
    return this.#known(attempt);
  }

  #late(): void {
    this.#unanswered++;
    if (this.#unanswered > 1) return;
    this.#note(
      'The machine was too busy to tell all about some failures: routes, neighbours, settings and the like may be missing.',
    );
  }

  #known(attempt: Attempt): readonly ContextDetail[] | null {
    if (attempt.outcome !== 'refused') return null;
    const { listeners, nat } = this.#machine;
    const known: ContextDetail[] = isOwnAddress(attempt) ? [seenListener(attempt, listeners)] : [];
    if (nat.wasIn(attempt.netns)) known.push({ about: 'nat' });
    return known.length > 0 ? known : null;
  }

  async #askAll(
    attempt: Attempt,
    questions: readonly Question[],
  ): Promise<readonly ContextDetail[]> {
    const place = this.#machine.namespaces.place(attempt.netns, attempt.owner?.pid ?? null);
    if (place === null) return this.#known(attempt) ?? [];
    const details: ContextDetail[] = [];
    // AbortSignal.timeout() would not keep the worker alive at its end, and nobody would answer.
    const time = new AbortController();
    const callOff = afterListening(this.#timeMs, () => time.abort());
    const { signal } = time;
    const asked: Asked = {
      attempt,
      place,
      machine: this.#machine,
      signal,
      tell: (detail) => {
        if (!signal.aborted) details.push(detail);
      },
    };
    const all = questions.map((question) => question(asked).catch(() => undefined));
    await Promise.race([Promise.all(all), aborted(signal)]);
    callOff();
    if (signal.aborted) this.#late();
    const has = new Set(details.map(({ about }) => about));
    const missed = (this.#known(attempt) ?? []).filter(({ about }) => !has.has(about));
    return [...details, ...missed];
  }
}

/**
 * Which queue explains what one listener threw away, by what rose in its whole namespace. Not where
 * packets were left for TCP_DEFER_ACCEPT meanwhile: a healthy listener throws those away, and the
 * overflow may be another's. Of an ACK that finds the accept queue full, `sk_drops` counts two
 * (tcp_listendrop, and discard_and_relse in tcp_v4_rcv); of a SYN, one.
 */
export function queueThatFilled(
  rose: Readonly<Record<string, number>> | null,
  dropped: number,
): 'accept' | 'syn' | null {
  if (!rose || (rose['TCPDeferAcceptDrop'] ?? 0) > 0) return null;
  const { ListenOverflows: accept = 0, TCPReqQFullDrop: syn = 0 } = rose;
  if (2 * accept + syn < dropped) return null;
  return accept > 0 ? 'accept' : 'syn';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
