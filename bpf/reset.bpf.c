/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * RST segments of connections: sent by this machine's socket, or received by it.
 * A RST for a port that nobody listens on has no socket and is not recorded: its
 * other end, when it is on this machine, records the reception.
 */
#include "socket.h"
#include "stacks.h"
#include "task.h"

DEFINE_STACK_SCRATCH(reset_stack);

static __always_inline void send_reset_event(struct sock *sk, struct tcp_sock *tp,
					     enum event_kind kind, struct task_ident *owner,
					     __u64 kernel_stack, __u32 reason)
{
	struct reset_event *event = reserve_record(struct reset_event);

	if (!event)
		return;
	fill_header(&event->header, kind, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	event->task = *owner;
	event->kernel_stack_id = kernel_stack;
	event->reason = reason;
	event->pad = 0;
	submit_record(event);
}

/* `sk` may be NULL here, and from 6.5 to 6.12 the verifier believes that it cannot
 * (6.13, 838a10bd2ebf: arguments of tracepoints may be NULL). A load through NULL
 * reads zero, so the state decides, before any helper gets the pointer. */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(synscope_reset_sent, struct sock *sk)
{
	struct task_ident owner = {};
	struct tcp_sock *tp;
	__u64 kernel_stack = 0;
	__u32 reason = 0;
	__u8 state;

	if (!sk)
		return 0;
	state = sk->__sk_common.skc_state;
	if (!state || state == TCP_LISTEN || state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	if (sk->sk_lock.owned)
		own_event(&owner);
	if (have_reset_reason)
		reason = (__u32)ctx[2];
	if (may_take_stacks(STACK_WALK, STACK_OF_FAILURE))
		kernel_stack = take_stack(ctx, &reset_stack, NULL);
	send_reset_event(sk, tp, EVENT_RESET_SENT, &owner, kernel_stack, reason);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(synscope_reset_received, struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct task_ident nobody = {};

	if (tp)
		send_reset_event(sk, tp, EVENT_RESET_RECEIVED, &nobody, 0, 0);
	return 0;
}
