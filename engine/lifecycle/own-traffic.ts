// The connections over which Synscope shows itself to a browser of this machine, both ends.
// Their figures move whenever the window is told of anything: taken over at every scan,
// they would be the news that moves them again, once a second on a machine at rest. Asked
// by scans.ts.
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';

/** Between two looks at their figures. Their end brings the last ones as for any other. */
const REST_NS = 10_000_000_000;
/** Ends remembered; beyond it the oldest is forgotten, and is shown like any other. */
const LIMIT = 256;

export class OwnTraffic {
  readonly #pid: number;
  /** When the figures of an end were taken over last. */
  readonly #taken = new Map<Attempt, SessionNanoseconds>();
  readonly #own = new Set<Attempt>();

  /** `pid` is Synscope's own. */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Whether the attempt's figures are Synscope's own doing and were taken over not long ago. */
  rests(attempt: Attempt, timeNs: SessionNanoseconds): boolean {
    if (!this.#isOwn(attempt)) return false;
    const taken = this.#taken.get(attempt);
    if (taken !== undefined && timeNs - taken < REST_NS) return true;
    this.#taken.delete(attempt);
    this.#taken.set(attempt, timeNs);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > LIMIT && oldest) this.#taken.delete(oldest);
    return false;
  }

  #isOwn(attempt: Attempt): boolean {
    if (attempt.owner?.pid !== this.#pid) return this.#faces(attempt);
    this.#own.add(attempt);
    const [oldest] = this.#own;
    if (this.#own.size > LIMIT && oldest) this.#own.delete(oldest);
    return true;
  }

  /** The other end of one of ours. */
  #faces(attempt: Attempt): boolean {
    for (const own of this.#own) {
      const faces =
        own.localPort === attempt.remotePort &&
        own.remotePort === attempt.localPort &&
        own.localAddress === attempt.remoteAddress &&
        own.netns === attempt.netns;
      if (faces) return true;
    }
    return false;
  }
}
