// The moments of an attempt at which stacks belong: connect, failure, close. Picks the
// events that carry them and says in words why a stack is missing. Called by
// attempt-detail.ts.
import type { AttemptDetail, MomentStacks, Stack, StackMoment } from '../../contract/attempt.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { EventRow } from './event-row.ts';
import { sayThread } from './event-text.ts';

export interface AttemptFacts {
  readonly beginNs: SessionNanoseconds;
  readonly direction: string;
  readonly failed: boolean;
  readonly ended: boolean;
  /** False for a connection older than the capture. */
  readonly beginSeen: boolean;
  readonly via: AttemptDetail['via'];
}

/** Reads a stack by its id; null when the session does not have it. */
export type StackReader = (id: number) => Stack | null;

function isCallBegin({ kind, newState, oldState }: EventRow): boolean {
  if (kind === 'connect' || kind === 'accept') return true;
  const opens = newState === 'SYN_SENT' || newState === 'SYN_RECV';
  return kind === 'state' && (opens || (oldState === 'SYN_RECV' && newState === 'ESTABLISHED'));
}

function isEnd({ kind, newState }: EventRow): boolean {
  return kind === 'state' && newState === 'CLOSE';
}

function isFailure(event: EventRow): boolean {
  if (isEnd(event) || event.kind === 'error' || event.kind === 'reset-received') return true;
  if (event.kind === 'call') return true;
  return event.kind === 'connect' && event.error !== null && event.error !== 'EINPROGRESS';
}

/** The first step of an orderly end: this side's FIN, or the answer to the other's. */
function isClose({ kind, newState }: EventRow): boolean {
  return (
    kind === 'state' &&
    (newState === 'FIN_WAIT1' || newState === 'LAST_ACK' || newState === 'CLOSE')
  );
}

function hasStack({ userStack, kernelStack }: EventRow): boolean {
  return userStack !== null || kernelStack !== null;
}

type CallMoment = Exclude<StackMoment, 'asked'>;

const BELONGS: { readonly [moment in CallMoment]: (event: EventRow) => boolean } = {
  connect: isCallBegin,
  failure: isFailure,
  close: isClose,
};

const LEFT_OUT = 'left out: too many connections at that moment';
const APART =
  'carried out by io_uring apart from its caller, or left out among too many connections: no user stack';

/** Why no user stack was taken at an event, in words. */
function whyNoUser(moment: CallMoment, event: EventRow | undefined, facts: AttemptFacts): string {
  if (moment === 'connect' && facts.direction === 'accepted') {
    return 'opened by a packet in softirq, not by a call: no user stack; accept() took it from the backlog later';
  }
  if (event?.detail['exiting'] === true) return 'the process was already exiting: no user stack';
  if (event === undefined || isByPacket(moment, event)) {
    return 'closed by a packet in softirq: no user stack; see the one taken at connect';
  }
  if (event.detail['stack'] === 'left out') return LEFT_OUT;
  if (facts.via === 'io_uring' && (event.kind !== 'state' || event.kernelStack !== null)) {
    return APART;
  }
  return event.kernelStack === null ? LEFT_OUT : 'the stack of the process could not be read';
}

/** Whether an end came from the network. A begin that is seen at all is a call, except of an accepted connection. */
function isByPacket(moment: CallMoment, { kind, detail }: EventRow): boolean {
  const called = kind === 'connect' || kind === 'call';
  return moment !== 'connect' && !called && detail['inTask'] !== true;
}

function whyNoKernel(moment: CallMoment, event: EventRow | undefined, facts: AttemptFacts): string {
  if (moment === 'connect' && facts.direction === 'accepted')
    return 'opened by a packet: no stack is taken';
  if (event !== undefined && isByPacket(moment, event) && moment === 'close') {
    return 'closed by a packet: a stack is taken of calls and failures only';
  }
  return LEFT_OUT;
}

const NOT_KEPT = 'taken, but its record was lost before it reached the session';

/** Stacks of one moment out of the events that belong to it: the first of each kind that there is. */
function momentOf(
  moment: CallMoment,
  events: readonly EventRow[],
  facts: AttemptFacts,
  readStack: StackReader,
): MomentStacks | null {
  const belonging = events.filter(BELONGS[moment]);
  if (belonging.length === 0) return null;
  const main = belonging.find((event) => event.kind === 'state') ?? belonging[0];
  const withUser = belonging.find(({ userStack }) => userStack !== null);
  const withKernel = [main, ...belonging].find(
    (event) => event !== undefined && event.kernelStack !== null,
  );
  const user = withUser?.userStack == null ? null : readStack(withUser.userStack);
  const kernel = withKernel?.kernelStack == null ? null : readStack(withKernel.kernelStack);
  const at = withUser ?? main;
  return {
    moment,
    atMs: at === undefined ? 0 : (at.timeNs - facts.beginNs) / 1_000_000,
    user,
    userProblem: user === null ? (withUser ? NOT_KEPT : whyNoUser(moment, main, facts)) : null,
    kernel,
    kernelProblem:
      kernel === null ? (withKernel ? NOT_KEPT : whyNoKernel(moment, main, facts)) : null,
  };
}

/** The connect moment of a connection that was there before the capture. */
const TOO_OLD: MomentStacks = {
  moment: 'connect',
  atMs: 0,
  user: null,
  userProblem: 'older than the capture: its connect was not seen',
  kernel: null,
  kernelProblem: 'older than the capture: its connect was not seen',
};

const NO_KERNEL_STACK = 'the kernel told nothing of where it waited';

/** What a thread gave when a person asked for its stack. */
function askedMoment(
  { id, timeNs, detail, userStack, kernelStack }: EventRow,
  { beginNs }: AttemptFacts,
  readStack: StackReader,
): MomentStacks {
  const user = userStack === null ? null : readStack(userStack);
  const kernel = kernelStack === null ? null : readStack(kernelStack);
  const noUser = userStack === null ? 'the stack of the thread could not be read' : NOT_KEPT;
  return {
    moment: 'asked',
    atMs: (timeNs - beginNs) / 1_000_000,
    asked: { event: id, text: sayThread(detail) },
    user,
    userProblem: user === null ? noUser : null,
    kernel,
    kernelProblem: kernel !== null ? null : kernelStack === null ? NO_KERNEL_STACK : NOT_KEPT,
  };
}

/** The moments that an attempt has had, in order. Events in time order. */
export function momentsOf(
  events: readonly EventRow[],
  facts: AttemptFacts,
  readStack: StackReader,
): MomentStacks[] {
  const moments: MomentStacks[] = [];
  const connect = momentOf('connect', beginOf(events), facts, readStack);
  if (connect !== null) moments.push(connect);
  else if (!facts.beginSeen) moments.push(TOO_OLD);
  for (const event of events) {
    if (event.kind === 'thread-stack') moments.push(askedMoment(event, facts, readStack));
  }
  const last = facts.failed ? 'failure' : 'close';
  const ending =
    facts.failed || facts.ended || events.some(isClose)
      ? momentOf(last, events, facts, readStack)
      : null;
  if (ending !== null) moments.push(ending);
  return moments;
}

/** Of the events that can carry the connect stack: a failing call belongs to the failure unless nothing else tells of the connect. */
function beginOf(events: readonly EventRow[]): EventRow[] {
  const begin = events.filter(
    (event) => isCallBegin(event) && !(event.kind === 'connect' && isFailure(event)),
  );
  return begin.some(hasStack) || begin.some(({ kind }) => kind === 'state')
    ? begin
    : events.filter(isCallBegin);
}
