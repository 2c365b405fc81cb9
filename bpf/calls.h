/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * A call for a TCP socket and the record that tells of it, however the call was made:
 * calls.bpf.c sees system calls return, uring.bpf.c sees requests of io_uring complete.
 */
#ifndef SYNSCOPE_CALLS_H
#define SYNSCOPE_CALLS_H

#include "socket.h"
#include "stacks.h"
#include "task.h"

/* Family, port and address of sockaddr_in or sockaddr_in6. */
struct asked_address {
	__u16 family;
	__u16 port;
	__u8 address[16];
};

/* A call: who made it, for what, and how it went. */
struct socket_call {
	struct task_ident owner; /* tgid 0 = not known */
	__u64 user_stack_id;
	__s32 fd;     /* -1 = none, or not known */
	__s32 result; /* 0 or -errno */
	struct asked_address asked;
	__u8 call; /* enum failed_call, CALL_CONNECT of connect */
	__u8 via;  /* enum call_via */
	__u8 user_stack_missing; /* enum stack_missing */
	__u8 pad;
};

/* The call that has a record of its own kind. */
#define CALL_CONNECT 0

/* Its caller is the current task, whose flags these are. */
static __always_inline void take_caller_stack(struct socket_call *seen, void *ctx,
					      void *walk_scratch, void *copy_scratch,
					      __u32 flags, enum stack_occasion occasion)
{
	struct user_stack taken =
		take_user_stack(ctx, walk_scratch, copy_scratch, &seen->owner, flags, occasion);

	seen->user_stack_id = taken.id;
	seen->user_stack_missing = taken.missing;
}

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

/* The TCP socket behind a file, another one, or NULL: only a socket's own data point back at its file. */
static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;

	if (!file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return NULL;
	return tcp_of(BPF_CORE_READ(socket, sk));
}

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
#define fill_call(event, seen)                                                     \
	({                                                                         \
		(event)->task = (seen)->owner;                                     \
		(event)->user_stack_id = (seen)->user_stack_id;                    \
		(event)->user_stack_missing = (seen)->user_stack_missing;          \
		(event)->fd = (seen)->fd;                                          \
		(event)->result = (seen)->result;                                  \
		(event)->via = (seen)->via;                                        \
		(event)->asked_family = (seen)->asked.family;                      \
		(event)->asked_port = (seen)->asked.port;                          \
		__builtin_memcpy((event)->asked_address, (seen)->asked.address, 16); \
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

/* What a caller meets every day and that is no failure. */
static __always_inline bool is_everyday(long result)
{
	return result >= 0 || is_restart(result) || result == -EAGAIN || result == -EINTR;
}

/* Programs that prefer multipath sockets ask in this way whether there are any. */
static __always_inline bool has_no_multipath(__u32 protocol, long result)
{
	return protocol == IPPROTO_MPTCP && (result == -EINVAL || result == -ENOPROTOOPT ||
					     result == -EPROTONOSUPPORT);
}

/* Whether a failed socket(2) was about TCP. */
static __always_inline bool is_tcp_domain(__u32 domain, __u32 type, __u32 protocol, long result)
{
	return (domain == AF_INET || domain == AF_INET6) && (type & 0xf) == SOCK_STREAM &&
	       (!protocol || protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       !has_no_multipath(protocol, result);
}

/* connect(2) or accept(2) returned. `copy` is a copy of `sk`, the socket of `file`. */
static __always_inline int record_call(const struct socket_call *seen, enum event_kind kind,
				       struct file *file, const struct inet_sock *copy,
				       const struct sock *sk)
{
	struct call_event *event = reserve_record(struct call_event);

	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, kind, sizeof(*event));
	fill_copied_socket(&event->socket, copy, sk);
	fill_call(event, seen);
	event->mark = copy->sk.sk_mark;
	event->nonblocking = !!(BPF_CORE_READ(file, f_flags) & O_NONBLOCK);
	submit_record(event);
	return 0;
}

/* Another call failed. `copy` is NULL for socket(2). `task` is the caller, NULL when it is
 * not the current task. */
static __always_inline int record_failed_call(const struct socket_call *seen,
					      struct task_struct *task,
					      const struct inet_sock *copy, const struct sock *sk)
{
	struct failed_call_event *event = reserve_record(struct failed_call_event);

	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, EVENT_FAILED_CALL, sizeof(*event));
	if (copy)
		fill_copied_socket(&event->socket, copy, sk);
	else if (task)
		event->socket.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	fill_call(event, seen);
	if (task)
		event->descriptor_limit = BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	event->call = seen->call;
	submit_record(event);
	return 0;
}

#endif
