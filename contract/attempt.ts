// A connection attempt as the screen, the export and `trace --json` know it.
// Comes from engine/query/, goes to renderer/, cli/ and exports.

import type { FrameQuality } from './addon.ts';
import type {
  AttemptId,
  Bytes,
  Errno,
  Milliseconds,
  SessionNanoseconds,
  UnixMilliseconds,
} from './units.ts';
import type { Verdict, VerdictBadge } from './verdict.ts';

/** TCP states, in the spelling of include/net/tcp_states.h without the prefix. */
export type TcpState =
  | 'ESTABLISHED'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'LISTEN'
  | 'CLOSING'
  | 'NEW_SYN_RECV';

/** `outgoing`: this machine called connect(2). `accepted`: it answered a SYN. `unknown`: older than the capture and not told by a listener. */
export type Direction = 'outgoing' | 'accepted' | 'unknown';

/**
 * How an attempt stands or ended.
 * - `connecting`: SYN_SENT or SYN_RECV, not decided.
 * - `open`: established, not ended.
 * - `closed`: established, then ended in order (FIN both ways, or an own close answered by RST).
 * - `refused`: RST while connecting (ECONNREFUSED).
 * - `timed-out`: the kernel gave up (ETIMEDOUT), while connecting or established (then `connectMs` is set).
 * - `unreachable`: ICMP or routing said so (EHOSTUNREACH, ENETUNREACH, …).
 * - `abandoned`: the caller closed, was killed or ran out of its own patience while connecting.
 * - `reset`: established, then RST before an orderly end.
 * - `failed`: any other errno.
 * - `unknown`: the end was not seen (lost events, capture stopped).
 */
export type Outcome =
  | 'connecting'
  | 'open'
  | 'closed'
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'abandoned'
  | 'reset'
  | 'failed'
  | 'unknown';

/** Where the owner is known from: the call itself, the start-up scan, the process that listens, or nowhere. */
export type OwnerSource = 'connect' | 'accept' | 'scan' | 'listener' | 'unknown';

export interface Owner {
  readonly pid: number;
  readonly comm: string;
  /** Path of the executable in the process's own root; null when unknown. */
  readonly exe: string | null;
  /** Arguments, as passed. Empty when unknown. */
  readonly cmdline: readonly string[];
  readonly uid: number;
  /** User name on this machine, null when there is none. */
  readonly user: string | null;
  /** systemd unit, from the cgroup path; null outside one. */
  readonly unit: string | null;
  /** Container id (12 digits or full, as in the cgroup), null outside one. */
  readonly container: string | null;
  readonly cgroup: string | null;
}

/** A call for a TCP socket that may fail before there is a connection; connect(2) has rows of its own. */
export type SocketCall = 'socket' | 'bind' | 'listen' | 'accept';

/** One row of the connection table. */
export interface AttemptRow {
  readonly id: AttemptId;
  readonly direction: Direction;
  /** The call that failed, when the row is none of a connection; null otherwise. */
  readonly call: SocketCall | null;
  readonly family: 'ipv4' | 'ipv6';
  readonly state: TcpState;
  readonly outcome: Outcome;
  /** True for every outcome that an engineer would call a failure. Decided once, by the lifecycle. */
  readonly failed: boolean;
  /** Name of the errno, e.g. `ECONNREFUSED`; null when there is none. */
  readonly error: string | null;
  readonly pid: number | null;
  readonly comm: string | null;
  readonly ownerSource: OwnerSource;
  readonly localAddress: string;
  /** 0 when the kernel had not chosen one. */
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** When it began; null for a connection older than the capture. */
  readonly startedAt: UnixMilliseconds | null;
  /** SYN_SENT (or SYN_RECV) → ESTABLISHED; null when it never was, or was not seen. */
  readonly connectMs: Milliseconds | null;
  /** Begin → end, or → now (the time of the newest batch) while it lasts. Null when the begin is unknown. */
  readonly durationMs: Milliseconds | null;
  /** True once it ended. */
  readonly ended: boolean;
  readonly retransmits: number;
  /** Payload bytes, without retransmissions. */
  readonly bytesSent: Bytes;
  readonly bytesReceived: Bytes;
  /** Smoothed round-trip time; null when not measured. */
  readonly rttMs: Milliseconds | null;
  readonly closedBy: 'local' | 'remote' | null;
  /** True when events of this attempt may have been lost. */
  readonly incomplete: boolean;
  /** Why it failed, or what troubled it when `failed` is false; null when there is nothing to say. */
  readonly verdict: VerdictBadge | null;
}

