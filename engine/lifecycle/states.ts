// Changes of state: where attempts begin, get established and end. Called by
// engine/lifecycle/lifecycle.ts for every STATE record.
import { errnoName } from '../../contract/errno.ts';
import type { StateEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Actor, StateDetail } from '../session/detail.ts';
import type { Attempt, Cookie } from './attempt.ts';
import type { Desk } from './desk.ts';
import { noteChangeFrom, noteSynRetransmits } from './gaps.ts';
import type { HalfOpenTable } from './half-open.ts';
import { noteHandshake } from './handshake.ts';
import { type Ending, endingEstablished, endingWhileConnecting } from './outcome.ts';
import { noteFin, takeCounters } from './payload.ts';
import { missingStack } from './stack-rows.ts';
import * as tcp from './tcp-state.ts';
import { completeTuple, cookieOf, takeTuple } from './tuple.ts';

/** A child is cloned and established within one run of the softirq; more than this is another child. */
const CLONE_NS = 10_000_000;

export class StateChanges {
  readonly #desk: Desk;
  readonly #halfOpen: HalfOpenTable;
  /** Time of the last LISTEN → SYN_RECV on each CPU: the child has no cookie and no tuple yet. */
  readonly #clones: SessionNanoseconds[] = [];

  constructor(desk: Desk, halfOpen: HalfOpenTable) {
    this.#desk = desk;
    this.#halfOpen = halfOpen;
  }

  take(event: StateEventReader): void {
    const { oldState, newState } = event;
    const timeNs = this.#desk.clock.at(event.header);
    if (oldState === tcp.LISTEN || newState === tcp.LISTEN) {
      this.#listening(event, timeNs);
      return;
    }
    const cookie = cookieOf(event.socket);
    if (cookie === null) return;
    const known = this.#desk.live.get(cookie);
    const attempt = known && !known.ended && oldState !== tcp.CLOSE ? known : null;
    if (attempt) this.#change(attempt, event, timeNs);
    else this.#begin(cookie, event, timeNs);
  }

