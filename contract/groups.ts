// Failures that are one and the same trouble: the `groups` method of contract/api.ts. From
// engine/query/groups.ts, to renderer/ and cli/.
import type { Direction } from './attempt.ts';
import type { AttemptId, UnixMilliseconds } from './units.ts';
import type { VerdictBadge } from './verdict.ts';

/** Bars of `FailureGroup.sparkline`. */
export const SPARKLINE_BARS = 24;

/** Failed attempts of the same verdict, errno, code that asked for them, and destination. */
export interface FailureGroup {
  /** The same in every session for the same trouble. */
  readonly id: string;
  readonly verdict: VerdictBadge | null;
  /** Name of the errno; null when there was none. */
  readonly error: string | null;
  readonly direction: Direction;
  /** In words: `10.0.0.2:443`, `[::1]:80`, `accepted on 10.0.0.1:80`, `bind(2) on 0.0.0.0:80`, `socket(2)`. */
  readonly destination: string;
  /** Of the destination: the peer; for accepted attempts, this machine's own address and port. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly count: number;
  /** When the first and the last attempt of the group began. */
  readonly firstAt: UnixMilliseconds;
  readonly lastAt: UnixMilliseconds;
  /** Most attempts first, at most 20; '' for attempts without a known owner. */
  readonly processes: readonly { readonly comm: string; readonly count: number }[];
  /** Attempts in `SPARKLINE_BARS` equal parts of the time from `FailureGroups.from` to `to`. */
  readonly sparkline: readonly number[];
  /** First seen less than a minute before the session's newest event, and not in its first minute. */
  readonly isNew: boolean;
  /** Text of the filter language that selects these attempts. */
  readonly filter: string;
  /** The newest attempt of the group. */
  readonly exampleId: AttemptId;
  /** Where in the program: its own innermost functions, `connect_db ← main (app)`; null when no user stack is known. */
  readonly stack: string | null;
  /** What all of that stack is known by in every run (`Stack.fingerprint`); null when it is not known. */
  readonly fingerprint: string | null;
}

export interface FailureGroups {
  /** The selection's range, else the whole session. */
  readonly from: UnixMilliseconds;
  readonly to: UnixMilliseconds;
  /** New ones first, then those with most attempts; at most `limit`. */
  readonly groups: readonly FailureGroup[];
  /** Groups in all. */
  readonly total: number;
  /** Failures in all groups; those that only lost a race against another address are not among them. */
  readonly failures: number;
  readonly version: number;
}
