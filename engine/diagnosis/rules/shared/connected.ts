// Whether a connection ever stood. Its begin may be older than the capture.
import {
  CLOSE_WAIT,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  LAST_ACK,
} from '../../../lifecycle/tcp-state.ts';
import type { Facts } from '../../facts.ts';

const AFTER_HANDSHAKE: ReadonlySet<number> = new Set([
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  CLOSE_WAIT,
  CLOSING,
  LAST_ACK,
]);

/** A connection stands, or stood. */
export function isOrWasConnected(facts: Facts): boolean {
  return wasConnected(facts) || AFTER_HANDSHAKE.has(facts.attempt.state);
}

/** Established when it was seen, or ended from a state that only follows that. */
export function wasConnected({ wasEstablished, attempt }: Facts): boolean {
  return wasEstablished || AFTER_HANDSHAKE.has(attempt.endedFrom);
}
