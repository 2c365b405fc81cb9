/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The second part of events.h, under the same rules: sockets that wait or that a timer gave
 * up, and listeners that have no room. Filled by timers.h and listener.h.
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

#endif
