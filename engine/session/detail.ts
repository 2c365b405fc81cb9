// What the `detail` column of an event holds, as JSON, by kind. Written by
// engine/lifecycle/, turned into sentences by engine/query/. Keys are absent when
// there is nothing to say.
import type { TcpState } from '../../contract/attempt.ts';
import type { ContextDetail } from '../diagnosis/context.ts';

/** A process other than the attempt's owner that did something to its socket. */
export interface Actor {
  pid: number;
  comm: string;
}

/** Why there is no user stack where one was wanted: too many at that moment, or not to be read. */
export interface StackDetail {
  stack?: 'left out' | 'unreadable';
}

export interface StateDetail extends StackDetail {
  /** The task held the socket's lock: a call of its own, or packets handled on its behalf. */
  inTask?: true;
  /** The process was ending: the kernel closed its files. */
  exiting?: true;
  /** Name of an error that did not end it (sk_err_soft), e.g. EHOSTUNREACH from ICMP. */
  softError?: string;
  by?: Actor;
  /** Said by the lifecycle, not by the kernel: no record reported this end. */
  inferred?: 'no ACK seen' | 'gone at a scan' | 'capture stopped';
}

/** A system call, seen in one of two ways, or a request to io_uring. */
export type CallPath = 'fexit' | 'sys-exit' | 'io_uring';

export interface CallDetail extends StackDetail {
  /** Absent when it is not known, or a number in a table of io_uring's own (IOSQE_FIXED_FILE). */
  fd?: number;
  /** Name of the errno, e.g. `EINPROGRESS`; absent when the call succeeded. */
  result?: string;
  nonblocking?: true;
  /** connect: the address that the caller passed. */
  asked?: { address: string; port: number };
  via: CallPath;
  by?: Actor;
}

export interface RetransmitDetail {
  /** Which retransmission this is, from 1. */
  count: number;
  /** Timeout that ran out (icsk_rto); the next one is twice as long. Absent for a fast retransmit. */
  rtoMs?: number;
  sequence?: number;
  /** State of the socket: SYN_SENT and SYN_RECV retransmit the handshake, others payload. */
  state: TcpState;
}

export interface ResetDetail {
  /** enum sk_rst_reason without its prefix, a number where the kernel's BTF has no name; absent before Linux 6.10. */
  reason?: string | number;
  state: TcpState;
  by?: Actor;
}

export interface ErrorDetail {
  softError?: string;
}

export interface DestroyDetail {
  bytesSent: number;
  bytesReceived: number;
  segmentsOut: number;
  segmentsIn: number;
  retransmits: number;
}

/** A packet of the connection that this machine threw away (tp_btf/kfree_skb, with reasons since 5.17). */
export interface DropDetail {
  /** Name from the running kernel's BTF without its prefix, e.g. `NETFILTER_DROP`; a number where it has none. */
  reason: string;
  /** The packet was of the connection's own direction, or of the peer's. */
  way: 'out' | 'in';
  /** TCP flags, e.g. `SYN`, `SYN ACK`, `RST`. */
  flags: string;
  /** Network namespace in which it was thrown away, when that is not the attempt's own. */
  netns?: number;
}

/** An ICMP error that quoted a segment of the connection. */
export interface IcmpDetail {
  /** Who sent it: a router, or the peer itself. */
  from: string;
  version: 4 | 6;
  type: number;
  code: number;
  /** RFC 792, 1812 and 4443: e.g. `host unreachable`, `communication administratively prohibited`. */
  meaning: string;
}

/** A system call that failed before there was a connection. */
export interface FailedCallDetail extends StackDetail {
  call: 'socket' | 'bind' | 'listen' | 'accept' | 'connect';
  fd?: number;
  result: string;
  asked?: { address: string; port: number };
  /** RLIMIT_NOFILE of the process, soft. */
  descriptorLimit?: number;
  via: CallPath;
}

export interface FirstSeenDetail {
  state: TcpState;
  /** `scan`: a socket iterator found it. `event`: its begin was not seen, this is the first event of it. */
  by: 'scan' | 'event';
}

export type EventDetail =
  | StateDetail
  | CallDetail
  | RetransmitDetail
  | ResetDetail
  | ErrorDetail
  | DestroyDetail
  | FirstSeenDetail
  | DropDetail
  | IcmpDetail
  | FailedCallDetail
  | ContextDetail;
