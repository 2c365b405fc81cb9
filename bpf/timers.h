/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * What a socket waits for, and which timer gave it up (net/ipv4/tcp_timer.c): the settings
 * and the figures that the kernel decides by, for engine/lifecycle/timers.ts to read.
 */
#ifndef SYNSCOPE_TIMERS_H
#define SYNSCOPE_TIMERS_H

#include "ring.h"
#include "socket.h"

/* tcp_write_err() leaves ETIMEDOUT, or the error that ICMP told before. */
static __always_inline bool gave_up(const struct sock *sk)
{
	int error = sk->sk_err;

	return error == ETIMEDOUT || (error && error == sk->sk_err_soft);
}

/* What keepalive_time_when() and its like have: the socket's own, else its namespace's. */
static __always_inline void fill_keepalive(struct socket_timers *timers, const struct sock *sk,
					   const struct tcp_sock *tp)
{
	const struct net *net = sk->__sk_common.skc_net.net;
	__u32 time = field_or_zero(tp->keepalive_time);
	__u32 interval = field_or_zero(tp->keepalive_intvl);
	__u8 probes = field_or_zero(tp->keepalive_probes);

	if (!time)
		time = field_or_zero(net->ipv4.sysctl_tcp_keepalive_time);
	if (!interval)
		interval = field_or_zero(net->ipv4.sysctl_tcp_keepalive_intvl);
	if (!probes)
		probes = field_or_zero(net->ipv4.sysctl_tcp_keepalive_probes);
	timers->keepalive_time_ms = ticks_to_ms(time);
	timers->keepalive_intvl_ms = ticks_to_ms(interval);
	timers->keepalive_probes = probes;
	timers->keepalive = field_or_zero(sk->__sk_common.skc_flags) >> SOCK_KEEPOPEN & 1;
	timers->retries2 = field_or_zero(net->ipv4.sysctl_tcp_retries2);
}

/* 0 when there has been nothing yet. */
static __always_inline __u32 ms_since_any(__u32 jiffies32)
{
	return jiffies32 ? ms_since(jiffies32) : 0;
}

static __always_inline void fill_timers(struct socket_timers *timers, const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	const struct sock *sk = &icsk->icsk_inet.sk;

	timers->rto_us = icsk->icsk_rto * tick_ns / 1000;
	timers->user_timeout_ms = field_or_zero(icsk->icsk_user_timeout);
	fill_keepalive(timers, sk, tp);
	timers->snd_wnd = tp->snd_wnd;
	timers->rcv_wnd = tp->rcv_wnd;
	timers->unacked = tp->snd_nxt - tp->snd_una;
	timers->unsent = tp->write_seq - tp->snd_nxt;
	timers->ack_ms = ms_since_any(field_or_zero(tp->rcv_tstamp));
	timers->data_ms = ms_since_any(field_or_zero(icsk->icsk_ack.lrcvtime));
	/* 5.11, 9d9b1ee0b2d1, and later ones of 5.10: a limit of time for these probes. */
	timers->probing_ms = ms_since_any(field_or_zero(icsk->icsk_probes_tstamp));
	timers->retransmits = icsk->icsk_retransmits;
	timers->backoff = field_or_zero(icsk->icsk_backoff);
	timers->probes_out = field_or_zero(icsk->icsk_probes_out);
	timers->syn_retries = field_or_zero(icsk->icsk_syn_retries);
	timers->orphan = bpf_core_field_exists(sk->sk_socket) && !sk->sk_socket;
	__builtin_memset(timers->pad, 0, sizeof(timers->pad));
}

/* Before its change of state: one record for each socket that a timer ends. */
static __always_inline void send_timers(struct sock *sk, const struct tcp_sock *tp)
{
	struct timers_event *event = reserve_record(struct timers_event);

	if (!event)
		return;
	fill_header(&event->header, EVENT_TIMERS, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	fill_timers(&event->timers, tp);
	event->occasion = TIMERS_GAVE_UP;
	event->sk_err = sk->sk_err;
	submit_record(event);
}

#define STATES_WITH_DATA                                                               \
	(1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 |              \
	 1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING)

/* One probe is on its way now and then; a second one means that the first had no answer. */
static __always_inline bool is_waiting(const struct tcp_sock *tp, __u8 state)
{
	bool to_send = tp->write_seq != tp->snd_una;

	if (!(STATES_WITH_DATA >> state & 1))
		return false;
	return (!tp->snd_wnd && to_send) || !tp->rcv_wnd ||
	       field_or_zero(tp->inet_conn.icsk_probes_out) > 1;
}

static __always_inline void write_timers(struct seq_file *seq, const struct socket_ident *socket,
					 const struct tcp_sock *tp)
{
	struct timers_event event = {};

	fill_header(&event.header, EVENT_TIMERS, sizeof(event));
	event.socket = *socket;
	fill_timers(&event.timers, tp);
	event.occasion = TIMERS_WAITING;
	bpf_seq_write(seq, &event, sizeof(event));
}

#endif
