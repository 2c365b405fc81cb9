/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * What connect(2) and accept(2) returned: fd and result; and which calls of socket(2),
 * bind(2), listen(2) and accept(2) failed. fexit on the few syscalls
 * where the kernel allows it; else one program at sys_exit, where the registers still
 * hold the arguments, so that no sys_enter program and no tracefs is needed. That one
 * taxes every syscall of the machine (60-90 ns), so it leaves as early as it can.
 * Calls made through io_uring return elsewhere: their state changes are seen.
 */
#include "socket.h"
#include "stacks.h"
#include "task.h"

DEFINE_STACK_SCRATCH(call_stack);
DEFINE_SOCKET_SCRATCH(call_socket);

/* The file behind a descriptor of the current task. */
static __always_inline struct file *file_of(__s32 fd)
{
	struct file *file = NULL, **files;
	struct fdtable *table;
	__u32 max_fds;

	if (have_current_task) {
		table = bpf_get_current_task_btf()->files->fdt;
		max_fds = table->max_fds;
		files = table->fd;
	} else {
		table = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), files, fdt);
		max_fds = BPF_CORE_READ(table, max_fds);
		files = BPF_CORE_READ(table, fd);
	}
	if (fd < 0 || (__u32)fd >= max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/* The socket behind a file, or NULL: only a socket's own data point back at its file. */
static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;

	if (!file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return NULL;
	return BPF_CORE_READ(socket, sk);
}

/* Family, port and address of sockaddr_in or sockaddr_in6. */
struct asked_address {
	__u16 family;
	__u16 port;
	__u8 address[16];
};

static __always_inline void read_asked(struct asked_address *into, const void *address,
				       __u64 length)
{
	struct {
		__u16 family;
		__be16 port;
		__u8 rest[24];
	} asked = {};

	bpf_probe_read_user(&asked, length >= sizeof(asked) ? sizeof(asked) : 16, address);
	into->family = asked.family;
	if (asked.family != AF_INET && asked.family != AF_INET6)
		return;
	into->port = bpf_ntohs(asked.port);
	if (asked.family == AF_INET6)
		__builtin_memcpy(into->address, asked.rest + 4, 16);
	else
		__builtin_memcpy(into->address, asked.rest, 4);
}

/* Both kinds of record name these fields alike. */
#define fill_asked(event, from, length)                                            \
	({                                                                         \
		struct asked_address asked_ = {};                                  \
		read_asked(&asked_, from, length);                                 \
		(event)->asked_family = asked_.family;                             \
		(event)->asked_port = asked_.port;                                 \
		__builtin_memcpy((event)->asked_address, asked_.address, 16);      \
	})

/* -512…-516 restart the call: it has not returned yet. A task that is killed ends there,
 * so it is the only record of its fd; the engine takes nothing else from it. */
static __always_inline bool is_restart(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static __always_inline bool is_failed_connect(long result)
{
	return result < 0 && !is_restart(result) && result != -EINPROGRESS && result != -EALREADY && result != -EISCONN;
}

static __always_inline int call_returned(void *ctx, struct pt_regs *regs, bool accepting,
					 long result, enum call_via via)
{
	__s32 fd = accepting ? result : (__s32)SYSCALL_ARGUMENT_0(regs);
	struct task_ident owner = {};
	struct call_event *event;
	__u64 user_stack = 0;
	struct inet_sock *copy;
	struct file *file;
	struct sock *sk;
	__u32 flags;

	file = file_of(fd);
	sk = socket_of(file);
	copy = sk ? copy_socket(&call_socket, sk) : NULL;
	if (!copy || !is_tcp_copy(&copy->sk))
		return 0;
	flags = own_event(&owner);
	if (!accepting && is_failed_connect(result) && may_take_stacks(STACK_OF_FAILURE))
		user_stack = take_user_stack(ctx, &call_stack, &owner, flags);

	event = reserve_record(struct call_event);
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, accepting ? EVENT_ACCEPT : EVENT_CONNECT, sizeof(*event));
	fill_copied_socket(&event->socket, copy, sk);
	event->task = owner;
	event->user_stack_id = user_stack;
	event->fd = fd;
	event->result = accepting ? 0 : result;
	event->nonblocking = !!(BPF_CORE_READ(file, f_flags) & O_NONBLOCK);
	event->via = via;
	if (!accepting)
		fill_asked(event, (void *)SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs));
	submit_record(event);
	return 0;
}

/* What a caller meets every day and that is no failure. */
static __always_inline bool is_everyday(long result)
{
	return result >= 0 || is_restart(result) || result == -EAGAIN || result == -EINTR;
}

static __always_inline bool is_tcp_domain(struct pt_regs *regs)
{
	__u32 domain = SYSCALL_ARGUMENT_0(regs), type = SYSCALL_ARGUMENT_1(regs);
	__u32 protocol = SYSCALL_ARGUMENT_2(regs);

	return (domain == AF_INET || domain == AF_INET6) && (type & 0xf) == SOCK_STREAM &&
	       (!protocol || protocol == IPPROTO_TCP);
}

static __always_inline int call_failed(void *ctx, struct pt_regs *regs, enum failed_call call,
				       long result, enum call_via via)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_ident owner = {};
	struct failed_call_event *event;
	struct inet_sock *copy = NULL;
	struct sock *sk = NULL;
	__u64 user_stack = 0;
	__s32 fd = -1;
	__u32 flags;

	if (is_everyday(result))
		return 0;
	if (call == CALL_SOCKET) {
		if (!is_tcp_domain(regs))
			return 0;
	} else {
		fd = (__s32)SYSCALL_ARGUMENT_0(regs);
		sk = socket_of(file_of(fd));
		copy = sk ? copy_socket(&call_socket, sk) : NULL;
		if (!copy || !is_tcp_copy(&copy->sk))
			return 0;
	}
	flags = own_event(&owner);
	if (may_take_stacks(STACK_OF_FAILURE))
		user_stack = take_user_stack(ctx, &call_stack, &owner, flags);
	event = reserve_record(struct failed_call_event);
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, EVENT_FAILED_CALL, sizeof(*event));
	if (copy)
		fill_copied_socket(&event->socket, copy, sk);
	else
		event->socket.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	event->task = owner;
	event->user_stack_id = user_stack;
	event->fd = fd;
	event->result = result;
	event->descriptor_limit = BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	event->call = call;
	event->via = via;
	if (call == CALL_BIND)
		fill_asked(event, (void *)SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs));
	else if (call == CALL_SOCKET)
		event->asked_family = SYSCALL_ARGUMENT_0(regs);
	submit_record(event);
	return 0;
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
