// Units and identifiers, as types that read like sentences.
// From nowhere; used by every TypeScript layer.

/** Milliseconds, fractional. */
export type Milliseconds = number;
/** Nanoseconds since the session began (CLOCK_MONOTONIC minus `session.start`). Exact up to 104 days. */
export type SessionNanoseconds = number;
/** Wall clock, milliseconds since 1970-01-01 UTC. For display only. */
export type UnixMilliseconds = number;
/** Bytes. */
export type Bytes = number;
/** A positive errno number of Linux, as in errno(3). */
export type Errno = number;
/** Row id of an attempt: ascending in the order in which attempts began or were found. */
export type AttemptId = number;
/** Names a session that this engine has open: `live`, or what `openSession` returned. */
export type SessionId = string;
