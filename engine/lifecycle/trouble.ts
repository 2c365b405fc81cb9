// What an attempt had to put up with without failing from it: in sums, since of a chatty
// connection not every event is remembered. Filled by retransmits.ts, stalls.ts and
// states.ts, read by the rules of engine/diagnosis/.
import type { Milliseconds, SessionNanoseconds } from '../../contract/units.ts';

/** Timeouts of payload in a row, without an answer between them. */
export interface UnansweredRow {
  count: number;
  /** From when the segment was sent first, a timeout before it was sent again. */
  readonly sinceNs: SessionNanoseconds;
  /** Until it was sent again for the last time: the answer came later. */
  ms: Milliseconds;
  /** The last timeout. */
  rtoMs: Milliseconds;
  /** Event rows of the first and the last; 0 = not recorded. */
  readonly firstId: number;
  lastId: number;
}

/** All the times that a receive buffer was full, of one side. */
export interface ClosedWindow {
  /** How often it closed. */
  stalls: number;
  totalMs: Milliseconds;
  longestMs: Milliseconds;
  /** When the longest began. */
  sinceNs: SessionNanoseconds;
  /** Event rows of the longest; 0 = not recorded. */
  beganId: number;
  endedId: number;
  /** Bytes that waited when the longest was first seen. */
  waiting: number;
}

export interface MissedProbes {
  /** Most in a row that were not answered. */
  most: number;
  /** Event rows; 0 = not recorded. */
  firstId: number;
  answeredId: number;
}

/** Made when there is something to tell; about 200 bytes. */
export class Trouble {
  /** SYNs, or SYN-ACKs, that were sent again before the connection stood. */
  handshakeResent = 0;
  /** The machine was asked why. */
  asked = false;
  /** The row of timeouts that is going on, or was the last. */
  row: UnansweredRow | null = null;
  longestRow: UnansweredRow | null = null;
  peerWindow: ClosedWindow | null = null;
  ownWindow: ClosedWindow | null = null;
  keepAlive: MissedProbes | null = null;
  /** Event row that says that a cookie was used; null = none. */
  synCookieId: number | null = null;
}
