/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Segments sent again: SYN and data of a socket, SYN-ACK of a request that is not a
 * socket yet. Softirq context: never any task here.
 */
#include "ring.h"
#include "socket.h"

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(synscope_retransmit, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct retransmit_event *event;
	struct tcp_skb_cb *segment;

	if (!tp)
		return 0;
	event = reserve_record(struct retransmit_event);
	if (!event)
		return 0;
	segment = (void *)skb + bpf_core_field_offset(skb->cb);
	fill_header(&event->header, EVENT_RETRANSMIT, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	fill_counters(&event->counters, tp);
	event->rto_us = tp->inet_conn.icsk_rto * tick_ns / 1000;
	event->sequence = BPF_CORE_READ(segment, seq);
	event->snd_wnd = tp->snd_wnd;
	event->backoff = field_or_zero(tp->inet_conn.icsk_backoff);
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	submit_record(event);
	return 0;
}

/* A request keeps its tuple where a socket keeps it (sock_common), but has no
 * inet_sock behind it: its local port is skc_num. */
static __always_inline void fill_request(struct socket_ident *ident, struct request_sock *request)
{
	const struct sock_common *common = &request->__req_common;

	ident->cookie = socket_cookie(request, *common);
	ident->netns = BPF_CORE_READ(common, skc_net.net, ns.inum);
	ident->family = common->skc_family;
	ident->state = TCP_NEW_SYN_RECV;
	ident->shutdown = 0;
	ident->local_port = common->skc_num;
	ident->remote_port = bpf_ntohs(common->skc_dport);
	ident->bound_device = 0;
	fill_addresses(ident, (const struct sock *)request, common->skc_family,
		       common->skc_rcv_saddr, common->skc_daddr);
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(synscope_synack, struct sock *listener, struct request_sock *request)
{
	struct retransmit_event *event = reserve_record(struct retransmit_event);

	if (!event)
		return 0;
	fill_header(&event->header, EVENT_SYNACK_RETRANSMIT, sizeof(*event));
	fill_request(&event->socket, request);
	__builtin_memset(&event->counters, 0, sizeof(event->counters));
	event->counters.total_retrans = request->num_retrans;
	event->rto_us = 0;
	event->sequence = 0;
	event->snd_wnd = 0;
	event->backoff = 0;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	submit_record(event);
	return 0;
}
