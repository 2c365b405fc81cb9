/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The sockets that exist now, read by native/src/iterators.cc: iter/tcp walks the
 * kernel's table of one network namespace (at start and once a second), iter/task_file
 * walks the files of every process (at start) and so knows owner and fd.
 */
#include "listener.h"
#include "socket.h"
#include "task.h"
#include "timers.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct process_event);
} iterated_process SEC(".maps");

DEFINE_SOCKET_SCRATCH(iterated_socket);

SEC("iter/tcp")
int synscope_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct socket_event event = {};
	struct tcp_sock *tp;

	if (!common)
		return 0;
	tp = bpf_skc_to_tcp_sock(common); /* NULL for TIME_WAIT and NEW_SYN_RECV */
	if (!tp)
		return 0;
	fill_header(&event.header, EVENT_SOCKET, sizeof(event));
	fill_loaded_socket(&event.socket, &tp->inet_conn.icsk_inet.sk, &tp->inet_conn.icsk_inet,
			   socket_cookie(common, *common), common->skc_net.net->ns.inum);
	fill_counters(&event.counters, tp);
	event.fd = -1;
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	if (event.socket.state == TCP_LISTEN)
		write_listener(ctx->meta->seq, &event.socket, tp);
	else if (is_waiting(tp, event.socket.state))
		write_timers(ctx->meta->seq, &event.socket, tp);
	return 0;
}

static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket;

	if (have_sock_from_file) {
		socket = bpf_sock_from_file(file);
		return socket ? socket->sk : NULL;
	}
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* Another task's memory cannot be read from here, so cmdline_len stays 0. When the
 * reader's page is full the kernel drops what this socket wrote and calls again. */
static __always_inline void describe_owner(struct seq_file *seq, struct task_struct *task,
					   const struct task_ident *owner)
{
	struct process_key key = {
		.start_ns = owner->start_ns,
		.tgid = owner->tgid,
		.exec_id = owner->exec_id,
	};
	struct process_event *process;
	__u32 zero = 0;
	__u8 seen = 1;

	if (bpf_map_lookup_elem(&seen_processes, &key))
		return;
	process = bpf_map_lookup_elem(&iterated_process, &zero);
	if (!process)
		return;
	fill_process(process, task);
	if (!bpf_seq_write(seq, process, sizeof(*process)))
		bpf_map_update_elem(&seen_processes, &key, &seen, BPF_ANY);
}

SEC("iter/task_file")
int synscope_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_event event = {};
	struct inet_sock *copy;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = tcp_of(sock_of_file(file));
	copy = sk ? copy_socket(&iterated_socket, sk) : NULL;
	if (!copy || !is_tcp_copy(&copy->sk))
		return 0;
	fill_header(&event.header, EVENT_SOCKET, sizeof(event));
	fill_copied_socket(&event.socket, copy, sk);
	fill_task(&event.task, task);
	event.fd = ctx->fd;
	if (!bpf_seq_write(ctx->meta->seq, &event, sizeof(event)))
		describe_owner(ctx->meta->seq, task, &event.task);
	return 0;
}
