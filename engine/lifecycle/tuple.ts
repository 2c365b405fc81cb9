// The tuple of an attempt, kept from before the kernel clears it. Used by
// engine/lifecycle/lifecycle.ts.
import type { SocketIdentReader } from '../../contract/generated/events.ts';
import { localAddress, remoteAddress } from '../capture/address.ts';
import type { Attempt, Cookie } from './attempt.ts';

/** Above this a number does not hold every integer. */
const EXACT_HIGH = 0x20_0000;

/** The cookie as a key; null when the kernel gave none. */
export function cookieOf(socket: SocketIdentReader): Cookie | null {
  const high = socket.cookieHigh;
  if (high >= EXACT_HIGH) return socket.cookie;
  return high * 0x1_0000_0000 + socket.cookieLow || null;
}

/** Takes the whole tuple: at the begin. */
export function takeTuple(attempt: Attempt, socket: SocketIdentReader): void {
  const remote = remoteAddress(socket);
  const local = localAddress(socket);
  attempt.family = remote.family;
  attempt.remoteAddress = remote.text;
  attempt.remotePort = socket.remotePort;
  attempt.localAddress = local.family === remote.family ? local.text : anyAddress(attempt);
  attempt.localPort = socket.localPort;
  attempt.boundDevice = socket.boundDevice;
}

/** Fills what was not known at the begin: the kernel chooses the local port after SYN_SENT. Nothing is taken back. */
export function completeTuple(attempt: Attempt, socket: SocketIdentReader): boolean {
  if (attempt.localPort !== 0 || socket.localPort === 0) return false;
  attempt.localPort = socket.localPort;
  const local = localAddress(socket);
  if (local.family === attempt.family && attempt.localAddress === anyAddress(attempt)) {
    attempt.localAddress = local.text;
  }
  return true;
}

function anyAddress(attempt: Attempt): string {
  return attempt.family === 'ipv6' ? '::' : '0.0.0.0';
}
