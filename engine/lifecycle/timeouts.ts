// Which timer of the kernel gave a socket up: told by the figures that the timer decides by
// (net/ipv4/tcp_timer.c), as they stood at that moment. Called by engine/lifecycle/lifecycle.ts.
import type { SocketTimersReader, TimersEventReader } from '../../contract/generated/events.ts';
import type { Milliseconds } from '../../contract/units.ts';
import type { TimeoutDetail } from '../session/detail.ts';
import * as tcp from './tcp-state.ts';

/** The figures of a record, or of a test. */
export type TimerFigures = Pick<
  SocketTimersReader,
  | 'rtoUs'
  | 'userTimeoutMs'
  | 'keepaliveTimeMs'
  | 'keepaliveIntvlMs'
  | 'sndWnd'
  | 'unacked'
  | 'unsent'
  | 'ackMs'
  | 'probingMs'
  | 'retransmits'
  | 'probesOut'
  | 'keepaliveProbes'
  | 'retries2'
  | 'synRetries'
  | 'orphan'
>;

/**
 * With something unacknowledged the retransmission timer runs, whose segments are probes while
 * the peer's window is closed; with something to send that may not be sent, that of the closed
 * window; with neither, keep-alive (tcp_retransmit_timer, tcp_probe_timer, tcp_keepalive_timer).
 */
export function timerOf(state: number, figures: TimerFigures): TimeoutDetail['timer'] {
  if (state === tcp.SYN_SENT || state === tcp.SYN_RECV) return 'handshake';
  if (figures.unacked > 0) return figures.sndWnd === 0 ? 'zero-window' : 'retransmission';
  return figures.unsent > 0 ? 'zero-window' : 'keep-alive';
}

/**
 * Whether TCP_USER_TIMEOUT decided. Where it is set, only handshakes and probes of a closed
 * window have a count beside it: there it did when it had run out.
 */
function userTimeoutDecided(
  timer: TimeoutDetail['timer'],
  figures: TimerFigures,
  lastedMs: Milliseconds | null,
): boolean {
  const { userTimeoutMs, probingMs, probesOut, retries2, unacked } = figures;
  if (userTimeoutMs === 0) return false;
  if (timer === 'handshake') return lastedMs === null || lastedMs >= userTimeoutMs;
  if (timer !== 'zero-window' || unacked > 0) return true;
  return probingMs > 0 ? probingMs >= userTimeoutMs : probesOut < retries2;
}

/**
 * What is told of a socket that a timer took from this state to CLOSE. `lastedMs`: since its
 * first SYN, null when that was not seen.
 */
export function timeoutDetail(
  state: number,
  figures: TimerFigures,
  lastedMs: Milliseconds | null,
): TimeoutDetail {
  const timer = timerOf(state, figures);
  const { rtoUs, retransmits, probesOut, ackMs, unacked, unsent, sndWnd } = figures;
  return {
    timer,
    state: tcp.stateName(state),
    ...(userTimeoutDecided(timer, figures, lastedMs) && { userTimeoutMs: figures.userTimeoutMs }),
    ...(retransmits > 0 && { resent: retransmits }),
    ...(probesOut > 0 && { probes: probesOut }),
    rtoMs: rtoUs / 1000,
    ...(timer === 'handshake'
      ? figures.synRetries > 0 && { synRetries: figures.synRetries }
      : { retries2: figures.retries2, silentMs: ackMs, window: sndWnd }),
    ...(timer === 'keep-alive' && {
      keepAlive: {
        idleMs: figures.keepaliveTimeMs,
        intervalMs: figures.keepaliveIntvlMs,
        probes: figures.keepaliveProbes,
      },
    }),
    unacked,
    unsent,
    ...(figures.orphan !== 0 && { orphan: true }),
  };
}

/** As a record has it. */
export function timeoutOf(event: TimersEventReader, lastedMs: Milliseconds | null): TimeoutDetail {
  return timeoutDetail(event.socket.state, event.timers, lastedMs);
}
