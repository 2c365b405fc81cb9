// What the engine offers to the shells (electron/, serve/, cli/). Implemented by
// engine/engine.ts, which starts the workers.
import type { FileMethods, Methods, Notice } from '../contract/api.ts';
import type { AttemptDetail, AttemptRow } from '../contract/attempt.ts';
import type { AttemptId, Bytes, Milliseconds, SessionId } from '../contract/units.ts';

/** Bounds of a flight recorder: what is older, or beyond the size, is dropped oldest first. */
export interface Bounds {
  readonly maxAgeMs: Milliseconds;
  readonly maxBytes: Bytes;
}

export const DEFAULT_BOUNDS: Bounds = { maxAgeMs: 60 * 60_000, maxBytes: 512 * 1024 * 1024 };

export interface LiveOptions {
  /** Session file to write; null = a new one in the state directory. It must not exist yet. */
  readonly path: string | null;
  /** Null = everything is kept (`record`). */
  readonly bounds: Bounds | null;
  /** Size of the ring buffer, a power of two. Default 16 MiB. */
  readonly ringBytes?: Bytes;
}

export interface EngineOptions {
  /** Null = no capture: only session files are opened. */
  readonly live: LiveOptions | null;
  /** How long a session file may take to answer before it is closed. Default: a minute. */
  readonly filePatienceMs?: Milliseconds;
}

/** What only the command line asks: about attempts that have ended, many at once. */
export interface TraceMethods {
  /** Rows of those ids that the filter selects, oldest first. */
  pick: {
    params: { session: SessionId; ids: readonly AttemptId[]; filter: string };
    result: readonly AttemptRow[];
  };
  /** Those of the ids that are there. */
  details: {
    params: { session: SessionId; ids: readonly AttemptId[] };
    result: readonly AttemptDetail[];
  };
}

/** Methods of the page and of the shells together. */
export type EngineMethods = Methods & FileMethods & TraceMethods;

export interface Engine {
  /** Rejects with a `Problem` (engine/problem.ts). `live` is the id of the live session. */
  call<M extends keyof EngineMethods>(
    method: M,
    params: EngineMethods[M]['params'],
  ): Promise<EngineMethods[M]['result']>;
  /** At most ten notices a second. Returns the function that stops listening. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /**
   * Attempts of the live session that ended, in batches, once they can be read with the
   * `attempt` method: committed, and their stacks symbolized, unless the symbolizer
   * has not answered for ten seconds. Those still open are announced by `stopCapture`.
   */
  onEnded(listener: (ids: readonly AttemptId[]) => void): () => void;
  /** Why there is no capture, as in `Hello.captureProblem`; null while there is one, or when none was asked for. */
  readonly captureProblem: { readonly sentence: string; readonly fix: string } | null;
  /** Where the live session is written; null without one. */
  readonly livePath: string | null;
  /** Detaches, writes everything, makes one file of the session and announces what was open. The session stays readable. */
  stopCapture(): Promise<void>;
  /** `stopCapture`, then ends the workers. Within about two seconds, unless names of stacks are still coming. */
  stop(): Promise<void>;
}