export type EventKind =
  | 'state'
  | 'connect'
  | 'accept'
  | 'retransmit'
  | 'synack-retransmit'
  | 'reset-sent'
  | 'reset-received'
  | 'error'
  | 'destroy'
  | 'first-seen'
  | 'drop'
  | 'icmp'
  | 'call'
  | 'timeout'
  | 'zero-window'
  | 'keep-alive'
  | 'syn-cookie'
  | 'thread-stack'
  | 'context';

/** One recorded event of an attempt. */
export interface AttemptEvent {
  readonly id: number;
  /** ms since the attempt began (or since it was first seen). */
  readonly atMs: Milliseconds;
  readonly timeNs: SessionNanoseconds;
  readonly kind: EventKind;
  /** State before a change; of a retransmission, the state in which it was sent. */
  readonly oldState: TcpState | null;
  readonly newState: TcpState | null;
  /** Socket error or call result; null when none. */
  readonly error: string | null;
  /** One line in plain words, e.g. `SYN sent again (2) after 2.05 s`, `connect(3) returned EINPROGRESS`. */
  readonly text: string;
  readonly kernelStack: number | null;
  readonly userStack: number | null;
}

/** One frame of a stack, innermost first. */
export interface Frame {
  /** Null when unresolved: show the address. */
  readonly name: string | null;
  readonly module: string | null;
  readonly buildId: string | null;
  readonly offset: number | null;
  /** Hexadecimal with 0x. */
  readonly address: string;
  readonly quality: FrameQuality;
  readonly problem: string | null;
  /** Source file, null without debug information. */
  readonly file: string | null;
  readonly line: number | null;
  /** The compiler put this function into the next one outward: both have the same address. */
  readonly inlined: boolean;
}

export interface Stack {
  readonly id: number;
  readonly kind: 'kernel' | 'user';
  /** How it was unwound, for the heading: `kernel`, `frame-pointer`, `cfi`. */
  readonly unwinder: string;
  /** False until symbols have arrived; the frames then only have addresses. */
  readonly symbolized: boolean;
  readonly frames: readonly Frame[];
  /** What the program's own functions in it are known by in every run, 16 hexadecimal digits; failures are grouped by it. Null for a kernel stack, and where no function is known. */
  readonly fingerprint: string | null;
  /** What to switch on for more names, e.g. `Frames 3–9 are JavaScript: …`; null when nothing is to be said. */
  readonly hint: string | null;
}

/** The moment at which a stack was taken. `asked`: when a person asked the thread for it; there may be several. */
export type StackMoment = 'connect' | 'failure' | 'close' | 'asked';

export interface MomentStacks {
  readonly moment: StackMoment;
  readonly atMs: Milliseconds;
  /** Of `asked` only: the event that has it, and in words which thread it was and where it stood. */
  readonly asked?: { readonly event: number; readonly text: string };
  /** Null with `userProblem` saying why: softirq, exiting process, kernel thread, not captured. */
  readonly user: Stack | null;
  readonly userProblem: string | null;
  readonly kernel: Stack | null;
  readonly kernelProblem: string | null;
}

/** Everything about one attempt. */
export interface AttemptDetail {
  readonly row: AttemptRow;
  /** Kernel socket cookie, hexadecimal as `ss -e` prints it (`sk:`). Null when the kernel gave none. */
  readonly cookie: string | null;
  /** The how-manieth connection of this socket, from 1. */
  readonly ordinal: number;
  readonly netns: number;
  readonly fd: number | null;
  /** connect(2) returned EINPROGRESS, or was asked of io_uring; null when the call was not seen. */
  readonly async: boolean | null;
  /** How the call was made; null when it was not seen. */
  readonly via: 'syscall' | 'io_uring' | null;
  readonly errno: Errno | null;
  readonly owner: Owner | null;
  /** Name of the thread that connected, when it differs from the process name. */
  readonly threadComm: string | null;
  readonly tid: number | null;
  /** Events in time order, at most 2,000; `eventCount` tells how many there are. */
  readonly events: readonly AttemptEvent[];
  readonly eventCount: number;
  /** Spans of states for the timeline, in order; the last `endMs` is null while it lasts. */
  readonly spans: readonly { state: TcpState; startMs: Milliseconds; endMs: Milliseconds | null }[];
  readonly stacks: readonly MomentStacks[];
  /** The same verdict with its evidence. */
  readonly verdict: Verdict | null;
}
