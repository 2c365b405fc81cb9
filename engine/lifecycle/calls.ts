// connect(2) and accept(2) as they returned. Called by engine/lifecycle/lifecycle.ts for
// every CONNECT and ACCEPT record.
import { errnoByName, errnoName } from '../../contract/errno.ts';
import { type CallEventReader, CallVia } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { askedAddress } from '../capture/address.ts';
import type { CallDetail } from '../session/detail.ts';
import type { Attempt, Cookie } from './attempt.ts';
import type { Desk } from './desk.ts';
import { endingUndecided, endingWhileConnecting } from './outcome.ts';
import * as tcp from './tcp-state.ts';
import { completeTuple, cookieOf, takeTuple } from './tuple.ts';

const EINPROGRESS = errnoByName('EINPROGRESS') ?? 0;
/** Results that say nothing about how the attempt went. */
const NO_ANSWER: ReadonlySet<number> = new Set(
  ['EINPROGRESS', 'EALREADY', 'EISCONN', 'EINTR'].map((name) => errnoByName(name) ?? 0),
);
const AF_UNSPEC = 0;
/** ERESTARTSYS … ERESTART_RESTARTBLOCK: a signal interrupted the call, which goes on or dies with its task. */
const RESTART_FIRST = 512;
const RESTART_LAST = 516;

export class Calls {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  connect(event: CallEventReader): void {
    const cookie = cookieOf(event.socket);
    const errno = -event.result;
    const timeNs = this.#desk.clock.at(event.header);
    const known = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (errno >= RESTART_FIRST && errno <= RESTART_LAST) {
      if (known && !known.ended) this.#interrupted(known, event);
      return;
    }
    if (known && !(known.ended && known.answered)) {
      this.#answer(known, event, errno, timeNs);
    } else if (errno > 0 && !NO_ANSWER.has(errno)) {
      this.#failAtOnce(cookie, event, errno, timeNs);
    } else if (cookie !== null && event.askedFamily !== AF_UNSPEC && isConnected(event)) {
      const late = this.#desk.beginLate(cookie, event.socket, event.socket.state, timeNs, 'event');
      late.direction = 'outgoing';
      this.#answer(late, event, errno, timeNs);
    }
  }

  /** connect(2) has not returned, but shows its fd; the task may be about to die. */
  #interrupted(attempt: Attempt, event: CallEventReader): void {
    this.#desk.ownByTask(attempt, event.task, 'connect');
    attempt.fd ??= event.fd;
    completeTuple(attempt, event.socket);
    this.#desk.live.changed(attempt);
  }

  /** connect(2) of an attempt that is known returned. */
  #answer(
    attempt: Attempt,
    event: CallEventReader,
    errno: number,
    timeNs: SessionNanoseconds,
  ): void {
    const { live } = this.#desk;
    this.#desk.ownByTask(attempt, event.task, 'connect');
    attempt.fd ??= event.fd;
    completeTuple(attempt, event.socket);
    if (errno === EINPROGRESS) attempt.async = true;
    else if (!NO_ANSWER.has(errno)) attempt.async ??= false;
    this.#journal(attempt, 'connect', event, timeNs);
    const answer = !NO_ANSWER.has(errno);
    if (answer) attempt.answered = true;
    if (attempt.undecided && answer && errno > 0) {
      attempt.errno = errno;
      live.decide(attempt, endingUndecided(errno));
    }
    live.changed(attempt);
    if (attempt.ended && !attempt.undecided) live.settle(attempt);
  }

  /** connect(2) failed before any change of state: an attempt of its own, over as it begins. */
  #failAtOnce(
    cookie: Cookie | null,
    event: CallEventReader,
    errno: number,
    timeNs: SessionNanoseconds,
  ): void {
    const { live } = this.#desk;
    const attempt = live.begin(cookie, event.socket.netns, timeNs);
    const asked = askedAddress(event);
    takeTuple(attempt, event.socket);
    attempt.family = asked.family;
    attempt.remoteAddress = asked.text;
    attempt.remotePort = event.askedPort;
    attempt.localAddress = asked.family === 'ipv6' ? '::' : '0.0.0.0';
    attempt.direction = 'outgoing';
    attempt.startedNs = timeNs;
    attempt.state = tcp.CLOSE;
    attempt.errno = errno;
    attempt.fd = event.fd;
    attempt.async = false;
    attempt.answered = true;
    this.#desk.ownByTask(attempt, event.task, 'connect');
    this.#desk.races.began(attempt);
    this.#journal(attempt, 'connect', event, timeNs);
    live.end(attempt, timeNs, endingWhileConnecting(errno));
    live.settle(attempt);
  }

  accept(event: CallEventReader): void {
    const cookie = cookieOf(event.socket);
    if (cookie === null) return;
    const { live } = this.#desk;
    const timeNs = this.#desk.clock.at(event.header);
    const attempt =
      live.get(cookie) ??
      this.#desk.beginLate(cookie, event.socket, event.socket.state, timeNs, 'event');
    if (attempt.direction === 'unknown') attempt.direction = 'accepted';
    this.#desk.ownByTask(attempt, event.task, 'accept');
    attempt.fd ??= event.fd;
    live.changed(attempt);
    this.#journal(attempt, 'accept', event, timeNs);
  }

  #journal(
    attempt: Attempt,
    kind: 'connect' | 'accept',
    event: CallEventReader,
    timeNs: SessionNanoseconds,
  ): void {
    const { stacks, journal } = this.#desk;
    const errno = Math.max(-event.result, 0);
    const by = this.#desk.otherActor(attempt, event.task);
    const detail: CallDetail = {
      fd: event.fd,
      ...(errno !== 0 && { result: errnoName(errno) }),
      ...(event.nonblocking !== 0 && { nonblocking: true }),
      ...(kind === 'connect' && {
        asked: { address: askedAddress(event).text, port: event.askedPort },
      }),
      via: event.via === CallVia.FEXIT ? 'fexit' : 'sys-exit',
      ...(by && { by }),
    };
    const kernelStack = stacks.row(event.kernelStackId);
    const userStack = stacks.row(event.userStackId);
    journal.event(attempt, timeNs, kind, detail, errno, kernelStack, userStack);
  }
}

/** The socket of the call is on its way or connected: its begin was missed. */
function isConnected(event: CallEventReader): boolean {
  const { state } = event.socket;
  return state !== 0 && state !== tcp.CLOSE && state !== tcp.LISTEN;
}
