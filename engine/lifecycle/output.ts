// What the lifecycle hands on: rows for the session file. Implemented by
// engine/session/writer.ts (and by a recorder in the unit tests).
import type { EventKind } from '../../contract/attempt.ts';
import type { StackCopyEventReader, StackEventReader } from '../../contract/generated/events.ts';
import type { AttemptId, Errno, SessionNanoseconds } from '../../contract/units.ts';
import type { EventDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { ProcessImage } from './processes.ts';

export interface EventRow {
  attemptId: AttemptId;
  timeNs: SessionNanoseconds;
  kind: EventKind;
  /** Kernel's state numbers; 0 = none. */
  oldState: number;
  newState: number;
  /** 0 = none. */
  errno: Errno;
  detail: EventDetail | null;
  /** Rows of the table `stack`; 0 = none. */
  kernelStack: number;
  userStack: number;
}

export interface LifecycleOutput {
  /** The object is reused after the call. Returns the row's id, 0 when it could not be written. */
  event(row: EventRow): number;
  /** Called once until the attempt has been written; then `dirty` is false again. */
  attemptChanged(attempt: Attempt): void;
  /** The attempt ended and its outcome stands. */
  attemptEnded(attempt: Attempt): void;
  /** What is known of an attempt that ended has changed. */
  attemptReconsidered?(attempt: Attempt): void;
  /** An attempt that goes on has had trouble, or more of it. */
  attemptTroubled?(attempt: Attempt): void;
  /** A sentence that belongs into the file. */
  note?(timeNs: SessionNanoseconds, sentence: string): void;
  /** A process image is new, or more is known about it. */
  process(image: ProcessImage): void;
  /** The addresses of a stack; valid during the call only. */
  stack(rowId: number, event: StackEventReader, owner: ProcessImage | null): void;
  /** A stack that is still to be unwound; valid during the call only. */
  stackCopy(rowId: number, event: StackCopyEventReader, owner: ProcessImage | null): void;
}
