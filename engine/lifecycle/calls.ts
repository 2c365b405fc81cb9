// connect and accept as they returned, or as io_uring completed them. Called by
// engine/lifecycle/lifecycle.ts for every CONNECT and ACCEPT record.
import { errnoByName, errnoName } from '../../contract/errno.ts';
import { type CallEventReader, CallVia } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { type Address, askedAddress, localAddress } from '../capture/address.ts';
import type { CallDetail } from '../session/detail.ts';
import type { Attempt, Cookie } from './attempt.ts';
import { callPath } from './call-path.ts';
import type { Desk } from './desk.ts';
import { endingUndecided, endingWhileConnecting } from './outcome.ts';
import { missingStack } from './stack-rows.ts';
import * as tcp from './tcp-state.ts';
import { completeTuple, cookieOf, takeTuple } from './tuple.ts';

const EINPROGRESS = errnoByName('EINPROGRESS') ?? 0;
/** Results that say nothing about how the attempt went. ECANCELED: io_uring gave the request back. */
const NO_ANSWER: ReadonlySet<number> = new Set(
  ['EINPROGRESS', 'EALREADY', 'EISCONN', 'EINTR', 'ECANCELED'].map(
    (name) => errnoByName(name) ?? 0,
  ),
);
const AF_UNSPEC = 0;
const AF_INET6 = 10;
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
    if (isDissolving(event)) {
      if (known) this.#journal(known, 'connect', event, timeNs);
    } else if (known && !(known.ended && known.answered)) {
      this.#answer(known, event, errno, timeNs);
    } else if (errno > 0 && !NO_ANSWER.has(errno)) {
      this.#failAtOnce(cookie, event, errno, timeNs);
    } else if (cookie !== null && isConnected(event)) {
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

  /** The connect of an attempt that is known returned. */
  #answer(
    attempt: Attempt,
    event: CallEventReader,
    errno: number,
    timeNs: SessionNanoseconds,
  ): void {
    const { live } = this.#desk;
    this.#desk.ownByTask(attempt, event.task, 'connect');
    if (isRequest(event)) this.#desk.askedBy(attempt, event.task);
    attempt.fd ??= fdOf(event);
    completeTuple(attempt, event.socket);
    if (errno === EINPROGRESS || isRequest(event)) attempt.async = true;
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

  /** It failed before any change of state: an attempt of its own, over as it begins. */
  #failAtOnce(
    cookie: Cookie | null,
    event: CallEventReader,
    errno: number,
    timeNs: SessionNanoseconds,
  ): void {
    const { live } = this.#desk;
    const attempt = live.begin(cookie, event.socket.netns, timeNs);
    const asked = askedOf(event);
    takeTuple(attempt, event.socket);
    attempt.mark = event.mark;
    if (asked) {
      attempt.family = asked.family;
      attempt.remoteAddress = asked.text;
      attempt.remotePort = event.askedPort;
      attempt.localAddress = boundAddress(event, asked);
    }
    attempt.direction = 'outgoing';
    attempt.startedNs = timeNs;
    attempt.state = tcp.CLOSE;
    attempt.errno = errno;
    attempt.fd = fdOf(event);
    attempt.async = isRequest(event);
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
    const dissolves = kind === 'connect' && isDissolving(event);
    const asked = kind === 'connect' && !dissolves ? askedOf(event) : null;
    const detail: CallDetail = {
      ...(event.fd >= 0 && { fd: event.fd }),
      ...(errno !== 0 && { result: errnoName(errno) }),
      ...(event.nonblocking !== 0 && { nonblocking: true }),
      ...(dissolves && { dissolves }),
      ...(asked && { asked: askedDetail(event, asked), ...socketOptions(event) }),
      via: callPath(event.via),
      ...(by && { by }),
      ...missingStack(event.userStackMissing),
    };
    const kernelStack = stacks.row(event.kernelStackId);
    const userStack = stacks.row(event.userStackId);
    journal.event(attempt, timeNs, kind, detail, errno, kernelStack, userStack);
  }
}

/** What the program had bound the socket to; the kernel has chosen no other address yet. */
function boundAddress({ socket }: CallEventReader, { family }: Address): string {
  const local = localAddress(socket);
  if (local.family === family) return local.text;
  return family === 'ipv6' ? '::' : '0.0.0.0';
}

/** Made through io_uring: the caller did not wait in a call. */
function isRequest(event: CallEventReader): boolean {
  return event.via === CallVia.IO_URING;
}

/** connect(2) to AF_UNSPEC dissolves the association, as its manual page calls it. */
function isDissolving(event: CallEventReader): boolean {
  return event.askedFamily === AF_UNSPEC && event.result === 0 && !isRequest(event);
}

/** Null when it is not known, or no descriptor of the process. */
function fdOf(event: CallEventReader): number | null {
  return event.fd < 0 ? null : event.fd;
}

/** Null when nobody saw what was asked: a request that is older than the capture. */
function askedOf(event: CallEventReader): Address | null {
  return isRequest(event) && event.askedFamily === AF_UNSPEC ? null : askedAddress(event);
}

function askedDetail(
  event: CallEventReader,
  { family, text }: Address,
): NonNullable<CallDetail['asked']> {
  const mapped = event.askedFamily === AF_INET6 && family === 'ipv4';
  return { address: text, port: event.askedPort, ...(mapped && { mapped }) };
}

/** What of the socket decides which way it is led. */
function socketOptions({
  mark,
  socket,
}: CallEventReader): Pick<CallDetail, 'mark' | 'boundDevice'> {
  const { boundDevice } = socket;
  return { ...(mark !== 0 && { mark }), ...(boundDevice !== 0 && { boundDevice }) };
}

/** The socket of the call is on its way or connected: its begin was missed. */
function isConnected(event: CallEventReader): boolean {
  const { state } = event.socket;
  return state !== 0 && state !== tcp.CLOSE && state !== tcp.LISTEN;
}
