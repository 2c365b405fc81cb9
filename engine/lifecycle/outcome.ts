// How a connection attempt ended, from its last state, the socket's error and what was
// seen before. Pure; used by engine/lifecycle/lifecycle.ts.
import type { Outcome } from '../../contract/attempt.ts';
import { errnoByName } from '../../contract/errno.ts';
import type { Errno } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';
import {
  CLOSE,
  CLOSE_WAIT,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  LAST_ACK,
  TIME_WAIT,
} from './tcp-state.ts';

function errnos(...names: string[]): ReadonlySet<Errno> {
  return new Set(names.map((name) => errnoByName(name) ?? -1));
}

const REFUSED = errnos('ECONNREFUSED');
const TIMED_OUT = errnos('ETIMEDOUT');
/** What routing and ICMP errors become (icmp_err_convert in net/ipv4/icmp.c). */
const UNREACHABLE = errnos(
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENONET',
  'ENOPROTOOPT',
);
/** EPIPE is what a RST received in CLOSE_WAIT leaves in the socket. */
const RESET = errnos('ECONNRESET', 'EPIPE');
/** connect(2) on a socket that another thread shut down, or that was never answered: no network error. */
const GIVEN_UP = errnos('ECONNABORTED', 'EINTR', 'ECONNRESET');

export interface Ending {
  readonly outcome: Outcome;
  readonly failed: boolean;
  readonly closedBy: 'local' | 'remote' | null;
}

function ending(outcome: Outcome, failed: boolean, closedBy: Ending['closedBy'] = null): Ending {
  return { outcome, failed, closedBy };
}

/** An attempt that never was established and ended with this errno (not 0). */
export function endingWhileConnecting(errno: Errno): Ending {
  if (REFUSED.has(errno)) return ending('refused', true);
  if (TIMED_OUT.has(errno)) return ending('timed-out', true);
  if (UNREACHABLE.has(errno)) return ending('unreachable', true);
  return ending('failed', true);
}

/** SYN_SENT → CLOSE without an error in the socket; `errno` is what connect(2) then returned, 0 when nothing. */
export function endingUndecided(errno: Errno): Ending {
  if (errno === 0 || GIVEN_UP.has(errno)) return ending('abandoned', true, 'local');
  return endingWhileConnecting(errno);
}

/** SHUT_WR alone: the program is done sending, and waits for what the peer has to say. */
const SEND_SHUTDOWN = 2;

/**
 * An established connection that went from `oldState` to CLOSE.
 * `inTask`: a call of a task did it, not a packet or a timer. `shutdown`: sk_shutdown of the socket.
 */
export function endingEstablished(
  attempt: Attempt,
  oldState: number,
  errno: Errno,
  inTask: boolean,
  shutdown: number,
): Ending {
  const listens = shutdown === SEND_SHUTDOWN && attempt.resetReceived;
  const ownCloseFirst = oldState !== ESTABLISHED && oldState !== CLOSE_WAIT && !listens;
  if (TIMED_OUT.has(errno)) return ending('timed-out', true, attempt.closedBy);
  if (UNREACHABLE.has(errno)) return ending('unreachable', true, attempt.closedBy);
  if (ownCloseFirst) return ending('closed', false, attempt.closedBy ?? 'local');
  if (attempt.resetReceived || RESET.has(errno)) {
    return ending('reset', !isOnlyLooked(attempt), 'remote');
  }
  if (errno !== 0) return ending('failed', true, attempt.closedBy);
  // Neither FIN nor error: close(2) with unread payload or SO_LINGER 0 sends a RST.
  return inTask ? ending('reset', false, 'local') : ending('closed', false, attempt.closedBy);
}

/**
 * A peer that connected, said nothing and went: a port scan, or a load balancer that looks
 * whether the service is there. The server has lost nothing.
 */
function isOnlyLooked({ direction, bytesSent, bytesReceived }: Attempt): boolean {
  return direction === 'accepted' && bytesSent === 0 && bytesReceived === 0;
}

/**
 * A RST was sent in CLOSE: when a listener is closed, the kernel takes the connections that
 * nobody accepted to CLOSE first and resets them afterwards. Null when it changes nothing.
 */
export function endingByLateReset(attempt: Attempt, state: number): Ending | null {
  if (state !== CLOSE || attempt.final || attempt.outcome !== 'closed') return null;
  const withoutOwnFin = attempt.endedFrom === ESTABLISHED || attempt.endedFrom === CLOSE_WAIT;
  return withoutOwnFin ? ending('reset', false, 'local') : null;
}

const AFTER_OWN_FIN: ReadonlySet<number> = new Set([
  FIN_WAIT1,
  FIN_WAIT2,
  CLOSING,
  LAST_ACK,
  TIME_WAIT,
]);

/**
 * The socket is gone and its change to CLOSE was not seen. After an own FIN it was an
 * orderly end unless an error or a RST was heard of.
 */
export function endingNotSeen(attempt: Attempt): Ending {
  const orderly =
    AFTER_OWN_FIN.has(attempt.state) && !attempt.resetReceived && attempt.notedErrno === 0;
  return orderly ? ending('closed', false, attempt.closedBy ?? 'local') : ending('unknown', false);
}
