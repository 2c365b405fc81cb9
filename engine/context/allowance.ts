// How much may be asked: so many askings a second, and one for all failures of the same kind
// that come together. Used by machine-context.ts.
import type { ContextAbout, ContextDetail } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';

const SHARED_MS = 1000;
const KINDS = 1024;

/** What is true of the destination or the machine, not of the one attempt. */
const SHARED: ReadonlySet<ContextAbout> = new Set<ContextAbout>([
  ...([
    'listener',
    'route',
    'neighbour',
    'ports',
    'conntrack-table',
    'settings',
    'files',
    'nat',
  ] as const),
]);

export type Answer = Promise<readonly ContextDetail[]>;

/** Askings that may be made now: a bucket that fills steadily. */
export class Allowance {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#atMs = nowMs;
  }

  /** False when there have been too many. */
  take(nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + gained);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Answers that are good for other failures too. */
export class SharedAnswers {
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: Answer }>();

  /**
   * What was found for a failure of the same kind, as far as it holds for this one; null = none
   * is recent. `sign`: another one when it does not hold any more.
   */
  find(attempt: Attempt, sign: number, nowMs: number): Answer | null {
    const known = this.#answers.get(kindOf(attempt, sign));
    if (!known || nowMs - known.atMs >= SHARED_MS) return null;
    return known.answer.then((details) => details.filter(({ about }) => SHARED.has(about)));
  }

  keep(attempt: Attempt, sign: number, nowMs: number, answer: Answer): void {
    const kind = kindOf(attempt, sign);
    this.#answers.delete(kind);
    this.#answers.set(kind, { atMs: nowMs, answer });
    if (this.#answers.size <= KINDS) return;
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}

/**
 * Same namespace, destination, failure, and what the route is asked with but for the ports; of a call
 * without a destination, the same process.
 */
function kindOf(attempt: Attempt, sign: number): string {
  const { netns, remoteAddress, remotePort, outcome, errno, call } = attempt;
  const { localAddress, mark, boundDevice, owner } = attempt;
  const way = `${localAddress} ${owner?.uid} ${mark} ${boundDevice}`;
  const where = remotePort === 0 ? `pid ${owner?.pid}` : `${remoteAddress} ${remotePort}`;
  return `${netns} ${call} ${where} ${outcome} ${errno} ${way} ${sign}`;
}
