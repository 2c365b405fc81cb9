/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * What connect(2) and accept(2) returned: fd and result; and which calls of socket(2),
 * bind(2), listen(2) and accept(2) failed. fexit on the few syscalls
 * where the kernel allows it; else one program at sys_exit, where the registers still
 * hold the arguments, so that no sys_enter program and no tracefs is needed. That one
 * taxes every syscall of the machine (60-90 ns), so it leaves as early as it can.
 * Calls made through io_uring return elsewhere: uring.bpf.c.
 */
#include "calls.h"

DEFINE_STACK_SCRATCH(call_stack);
DEFINE_COPY_SCRATCH(connect_copy);
DEFINE_COPY_SCRATCH(failed_call_copy);
DEFINE_SOCKET_SCRATCH(call_socket);

static __always_inline int call_returned(void *ctx, struct pt_regs *regs, bool accepting,
					 long result, enum call_via via)
{
	struct socket_call seen = { .result = accepting ? 0 : result, .via = via };
	struct inet_sock *copy;
	struct file *file;
	struct sock *sk;
	__u32 flags;

	seen.fd = accepting ? result : (__s32)SYSCALL_ARGUMENT_0(regs);
	file = file_of(seen.fd);
	sk = socket_of(file);
	copy = sk ? copy_socket(&call_socket, sk) : NULL;
	if (!copy || !is_tcp_copy(&copy->sk))
		return 0;
	flags = own_event(&seen.owner);
	if (!accepting)
		seen.user_stack_id = end_connect_stack(copied_cookie(copy, sk));
	if (!accepting && is_failed_connect(result) && !seen.user_stack_id)
		take_caller_stack(&seen, ctx, &call_stack, &connect_copy, flags, STACK_OF_FAILURE);
	if (!accepting)
		read_asked(&seen.asked, (void *)SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs));
	return record_call(&seen, accepting ? EVENT_ACCEPT : EVENT_CONNECT, file, copy, sk);
}

static __always_inline int call_failed(void *ctx, struct pt_regs *regs, enum failed_call call,
				       long result, enum call_via via)
{
	struct socket_call seen = { .fd = -1, .result = result, .call = call, .via = via };
	struct inet_sock *copy = NULL;
	struct sock *sk = NULL;
	__u32 flags;

	if (is_everyday(result))
		return 0;
	if (call == CALL_SOCKET) {
		seen.asked.family = SYSCALL_ARGUMENT_0(regs);
		if (!is_tcp_domain(SYSCALL_ARGUMENT_0(regs), SYSCALL_ARGUMENT_1(regs),
				   SYSCALL_ARGUMENT_2(regs), result))
			return 0;
	} else {
		seen.fd = (__s32)SYSCALL_ARGUMENT_0(regs);
		sk = socket_of(file_of(seen.fd));
		copy = sk ? copy_socket(&call_socket, sk) : NULL;
		if (!copy || !is_tcp_copy(&copy->sk))
			return 0;
	}
	if (call == CALL_BIND)
		read_asked(&seen.asked, (void *)SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs));
	flags = own_event(&seen.owner);
	take_caller_stack(&seen, ctx, &call_stack, &failed_call_copy, flags, STACK_OF_FAILURE);
	return record_failed_call(&seen, (void *)bpf_get_current_task(), copy, sk);
}

SEC("fexit/connect")
int BPF_PROG(synscope_connect, struct pt_regs *regs, long result)
{
	return call_returned(ctx, regs, false, result, CALL_VIA_FEXIT);
}

SEC("fexit/accept")
int BPF_PROG(synscope_accept, struct pt_regs *regs, long result)
{
	if (result < 0)
		return call_failed(ctx, regs, CALL_ACCEPT, result, CALL_VIA_FEXIT);
	return call_returned(ctx, regs, true, result, CALL_VIA_FEXIT);
}

SEC("fexit/accept4")
int BPF_PROG(synscope_accept4, struct pt_regs *regs, long result)
{
	if (result < 0)
		return call_failed(ctx, regs, CALL_ACCEPT, result, CALL_VIA_FEXIT);
	return call_returned(ctx, regs, true, result, CALL_VIA_FEXIT);
}

SEC("fexit/socket")
int BPF_PROG(synscope_socket, struct pt_regs *regs, long result)
{
	return call_failed(ctx, regs, CALL_SOCKET, result, CALL_VIA_FEXIT);
}

SEC("fexit/bind")
int BPF_PROG(synscope_bind, struct pt_regs *regs, long result)
{
	return call_failed(ctx, regs, CALL_BIND, result, CALL_VIA_FEXIT);
}

SEC("fexit/listen")
int BPF_PROG(synscope_listen, struct pt_regs *regs, long result)
{
	return call_failed(ctx, regs, CALL_LISTEN, result, CALL_VIA_FEXIT);
}

/* 0 = not one whose failure is recorded. */
static __always_inline enum failed_call failed_call_of(long number)
{
	switch (number) {
	case SYSCALL_SOCKET:
		return CALL_SOCKET;
	case SYSCALL_BIND:
		return CALL_BIND;
	case SYSCALL_LISTEN:
		return CALL_LISTEN;
	case SYSCALL_ACCEPT:
	case SYSCALL_ACCEPT4:
		return CALL_ACCEPT;
	default:
		return 0;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(synscope_sys_exit, struct pt_regs *regs, long result)
{
	long number = SYSCALL_NUMBER(regs);
	bool accepting = number == SYSCALL_ACCEPT || number == SYSCALL_ACCEPT4;
	enum failed_call failed = failed_call_of(number);

	if (number != SYSCALL_CONNECT && !failed)
		return 0;
	if (failed && !(accepting && result >= 0)) {
		if (result >= 0 || !native_syscall((void *)bpf_get_current_task()))
			return 0;
		return call_failed(ctx, regs, failed, result, CALL_VIA_SYS_EXIT);
	}
	if (!native_syscall((void *)bpf_get_current_task()))
		return 0;
	return call_returned(ctx, regs, accepting, result, CALL_VIA_SYS_EXIT);
}
