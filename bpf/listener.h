/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * How full the queues of a listener are, and what it had to throw away: told of those only
 * that have no room, or had none.
 */
#ifndef SYNSCOPE_LISTENER_H
#define SYNSCOPE_LISTENER_H

#include "ring.h"
#include "syn_cookies.h"

/* SYNs that were answered by a cookie last: see tcp_synq_overflow(). */
static __always_inline __u32 listener_syn_cookie_ms(const struct tcp_sock *tp)
{
	const struct sock_reuseport *together = tp->inet_conn.icsk_inet.sk.sk_reuseport_cb;

	if (together && bpf_core_field_exists(together->synq_overflow_ts))
		return syn_cookie_ms(BPF_CORE_READ(together, synq_overflow_ts));
	return syn_cookie_ms(tp->rx_opt.ts_recent_stamp);
}

static __always_inline void write_listener(struct seq_file *seq, const struct socket_ident *socket,
					   const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct listener_event event = {};

	event.accept_queue = field_or_zero(sk->sk_ack_backlog);
	event.accept_queue_most = field_or_zero(sk->sk_max_ack_backlog);
	event.syn_queue = field_or_zero(tp->inet_conn.icsk_accept_queue.qlen.counter);
	event.drops = field_or_zero(sk->sk_drops.counter);
	event.syn_cookie_ms = listener_syn_cookie_ms(tp);
	if (!event.drops && !event.syn_cookie_ms && event.accept_queue <= event.accept_queue_most)
		return;
	fill_header(&event.header, EVENT_LISTENER, sizeof(event));
	event.socket = *socket;
	bpf_seq_write(seq, &event, sizeof(event));
}

#endif
