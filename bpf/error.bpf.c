/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The moment that the kernel reports an error to a socket's owner, since 5.15. On
 * older kernels the state change carries sk_err.
 */
#include "icmp.bpf.c"
#include "socket.h"
#include "stacks.h"

DEFINE_STACK_SCRATCH(error_stack);

/* The errno of an ICMP error that was just queued on the socket, 0 when the newest entry
 * is none. IPv4: one that comes during connect(2), while the caller holds the socket, is
 * queued and reported first, and only then noted in sk_err_soft (tcp_v4_err). poll(2) and
 * SO_ERROR tell it to the caller, but no later event shows it. */
static __always_inline __s32 queued_icmp_error(struct sock *sk)
{
	struct sock_exterr_skb *queued;
	struct sk_buff *newest = BPF_CORE_READ(sk, sk_error_queue.prev);
	__u8 origin;

	if (!newest || (void *)newest == (void *)sk + bpf_core_field_offset(sk->sk_error_queue))
		return 0;
	queued = (void *)newest + bpf_core_field_offset(newest->cb);
	origin = BPF_CORE_READ(queued, ee.ee_origin);
	if (origin != SO_EE_ORIGIN_ICMP && origin != SO_EE_ORIGIN_ICMP6)
		return 0;
	return BPF_CORE_READ(queued, ee.ee_errno);
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(synscope_error, struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct error_event *event;
	__u64 kernel_stack = 0;
	__s32 soft;

	if (!tp)
		return 0;
	soft = sk->sk_err_soft;
	if (!sk->sk_err && !soft)
		soft = queued_icmp_error(sk);
	/* disconnect() reports, too, after it has cleared the error. */
	if (!sk->sk_err && !soft)
		return 0;
	if (may_take_stacks(STACK_WALK, STACK_OF_FAILURE))
		kernel_stack = take_stack(ctx, &error_stack, NULL);
	event = reserve_record(struct error_event);
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_ERROR, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	expect_icmp(&event->socket);
	event->kernel_stack_id = kernel_stack;
	event->sk_err = sk->sk_err;
	event->sk_err_soft = soft;
	submit_record(event);
	return 0;
}
