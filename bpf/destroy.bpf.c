/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The end of a socket, with its final counters. A socket without a cookie was never
 * in an event, so its end is not one either.
 */
#include "ring.h"
#include "socket.h"

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(synscope_destroy, struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct destroy_event *event;

	if (!tp || (have_socket_cookie && !sk->__sk_common.skc_cookie.counter))
		return 0;
	event = reserve_record(struct destroy_event);
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_DESTROY, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	fill_counters(&event->counters, tp);
	submit_record(event);
	return 0;
}
