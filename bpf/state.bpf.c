/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Every state change of every TCP socket: the backbone of a lifecycle. CLOSE →
 * SYN_SENT runs in the caller's context, so owner and connect stack are taken here.
 * The hook fires before the new state is stored.
 */
#include "socket.h"
#include "stacks.h"
#include "syn_cookies.h"
#include "task.h"
#include "timers.h"

DEFINE_STACK_SCRATCH(state_stack);
DEFINE_COPY_SCRATCH(state_copy);

static __always_inline bool is_failure(int old_state, int new_state)
{
	return new_state == TCP_CLOSE && (old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV);
}

static __always_inline bool is_local_close(int old_state, int new_state)
{
	return (old_state == TCP_ESTABLISHED && new_state == TCP_FIN_WAIT1) ||
	       (old_state == TCP_CLOSE_WAIT && new_state == TCP_LAST_ACK) ||
	       new_state == TCP_CLOSE;
}

/* An accepted connection begins as a copy of its listener. Newer kernels (6.18 has it,
 * 6.1 has not) give it its own tuple and cookie before this first change of its state;
 * on older ones the change would be told of the listener. SYN_RECV → ESTABLISHED follows. */
static __always_inline bool is_unborn_child(const struct sock *sk, int old_state, int new_state)
{
	return old_state == TCP_LISTEN && new_state == TCP_SYN_RECV &&
	       !sk->__sk_common.skc_dport;
}

/* `in_task`: the change is the current task's own doing. */
static __always_inline bool wants_stacks(int old_state, int new_state, bool in_task)
{
	return (old_state == TCP_CLOSE && new_state == TCP_SYN_SENT) ||
	       is_failure(old_state, new_state) ||
	       (in_task && is_local_close(old_state, new_state));
}

/* The kernel never runs a program inside itself on one CPU: a softirq that interrupts
 * synscope_state while it walks a task's stacks changes other sockets, and the kernel
 * skips those runs. So a second program sits behind it on the same hook and records what
 * the first one did not. The mark tells: one for changes under the socket's lock (tasks),
 * one for the others (softirq), since only the latter interrupt the former. */
struct state_mark {
	const void *sk; /* whose change synscope_state has begun to record */
	__u64 change;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct state_mark);
} state_marks SEC(".maps");

static __always_inline struct state_mark *state_mark_of(const struct sock *sk)
{
	__u32 in_task = !!sk->sk_lock.owned;

	return bpf_map_lookup_elem(&state_marks, &in_task);
}

static __always_inline __u64 change_of(int old_state, int new_state)
{
	return ((__u64)(__u32)old_state << 32) | (__u32)new_state;
}

/* Of the task that changes its own socket: within connect(2) the stack of its begin. */
static __always_inline struct user_stack stack_of_change(void *ctx, struct sock *sk, int new_state,
							 const struct task_ident *owner,
							 __u32 flags,
							 enum stack_occasion occasion)
{
	__u64 cookie = socket_cookie(sk, sk->__sk_common);
	struct user_stack taken = {};

	if (new_state != TCP_SYN_SENT)
		taken.id = connect_stack(cookie);
	if (taken.id)
		return taken;
	taken = take_user_stack(ctx, &state_stack, &state_copy, owner, flags, occasion);
	if (taken.id && new_state == TCP_SYN_SENT)
		begin_connect_stack(cookie, taken.id, current_registers());
	return taken;
}

static __always_inline int record_state(void *ctx, struct sock *sk, int old_state, int new_state,
					bool with_stacks)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct task_ident owner = {};
	struct state_event *event;
	struct user_stack user_stack = {};
	enum stack_occasion occasion;
	__u64 kernel_stack = 0;
	__u32 flags = 0;

	if (!tp)
		return 0;
	if (old_state == TCP_LISTEN && new_state == TCP_SYN_RECV)
		note_clone(tp);
	if (is_unborn_child(sk, old_state, new_state))
		return 0;
	if (new_state == TCP_CLOSE && gave_up(sk))
		send_timers(sk, tp);
	/* Whoever holds the socket's lock is the current task: softirq that finds the
	 * lock held leaves its packet to that task's backlog. Not held: softirq, and
	 * `current` is whatever it interrupted. */
	if (sk->sk_lock.owned)
		flags = own_event(&owner);
	occasion = is_failure(old_state, new_state) ? STACK_OF_FAILURE : STACK_OF_ROUTINE;
	if (with_stacks && wants_stacks(old_state, new_state, flags)) {
		if (may_take_stacks(STACK_WALK, occasion))
			kernel_stack = take_stack(ctx, &state_stack, NULL);
		if (flags)
			user_stack = stack_of_change(ctx, sk, new_state, &owner, flags, occasion);
	}

	event = reserve_record(struct state_event);
	if (!event) {
		/* Its cookie tells synscope_destroy that there was something to tell of it. */
		(void)socket_cookie(sk, sk->__sk_common);
		return 0;
	}
	fill_header(&event->header, EVENT_STATE, sizeof(*event));
	fill_socket(&event->socket, sk, tp);
	/* The port is chosen after this change of state, unless bind(2) has: until then
	 * inet_sport is that of the connection that the socket had before. */
	if (new_state == TCP_SYN_SENT)
		event->socket.local_port = sk->__sk_common.skc_num;
	event->task = owner;
	fill_counters(&event->counters, tp);
	event->kernel_stack_id = kernel_stack;
	event->user_stack_id = user_stack.id;
	event->old_state = old_state;
	event->new_state = new_state;
	event->in_task = !!flags;
	event->task_exiting = !!(flags & PF_EXITING);
	event->sk_err = sk->sk_err;
	event->sk_err_soft = sk->sk_err_soft;
	event->syn_cookie_ms = 0;
	if (old_state == TCP_SYN_RECV && new_state == TCP_ESTABLISHED)
		event->syn_cookie_ms = noted_syn_cookie_ms();
	event->user_stack_missing = user_stack.missing;
	event->mark = sk->sk_mark;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	submit_record(event);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(synscope_state, struct sock *sk, int old_state, int new_state)
{
	struct state_mark *mark = state_mark_of(sk);

	if (mark) {
		mark->sk = sk;
		mark->change = change_of(old_state, new_state);
	}
	return record_state(ctx, sk, old_state, new_state, true);
}

/* Attached behind synscope_state. Takes no stacks: its scratch is in use just then. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(synscope_state_nested, struct sock *sk, int old_state, int new_state)
{
	struct state_mark *mark = state_mark_of(sk);

	if (!mark)
		return 0;
	if (mark->sk == sk && mark->change == change_of(old_state, new_state)) {
		mark->sk = NULL;
		return 0;
	}
	count_rescued();
	return record_state(ctx, sk, old_state, new_state, false);
}
