// What passes between the host (engine/engine.ts) and its two workers.
import type { Alert } from '../../contract/alerts.ts';
import type { ApiError, AskedThread, Notice } from '../../contract/api.ts';
import type { AttemptId, Bytes } from '../../contract/units.ts';
import type { Bounds, EngineMethods } from '../engine-types.ts';
import type { LiveCounters } from '../query/status.ts';

/** Id of the live session. */
export const LIVE = 'live';

/** `workerData` of the writer. */
export interface WriterOptions {
  readonly path: string;
  readonly bounds: Bounds | null;
  readonly ringBytes: Bytes | null;
  /** Sentences about earlier sessions, to be kept with this one. */
  readonly notes: readonly string[];
}

export type ToWriter =
  /** Detach, write everything, wait for `seal`. */
  | { readonly type: 'stop' }
  /** To be answered with `here`. */
  | { readonly type: 'ask' }
  /** To be answered with `thread-asked` and the same number. */
  | { readonly type: 'ask-thread'; readonly call: number; readonly attempt: AttemptId }
  /** Nobody reads the file any more: make one file of it and end. */
  | { readonly type: 'seal' };

export type FromWriter =
  | { readonly type: 'started' }
  /** Its thread is not stuck, in a write for instance. */
  | { readonly type: 'here' }
  | { readonly type: 'failed'; readonly problem: ApiError }
  /** At most ten times a second, when something was committed or counted. */
  | { readonly type: 'counters'; readonly counters: LiveCounters }
  | { readonly type: 'alert'; readonly alert: Alert }
  | {
      readonly type: 'thread-asked';
      readonly call: number;
      readonly answer: AskedThread | ApiError;
    }
  /** Committed and symbolized. */
  | { readonly type: 'ended'; readonly ids: readonly AttemptId[] }
  /** Detached, everything is committed; `open` had not ended. */
  | { readonly type: 'stopped'; readonly open: readonly AttemptId[] };

/** Methods of the engine, run one after another in the reader. */
export interface ReaderCall {
  readonly type: 'call';
  readonly id: number;
  readonly method: keyof EngineMethods;
  readonly params: unknown;
}

export type ToReader =
  | ReaderCall
  /** The live session has a file. */
  | { readonly type: 'live'; readonly path: string; readonly counters: LiveCounters }
  | { readonly type: 'counters'; readonly counters: LiveCounters }
  /** Close the live session's file, so that the writer can make one file of it. */
  | { readonly type: 'release' }
  /** Open it again. */
  | { readonly type: 'reopen' };

export type FromReader =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ApiError }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'released' }
  | { readonly type: 'reopened' };
