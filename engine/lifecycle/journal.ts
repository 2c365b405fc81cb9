// Writes the event rows of attempts: one reused row, so that nothing is allocated per
// event but its detail. Used by the parts of engine/lifecycle/.
import type { EventKind } from '../../contract/attempt.ts';
import type { Errno, SessionNanoseconds } from '../../contract/units.ts';
import type { EventDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { EventRow, LifecycleOutput } from './output.ts';

/** Stack rows that an attempt remembers: connect, failure and close, kernel and user. */
const STACKS = 8;

export class Journal {
  readonly #output: LifecycleOutput;
  readonly #row: EventRow = {
    attemptId: 0,
    timeNs: 0,
    kind: 'state',
    oldState: 0,
    newState: 0,
    errno: 0,
    detail: null,
    kernelStack: 0,
    userStack: 0,
  };

  constructor(output: LifecycleOutput) {
    this.#output = output;
  }

  /** An event without a change of state. Returns its row, 0 when it could not be written. */
  event(
    attempt: Attempt,
    timeNs: SessionNanoseconds,
    kind: EventKind,
    detail: EventDetail | null,
    errno: Errno = 0,
    kernelStack = 0,
    userStack = 0,
  ): number {
    return this.state(attempt, timeNs, 0, 0, detail, errno, kernelStack, userStack, kind);
  }

  /** A change of state. Returns its row, 0 when it could not be written. */
  state(
    attempt: Attempt,
    timeNs: SessionNanoseconds,
    oldState: number,
    newState: number,
    detail: EventDetail | null,
    errno: Errno,
    kernelStack: number,
    userStack: number,
    kind: EventKind = 'state',
  ): number {
    const row = this.#row;
    row.attemptId = attempt.id;
    row.timeNs = timeNs;
    row.kind = kind;
    row.oldState = oldState;
    row.newState = newState;
    row.errno = errno;
    row.detail = detail;
    row.kernelStack = kernelStack;
    row.userStack = userStack;
    if (kernelStack !== 0) remember(attempt, kernelStack);
    if (userStack !== 0) {
      remember(attempt, userStack);
      // Where a thread stood later is not what asked for the connection.
      if (attempt.userStack === 0 && kind !== 'thread-stack') attempt.userStack = userStack;
    }
    const id = this.#output.event(row);
    attempt.notes.add({ id, timeNs, kind, oldState, newState, errno, detail });
    return id;
  }
}

function remember(attempt: Attempt, stack: number): void {
  attempt.stacks ??= [];
  if (attempt.stacks.length < STACKS && !attempt.stacks.includes(stack)) {
    attempt.stacks.push(stack);
  }
}
