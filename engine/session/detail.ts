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
  /** connect with AF_UNSPEC: it took the connection back, and asked for none. */
  dissolves?: true;
  /** connect: the address that the caller passed; `mapped`: as an IPv6 one, ::ffff:ADDRESS. */
  asked?: { address: string; port: number; mapped?: true };
  /** SO_MARK of the socket that connects; absent when it is 0. */
  mark?: number;
  /** Number of the interface that it is bound to; absent when it is to none. */
  boundDevice?: number;
  via: CallPath;
  by?: Actor;
}

export interface RetransmitDetail {
  /** Which retransmission this is, from 1. */
  count: number;
  /** Timeout that ran out (icsk_rto); the next one is twice as long. Absent for a fast retransmit. */
  rtoMs?: number;
  /** The how-manieth timeout in a row without an answer (icsk_retransmits); absent with `rtoMs`. */
  inRow?: number;
  /** How often the timeout had been doubled by then (icsk_backoff). */
  backoff?: number;
  /** The peer's window was closed: the segment was a probe. Of payload only. */
  windowClosed?: true;
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

/**
 * A timer of the kernel gave the socket up (net/ipv4/tcp_timer.c): which, as its own figures
 * tell, and what it had been set to.
 */
export interface TimeoutDetail {
  timer: 'handshake' | 'retransmission' | 'keep-alive' | 'zero-window';
  state: TcpState;
  /** TCP_USER_TIMEOUT of the socket, where that decided and not the timer's own count. */
  userTimeoutMs?: number;
  /** Segments sent again in a row, unanswered. */
  resent?: number;
  /** Probes in a row, unanswered: of keep-alive, or of a closed window. */
  probes?: number;
  /** The last timeout. */
  rtoMs: number;
  /** tcp_retries2 of the namespace: how often payload and probes of a closed window are sent again. */
  retries2?: number;
  /** TCP_SYNCNT of the socket. */
  synRetries?: number;
  /** What SO_KEEPALIVE was set to, of the socket or else of the namespace. */
  keepAlive?: { idleMs: number; intervalMs: number; probes: number };
  /** Since the last ACK of the peer. */
  silentMs?: number;
  /** Bytes that were sent and not acknowledged; that waited to be sent; that the peer's window left. */
  unacked: number;
  unsent: number;
  window?: number;
  /** The process had closed it before, or was gone. */
  orphan?: true;
}

/** A receive buffer that was full: its window was closed, and the other side had to wait. */
export interface ZeroWindowDetail {
  /** `peer`: this side waited with data to send. `own`: the program here did not read. */
  side: 'peer' | 'own';
  phase: 'began' | 'ended';
  /** Seen by a scan; its begin is told by the kernel's own times, its end by the next scan. */
  inferred: 'seen by scans';
  /** Bytes that waited to be sent when it was first seen. */
  waiting?: number;
  /** Of an end: how long it lasted; of our own window, at least. */
  forMs?: number;
  /** The connection ended before the window opened. */
  unresolved?: true;
}

/** Keep-alive probes that were not answered, as a scan saw them; 0 = the peer has answered. */
export interface KeepAliveDetail {
  unanswered: number;
  inferred: 'seen by scans';
}

/** The listener answered this connection's SYN by a cookie: its SYN queue was full. */
export interface SynCookieDetail {
  /** How long before the handshake was done the listener had last sent one. */
  agoMs: number;
  /** The kernel does not tell of whom: concluded from that, and from a first round-trip time that only a cookie gives. */
  inferred: 'by its round-trip time';
}

/** A person asked for the stack of the thread that makes the connection. */
export interface ThreadStackDetail extends StackDetail {
  tid: number;
  /** Name of the thread, when the process has another. */
  thread?: string;
  /** Where it was: in connect(2) for this connection, in another system call, or interrupted outside of any. */
  in: 'connect' | 'another call' | 'no call';
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
  | TimeoutDetail
  | ZeroWindowDetail
  | KeepAliveDetail
  | SynCookieDetail
  | ThreadStackDetail
  | ContextDetail;
