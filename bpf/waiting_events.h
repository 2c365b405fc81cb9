/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The second part of events.h, under the same rules: sockets that wait or that a timer gave
 * up, listeners that have no room, and threads that were asked for while they waited. Filled
 * by timers.h, listener.h and thread_stack.bpf.c.
 */
#ifndef SYNSCOPE_WAITING_EVENTS_H
#define SYNSCOPE_WAITING_EVENTS_H

/* What a socket waits for, from its timers and what they look at. */
struct socket_timers {
	__u32 rto_us;		  /* icsk_rto */
	__u32 user_timeout_ms;	  /* TCP_USER_TIMEOUT; 0 = not set */
	__u32 keepalive_time_ms;  /* of the socket, else of its namespace */
	__u32 keepalive_intvl_ms;
	__u32 snd_wnd;		  /* bytes: the window that the peer advertised last */
	__u32 rcv_wnd;		  /* bytes: the window that this socket advertised last */
	__u32 unacked;		  /* bytes sent, not acknowledged */
	__u32 unsent;		  /* bytes written, not sent */
	__u32 ack_ms;		  /* since the last ACK came */
	__u32 data_ms;		  /* since the last data came */
	__u32 probing_ms; /* since the timer of the closed window first ran out (since 5.11); 0 = it did not */
	__u8 retransmits;	  /* icsk_retransmits: unanswered, in a row */
	__u8 backoff;		  /* icsk_backoff: timeouts that ran out in a row, of probes too */
	__u8 probes_out;	  /* unanswered probes, of keep-alive or of a closed window */
	__u8 keepalive_probes;	  /* of the socket, else of its namespace */
	__u8 retries2;		  /* tcp_retries2 of its namespace */
	__u8 syn_retries;	  /* TCP_SYNCNT; 0 = not set */
	__u8 keepalive;		  /* 1 = SO_KEEPALIVE */
	__u8 orphan;		  /* 1 = no process has it any more */
	__u8 pad[4];
};

enum timers_occasion {
	TIMERS_WAITING = 1, /* found by iter/tcp: a window is closed, or probes are not answered */
	TIMERS_GAVE_UP = 2, /* a timer took the socket to CLOSE: its state change follows */
};

struct timers_event {
	struct event_header header;
	struct socket_ident socket;
	struct socket_timers timers;
	__u32 occasion; /* enum timers_occasion */
	__s32 sk_err;
};

/* A listener whose queues are or were full. */
struct listener_event {
	struct event_header header;
	struct socket_ident socket;
	__u32 accept_queue;
	__u32 accept_queue_most; /* full when there are more than so many */
	__u32 syn_queue;
	__u32 drops;	     /* SYNs and last ACKs thrown away since it listens (sk_drops) */
	__u32 syn_cookie_ms; /* since it last answered a SYN by a cookie, and 1 more; 0 = not within two minutes */
	__u32 pad;
};

/* Whose stack is wanted; in a map that native/src/iterators.cc writes. */
struct thread_wanted {
	__u64 request; /* given back with the answer */
	__u64 cookie;  /* of the socket that it is thought to connect */
	__u32 tgid;
	__u32 tid; /* 0 = whichever thread of the process is in connect(2) for this socket */
};

/* Where a thread was. */
enum thread_place {
	THREAD_IN_CONNECT = 1, /* in connect(2) for the socket of `cookie` */
	THREAD_IN_CALL = 2,    /* in another system call, or another connect(2) */
	THREAD_IN_PROGRAM = 3, /* it was interrupted: ready to run, on no CPU */
	THREAD_RUNNING = 4,    /* on a CPU, or it ran meanwhile: no stacks */
};

/* The stacks of a thread that was asked for; both come before it. */
struct thread_stack_event {
	struct event_header header;
	struct task_ident task;
	__u64 request; /* of struct thread_wanted */
	__u64 kernel_stack_id;
	__u64 user_stack_id; /* 0 = not to be read */
	__u8 place; /* enum thread_place */
	__u8 pad[7];
};

#endif