  #listening(event: StateEventReader, timeNs: SessionNanoseconds): void {
    if (event.newState === tcp.SYN_RECV) {
      this.#clones[event.header.cpu] = timeNs;
      return;
    }
    const cookie = cookieOf(event.socket);
    if (cookie === null) return;
    const { listeners, processes } = this.#desk;
    if (event.newState === tcp.LISTEN) {
      listeners.add(cookie, event.socket, processes.of(event.task), timeNs);
    } else {
      listeners.leaves(cookie, timeNs);
    }
  }

  #begin(cookie: Cookie, event: StateEventReader, timeNs: SessionNanoseconds): void {
    const { oldState, newState } = event;
    if (oldState === tcp.CLOSE && newState === tcp.SYN_SENT) {
      this.#change(this.#beginOutgoing(cookie, event, timeNs), event, timeNs);
    } else if (oldState === tcp.SYN_RECV) {
      this.#change(this.#beginAccepted(cookie, event, timeNs), event, timeNs);
    } else if (newState !== tcp.CLOSE || oldState !== tcp.CLOSE) {
      const late = this.#desk.beginLate(cookie, event.socket, oldState, timeNs, 'event');
      if (event.inTask !== 0) this.#desk.ownByTask(late, event.task, 'scan');
      this.#change(late, event, timeNs);
    }
  }

  #beginOutgoing(cookie: Cookie, event: StateEventReader, timeNs: SessionNanoseconds): Attempt {
    const attempt = this.#desk.live.begin(cookie, event.socket.netns, timeNs);
    takeTuple(attempt, event.socket);
    attempt.mark = event.mark;
    attempt.direction = 'outgoing';
    attempt.startedNs = timeNs;
    attempt.countedRetransmits = 0;
    this.#desk.counts.opens(attempt.netns, timeNs);
    if (event.inTask !== 0) this.#desk.ownByTask(attempt, event.task, 'connect');
    this.#desk.races.began(attempt);
    return attempt;
  }

  #beginAccepted(cookie: Cookie, event: StateEventReader, timeNs: SessionNanoseconds): Attempt {
    const { socket } = event;
    const halfOpen = this.#halfOpen.completedBy(socket);
    if (halfOpen) {
      this.#desk.live.adopt(halfOpen, cookie);
      return halfOpen;
    }
    const clonedNs = this.#clones[event.header.cpu] ?? -CLONE_NS;
    const startedNs = clonedNs <= timeNs && timeNs - clonedNs < CLONE_NS ? clonedNs : timeNs;
    const attempt = this.#desk.live.begin(cookie, socket.netns, startedNs);
    takeTuple(attempt, socket);
    attempt.state = event.oldState;
    attempt.direction = 'accepted';
    attempt.startedNs = startedNs;
    this.#desk.ownByListener(attempt);
    return attempt;
  }

  #change(attempt: Attempt, event: StateEventReader, timeNs: SessionNanoseconds): void {
    const { oldState, newState, counters, socket } = event;
    const { live, journal, stacks, counts } = this.#desk;
    noteChangeFrom(attempt, oldState);
    attempt.state = oldState;
    const { segsOut, totalRetrans } = counters;
    counts.changes(attempt, oldState, newState, event.skErr, segsOut, timeNs);
    counts.retransmits(attempt, totalRetrans, 0, timeNs);
    if (oldState === tcp.SYN_SENT) noteSynRetransmits(attempt, totalRetrans);
    noteFin(attempt, newState, counters, socket.shutdown);
    takeCounters(attempt, counters);
    completeTuple(attempt, socket);
    attempt.state = newState;
    attempt.lastStateNs = timeNs;
    attempt.scanState = 0;
    live.changed(attempt);
    if (newState === tcp.ESTABLISHED) {
      attempt.establishedNs ??= timeNs;
      attempt.outcome = 'open';
      this.#desk.races.established(attempt);
    } else if (newState === tcp.FIN_WAIT1) {
      attempt.closedBy ??= 'local';
    } else if (newState === tcp.CLOSE_WAIT) {
      attempt.closedBy ??= 'remote';
    }
    const errno = newState === tcp.CLOSE ? Math.max(event.skErr, 0) : 0;
    const kernelStack = stacks.row(event.kernelStackId);
    const userStack = stacks.row(event.userStackId);
    const detail = stateDetail(event, this.#desk.otherActor(attempt, event.task));
    journal.state(attempt, timeNs, oldState, newState, detail, errno, kernelStack, userStack);
    if (newState === tcp.ESTABLISHED) noteHandshake(this.#desk, attempt, event, timeNs);
    if (newState === tcp.CLOSE) this.#end(attempt, event, timeNs);
  }

  #end(attempt: Attempt, event: StateEventReader, timeNs: SessionNanoseconds): void {
    const { live } = this.#desk;
    const { oldState } = event;
    attempt.endedFrom = oldState;
    const errno = Math.max(event.skErr, 0);
    if (oldState === tcp.SYN_SENT && errno === 0) {
      live.endUndecided(attempt, timeNs);
      return;
    }
    const inTask = event.inTask !== 0;
    let ending: Ending;
    if (oldState === tcp.SYN_SENT) ending = endingWhileConnecting(errno);
    else if (oldState === tcp.SYN_RECV) ending = endingOfHandshake(attempt, errno, inTask);
    else ending = endingEstablished(attempt, oldState, errno, inTask, event.socket.shutdown);
    // The RST that answers an own close leaves an error in the socket, but is none.
    if (ending.outcome !== 'closed') attempt.errno = errno;
    live.end(attempt, timeNs, ending);
  }
}

/** SYN_RECV → CLOSE: the peer's RST, the listener's end, or an error. */
function endingOfHandshake(attempt: Attempt, errno: number, inTask: boolean): Ending {
  if (attempt.resetReceived) return { outcome: 'reset', failed: true, closedBy: 'remote' };
  if (errno !== 0) return endingWhileConnecting(errno);
  return { outcome: 'abandoned', failed: true, closedBy: inTask ? 'local' : null };
}

const IN_TASK: StateDetail = { inTask: true };
const EXITING: StateDetail = { inTask: true, exiting: true };

function stateDetail(event: StateEventReader, by: Actor | null): StateDetail | null {
  const soft = event.skErrSoft;
  const missing = missingStack(event.userStackMissing);
  if (soft === 0 && by === null && missing === null) {
    if (event.inTask === 0) return null;
    return event.taskExiting === 0 ? IN_TASK : EXITING;
  }
  return {
    ...(event.inTask !== 0 && { inTask: true }),
    ...(event.taskExiting !== 0 && { exiting: true }),
    ...(soft !== 0 && { softError: errnoName(Math.abs(soft)) }),
    ...(by && { by }),
    ...missing,
  };
}
