// Which alerts were raised lately: nobody wants to hear the same thing twice, nor a hundred
// things at once. Part of alerts.ts.
import type { AlertKind } from '../../contract/alerts.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';

/** The same alert about the same thing is not raised again before. */
const AGAIN_NS = 600_000_000_000;
const MINUTE_NS = 60_000_000_000;
/** Alerts of one kind within a minute; the next one says that there are more, and is the last. */
export const IN_A_MINUTE = 5;
const REMEMBERED = 4096;

interface Minute {
  readonly beganNs: SessionNanoseconds;
  raised: number;
}

export class ToldOnce {
  readonly #lastNs = new Map<string, SessionNanoseconds>();
  readonly #minutes = new Map<AlertKind, Minute>();

  /** Whether to raise an alert about `subject`: `yes`, `no`, or `many` for one that stands for all that follow. */
  ask(kind: AlertKind, subject: string, nowNs: SessionNanoseconds): 'yes' | 'no' | 'many' {
    const key = `${kind} ${subject}`;
    const lastNs = this.#lastNs.get(key);
    if (lastNs !== undefined && nowNs - lastNs < AGAIN_NS) return 'no';
    this.#lastNs.delete(key);
    this.#lastNs.set(key, nowNs);
    const [oldest] = this.#lastNs.keys();
    if (this.#lastNs.size > REMEMBERED && oldest !== undefined) this.#lastNs.delete(oldest);
    return this.#inThisMinute(kind, nowNs);
  }

  #inThisMinute(kind: AlertKind, nowNs: SessionNanoseconds): 'yes' | 'no' | 'many' {
    const known = this.#minutes.get(kind);
    const minute =
      known && nowNs - known.beganNs < MINUTE_NS ? known : { beganNs: nowNs, raised: 0 };
    this.#minutes.set(kind, minute);
    minute.raised++;
    if (minute.raised <= IN_A_MINUTE) return 'yes';
    return minute.raised === IN_A_MINUTE + 1 ? 'many' : 'no';
  }
}
