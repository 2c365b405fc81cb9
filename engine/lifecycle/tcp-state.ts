// TCP states by the kernel's numbers (include/net/tcp_states.h), as records carry them.
import type { TcpState } from '../../contract/attempt.ts';

export const ESTABLISHED = 1;
export const SYN_SENT = 2;
export const SYN_RECV = 3;
export const FIN_WAIT1 = 4;
export const FIN_WAIT2 = 5;
export const TIME_WAIT = 6;
export const CLOSE = 7;
export const CLOSE_WAIT = 8;
export const LAST_ACK = 9;
export const LISTEN = 10;
export const CLOSING = 11;

const NAMES: readonly TcpState[] = [
  'CLOSE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

/** Name of a state number; CLOSE for one that the kernel does not have. */
export function stateName(state: number): TcpState {
  return NAMES[state] ?? 'CLOSE';
}
