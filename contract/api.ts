// The query and command API: the only way from a screen or a command to the engine.
// Implemented by engine/, carried by electron/ (IPC), serve/ (WebSocket) and cli/.

import type { HookStatus } from './addon.ts';
import type { Alert } from './alerts.ts';
import type { AttemptDetail, AttemptRow, Outcome } from './attempt.ts';
import type { Completeness } from './completeness.ts';
import type { Flame } from './flame.ts';
import type { FailureGroups } from './groups.ts';
import type { AttemptId, Bytes, SessionId, UnixMilliseconds } from './units.ts';

/** Columns that a table can be sorted by. */
export type SortColumn =
  | 'started'
  | 'state'
  | 'outcome'
  | 'process'
  | 'remote'
  | 'local'
  | 'connect'
  | 'duration'
  | 'retransmits'
  | 'bytes'
  | 'rtt';

export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** What selects attempts. Every part is optional; together they are joined with "and". */
export interface Selection {
  /** Filter text, see docs/filter.md and contract/filter/. Empty selects all. */
  readonly filter: string;
  readonly failedOnly: boolean;
  /** Only attempts up to this id: holds the rows still while paused. Null = no bound. */
  readonly upToId: AttemptId | null;
  /** Only attempts that overlap this time range. Null = whole session. */
  readonly range: { readonly from: UnixMilliseconds; readonly to: UnixMilliseconds } | null;
}

export interface AttemptsQuery {
  readonly session: SessionId;
  readonly selection: Selection;
  readonly sort: Sort;
  /** First row wanted, from 0. */
  readonly offset: number;
  /** Rows wanted, at most 500. */
  readonly limit: number;
}

export interface AttemptsPage {
  readonly rows: readonly AttemptRow[];
  readonly offset: number;
  /** How many attempts the selection has in all. */
  readonly total: number;
  /** Newest attempt id in the session when this was read; what `upToId` is set to on pause. */
  readonly newestId: AttemptId;
  readonly version: number;
}

/** Attempts and failures over time and by error, for the strip and the overview panel. */
export interface Overview {
  readonly from: UnixMilliseconds;
  readonly to: UnixMilliseconds;
  /** Equal time buckets from `from` to `to`, by begin of the attempt. */
  readonly buckets: readonly { at: UnixMilliseconds; attempts: number; failures: number }[];
  readonly byError: readonly { error: string; outcome: Outcome; count: number }[];
  readonly byProcess: readonly { comm: string; attempts: number; failures: number }[];
  readonly attempts: number;
  readonly failures: number;
}

/** What is being looked at: the bar at the top and the status line. */
export interface SessionStatus {
  readonly session: SessionId;
  readonly kind: 'live' | 'file';
  /** File name for a file, null for the live session until it is saved. */
  readonly name: string | null;
  readonly path: string | null;
  readonly startedAt: UnixMilliseconds;
  /** Time of the newest event, or the end of the recording. */
  readonly endedAt: UnixMilliseconds;
  readonly host: string;
  readonly kernel: string;
  readonly synscopeVersion: string;
  readonly attempts: number;
  readonly failures: number;
  readonly open: number;
  readonly events: number;
  /** Events a second over the last seconds; 0 for a file. */
  readonly eventsPerSecond: number;
  /** Events known to be lost (ring full and skipped hook runs). */
  readonly lost: number;
  readonly hooks: readonly HookStatus[];
  /** Highest fill of the ring in the last 5 seconds, 0…1; 0 for a file. */
  readonly ringFill: number;
  /** Events that could not be written to the file (disk full, …); the notes say why. 0 for a file. */
  readonly unwritten: number;
  readonly fileBytes: Bytes;
  /** Bounds of the live session; null for a file. */
  readonly bounds: { readonly maxAgeMs: number; readonly maxBytes: Bytes } | null;
  /** What was seen beside what the kernel counted itself; null when nothing was compared. */
  readonly completeness: Completeness | null;
  /** Sentences that a reader must know: capture ended early, disk full, attempts dropped by the bound, recovered. */
  readonly notes: readonly string[];
  /** Rises with every committed batch. */
  readonly version: number;
}

/** The first thing a screen asks. */
export interface Hello {
  readonly synscopeVersion: string;
  /** The live session, or null with the reason and the fix when there is no capture. */
  readonly live: SessionId | null;
  readonly captureProblem: { readonly sentence: string; readonly fix: string } | null;
  /** Sessions that are open now, live first. */
  readonly sessions: readonly SessionStatus[];
}

/** The stack that a thread was asked for: a moment of the attempt when that is read again. */
export interface AskedThread {
  /** As in `MomentStacks.asked`. */
  readonly event: number;
}

export type ExportFormat = 'csv' | 'jsonl';

/** Methods by name: parameters and result. */
export interface Methods {
  hello: { params: Record<string, never>; result: Hello };
  status: { params: { session: SessionId }; result: SessionStatus };
  attempts: { params: AttemptsQuery; result: AttemptsPage };
  attempt: { params: { session: SessionId; id: AttemptId }; result: AttemptDetail | null };
  /** Where an attempt stands in an ordering; null when the selection does not have it. */
  position: {
    params: { session: SessionId; selection: Selection; sort: Sort; id: AttemptId };
    result: { offset: number } | null;
  };
  overview: {
    params: { session: SessionId; selection: Selection; buckets: number };
    result: Overview;
  };
  /** Failures that are the same trouble, together. `limit`: groups wanted, at most 500. */
  groups: {
    params: { session: SessionId; selection: Selection; limit: number };
    result: FailureGroups;
  };
  /** The code that asked for the attempts, as a tree of functions. */
  flame: { params: { session: SessionId; selection: Selection }; result: Flame };
  /** Alerts of the session, newest first, at most 200. */
  alerts: { params: { session: SessionId }; result: readonly Alert[] };
  /** Values for completion in the filter field, most frequent first. */
  complete: {
    params: { session: SessionId; field: string; prefix: string };
    result: readonly string[];
  };
  /**
   * Takes the stack of the thread that makes a connection, as it stands now, without disturbing
   * it. Rejected when there is none to be had: `not-live`, `no-capture`, `not-supported`,
   * `attempt-over`, `no-thread` (it is not known, or gone), `thread-running`, `unwritten`.
   */
  askThread: { params: { session: SessionId; id: AttemptId }; result: AskedThread };
  closeSession: { params: { session: SessionId }; result: null };
}

export type MethodName = keyof Methods;

/** Methods that name files: kept to the shells, never reachable by a page. */
export interface FileMethods {
  openSession: { params: { path: string }; result: SessionStatus };
  saveSession: {
    params: { session: SessionId; path: string };
    result: { path: string; bytes: Bytes };
  };
  exportSession: {
    params: { session: SessionId; selection: Selection; format: ExportFormat; path: string };
    result: { path: string; attempts: number };
  };
}

/** Pushed by the engine to every screen, at most ten times a second per session. */
export type Notice =
  | { readonly kind: 'changed'; readonly status: SessionStatus }
  | { readonly kind: 'closed'; readonly session: SessionId }
  /** Once for each alert of the live session, when it is raised. */
  | { readonly kind: 'alert'; readonly session: SessionId; readonly alert: Alert }
  | {
      readonly kind: 'progress';
      readonly task: string;
      readonly done: number;
      readonly total: number | null;
    };

/** An error that a person reads: what happened, what it means, what to do next. */
export interface ApiError {
  readonly code: string;
  readonly sentence: string;
  readonly fix: string | null;
  /** For a filter: where, in characters. */
  readonly at?: { readonly from: number; readonly to: number };
}
