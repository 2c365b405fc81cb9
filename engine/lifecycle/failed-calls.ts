// socket(2), bind(2), listen(2) and accept(2) that failed: FAILED_CALL records. Each is a row
// of its own, since no connection came of it. Called by engine/lifecycle/lifecycle.ts.

import type { SocketCall } from '../../contract/attempt.ts';
import { errnoByName, errnoName } from '../../contract/errno.ts';
import { FailedCall, type FailedCallEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { addressOf } from '../capture/address.ts';
import type { FailedCallDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import { callPath } from './call-path.ts';
import type { Desk } from './desk.ts';
import { missingStack } from './stack-rows.ts';
import * as tcp from './tcp-state.ts';
import { cookieOf, takeTuple } from './tuple.ts';

const AF_INET6 = 10;
const EINVAL = errnoByName('EINVAL') ?? 0;
const NAMES: Readonly<Record<number, SocketCall>> = {
  [FailedCall.SOCKET]: 'socket',
  [FailedCall.BIND]: 'bind',
  [FailedCall.LISTEN]: 'listen',
  [FailedCall.ACCEPT]: 'accept',
};

export class FailedCalls {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  take(event: FailedCallEventReader): void {
    const call = NAMES[event.call];
    if (call === undefined || this.#endsServer(event, call)) return;
    const { live, clock } = this.#desk;
    const timeNs = clock.at(event.header);
    // Without its cookie: the listener or the socket goes on, this row does not.
    const attempt = live.begin(null, event.socket.netns, timeNs);
    attempt.call = call;
    takeTuple(attempt, event.socket);
    this.#takeAsked(attempt, event, call);
    attempt.direction = call === 'socket' ? 'outgoing' : 'accepted';
    attempt.startedNs = timeNs;
    attempt.state = tcp.CLOSE;
    attempt.errno = -event.result;
    attempt.fd = event.fd < 0 ? null : event.fd;
    attempt.answered = true;
    this.#desk.ownByTask(attempt, event.task, 'connect');
    this.#journal(attempt, event, call, timeNs);
    live.end(attempt, timeNs, { outcome: 'failed', failed: true, closedBy: null });
    live.settle(attempt);
  }

  /** A server shuts its listener down to end the threads that wait in accept(2): no failure of theirs. */
  #endsServer(event: FailedCallEventReader, call: SocketCall): boolean {
    const cookie = cookieOf(event.socket);
    const { listeners } = this.#desk;
    return (
      call === 'accept' &&
      cookie !== null &&
      -event.result === EINVAL &&
      listeners.wasShutDown(cookie)
    );
  }

  /** bind(2) asked for an address of this machine; the others have none. */
  #takeAsked(attempt: Attempt, event: FailedCallEventReader, call: string): void {
    if (call === 'socket') attempt.family = event.askedFamily === AF_INET6 ? 'ipv6' : 'ipv4';
    if (call !== 'bind') return;
    const asked = askedOf(event);
    attempt.family = asked.family;
    attempt.localAddress = asked.text;
    attempt.localPort = event.askedPort;
  }

  #journal(
    attempt: Attempt,
    event: FailedCallEventReader,
    call: SocketCall,
    timeNs: SessionNanoseconds,
  ): void {
    const { stacks, journal } = this.#desk;
    const errno = -event.result;
    const detail: FailedCallDetail = {
      call,
      ...(event.fd >= 0 && { fd: event.fd }),
      result: errnoName(errno),
      ...(call === 'bind' && { asked: { address: askedOf(event).text, port: event.askedPort } }),
      ...(event.descriptorLimit !== 0 && { descriptorLimit: event.descriptorLimit }),
      via: callPath(event.via),
      ...missingStack(event.userStackMissing),
    };
    journal.event(attempt, timeNs, 'call', detail, errno, 0, stacks.row(event.userStackId));
  }
}

function askedOf(event: FailedCallEventReader) {
  return addressOf(
    event.askedFamily,
    event.askedAddressWord(0),
    event.askedAddressWord(1),
    event.askedAddressWord(2),
    event.askedAddressWord(3),
  );
}
