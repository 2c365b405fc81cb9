/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Calls made through io_uring: connect with its result, and socket, bind, listen and
 * accept that failed. A request is noted when the kernel takes it, since only then its
 * caller is current and what it points at in place. It may be carried out by another
 * thread and complete in a third one; the record is made when it completes. Every
 * request of the machine passes two programs (40 ns each), so they leave as early as
 * they can.
 */
#include "calls.h"
#include "uring_types.h"

DEFINE_STACK_SCRATCH(uring_stack);
DEFINE_COPY_SCRATCH(uring_copy);
DEFINE_SOCKET_SCRATCH(uring_socket);

#define NO_CALL 0xff

/* A request that has been taken and has not completed. */
struct uring_call {
	struct socket_call call;
	__u32 position; /* of the submission queue, behind the request */
	__u32 pad;
};

/* By the address of the request in the kernel. One that never completes (completion
 * skipped, or its queue overflowed) leaves its entry to the next request there. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct uring_call);
} uring_calls SEC(".maps");

/* Where an entry is put together, one for each program that does: the verifier does not
 * follow what is in a map, else it would walk every mix of arguments. */
#define DEFINE_NOTE_SCRATCH(name)                                                \
	struct {                                                                 \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                         \
		__uint(max_entries, 1);                                          \
		__type(key, __u32);                                              \
		__type(value, struct uring_call);                                \
	} name SEC(".maps")

DEFINE_NOTE_SCRATCH(uring_note);
DEFINE_NOTE_SCRATCH(uring_unprepared_note);

/* How many entries there are at most. While there is none, a completion is let go without
 * a look at its request, which takes a helper call. */
static __u64 under_way;

static __always_inline __u8 call_of(__u8 opcode)
{
	switch (opcode) {
	case IORING_OP_CONNECT:
		return CALL_CONNECT;
	case IORING_OP_ACCEPT:
		return CALL_ACCEPT;
	case IORING_OP_SOCKET:
		return CALL_SOCKET;
	case IORING_OP_BIND:
		return CALL_BIND;
	case IORING_OP_LISTEN:
		return CALL_LISTEN;
	default:
		return NO_CALL;
	}
}

/* Where the program wrote the request that was just taken, as io_get_sqe() finds it. */
static __always_inline const void *last_taken(const struct io_ring_ctx *ring)
{
	__u32 at = (ring->cached_sq_head - 1) & (ring->sq_entries - 1);

	if (!(ring->flags & IORING_SETUP_NO_SQARRAY))
		bpf_probe_read_kernel(&at, sizeof(at), BPF_CORE_READ(ring, sq_array) + at);
	if (at >= ring->sq_entries)
		return NULL;
	if (ring->flags & IORING_SETUP_SQE128)
		at <<= 1;
	return (void *)BPF_CORE_READ(ring, sq_sqes) + (__u64)at * SQE_BYTES;
}

/* The only place that has all arguments on every kernel. What is there is believed only
 * if it still is this request. */
static __always_inline bool read_request(struct uring_request *into, const struct io_kiocb *req,
					 const void *written)
{
	return !bpf_probe_read_kernel(into, sizeof(*into), written) &&
	       into->opcode == req->opcode && into->user_data == req->cqe.user_data;
}

/* Fills `seen` from the request; false when it asks for no TCP socket. */
static __always_inline bool fill_asked(struct socket_call *seen, __u8 call,
				       const struct uring_request *request)
{
	if (call == CALL_SOCKET) {
		seen->asked.family = request->fd;
		return is_tcp_domain(request->fd, request->addr2, request->len, seen->result);
	}
	if (!(request->flags & IOSQE_FIXED_FILE))
		seen->fd = request->fd;
	if (call == CALL_CONNECT || call == CALL_BIND)
		read_asked(&seen->asked, (void *)request->addr, request->addr2);
	return true;
}

static __always_inline int note_call(void *ctx, void *scratch, const struct io_kiocb *req,
				     __u8 call, const void *written)
{
	struct uring_request request = {};
	__u64 key = (unsigned long)req;
	struct uring_call *noted;
	struct socket_call *seen;
	__u32 zero = 0, flags;

	noted = bpf_map_lookup_elem(scratch, &zero);
	if (!noted)
		return 0;
	__builtin_memset(noted, 0, sizeof(*noted));
	noted->position = req->ctx->cached_sq_head;
	seen = &noted->call;
	seen->call = call;
	seen->via = CALL_VIA_IO_URING;
	seen->fd = -1;
	if (!read_request(&request, req, written)) {
		if (call == CALL_SOCKET) /* of which family is not known */
			return 0;
		request.flags = 0;
	} else if (!fill_asked(seen, call, &request)) {
		return 0;
	}
	flags = own_event(&seen->owner);
	/* Another thread will carry it out: there is no caller's stack there. */
	if (request.flags & IOSQE_ASYNC)
		take_caller_stack(seen, ctx, &uring_stack, &uring_copy, flags, STACK_OF_ROUTINE);
	if (!bpf_map_update_elem(&uring_calls, &key, noted, BPF_ANY))
		__sync_fetch_and_add(&under_way, 1);
	return 0;
}

/* 6.4 and later; call_hooks.cc attaches it to io_uring_submit_sqe before that. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(synscope_uring_submit, struct io_kiocb *req)
{
	__u8 call = call_of(req->opcode);

	if (call == NO_CALL)
		return 0;
	return note_call(ctx, &uring_note, req, call, last_taken(req->ctx));
}

/* The kernel refused to prepare it: a bad address, a flag that it does not know. */
SEC("tp_btf/io_uring_req_failed")
int BPF_PROG(synscope_uring_unprepared, const void *written, struct io_kiocb *req)
{
	__u8 call = call_of(req->opcode);

	if (call == NO_CALL)
		return 0;
	return note_call(ctx, &uring_unprepared_note, req, call, written);
}

/* The request failed while its caller handed it over: what is current, and its stack, are
 * the caller's. The queue's head is moved when all of them have been taken and what has
 * completed is told: io_commit_sqring(). A rewound queue (7.0) has no head. */
static __always_inline bool in_submission(const struct io_kiocb *req,
					  const struct uring_call *noted)
{
	struct io_ring_ctx *ring = BPF_CORE_READ(req, ctx);

	return noted->call.owner.tid == (__u32)bpf_get_current_pid_tgid() &&
	       !(BPF_CORE_READ(ring, flags) & IORING_SETUP_SQ_REWIND) &&
	       (__s32)(noted->position - BPF_CORE_READ(ring, rings, sq.head)) > 0;
}

static __always_inline bool is_told(const struct socket_call *seen)
{
	return seen->call == CALL_CONNECT ||
	       (!is_everyday(seen->result) && seen->result != -ECANCELED);
}

static __always_inline int call_completed(void *ctx, const struct io_kiocb *req,
					  const struct uring_call *noted)
{
	struct socket_call seen = noted->call;
	struct task_struct *task = NULL;
	struct inet_sock *copy = NULL;
	struct file *file;
	struct sock *sk;

	seen.result = BPF_CORE_READ(req, cqe.res);
	if (!is_told(&seen))
		return 0;
	if (seen.owner.tgid == (__u32)(bpf_get_current_pid_tgid() >> 32))
		task = (void *)bpf_get_current_task();
	/* Unprepared, it has no file yet. */
	file = BPF_CORE_READ(req, file);
	if (!file && task)
		file = file_of(seen.fd);
	sk = seen.call == CALL_SOCKET ? NULL : socket_of(file);
	copy = sk ? copy_socket(&uring_socket, sk) : NULL;
	if (seen.call != CALL_SOCKET && (!copy || !is_tcp_copy(&copy->sk)))
		return 0;
	if (task && is_failed_connect(seen.result) && in_submission(req, noted))
		take_caller_stack(&seen, ctx, &uring_stack, &uring_copy,
				  BPF_CORE_READ(task, flags) | TASK_PRESENT, STACK_OF_FAILURE);
	if (seen.call == CALL_CONNECT)
		return record_call(&seen, EVENT_CONNECT, file, copy, sk);
	return record_failed_call(&seen, task, copy, sk);
}

/* Its second argument is the request, without a type; NULL when one request has several
 * results, for all but the last. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(synscope_uring_complete, void *ring, struct io_kiocb *req)
{
	__u64 key = (unsigned long)req;
	struct uring_call *noted;
	__u8 call;

	if (!under_way)
		return 0;
	call = call_of(BPF_CORE_READ(req, opcode));
	if (call == NO_CALL)
		return 0;
	noted = bpf_map_lookup_elem(&uring_calls, &key);
	if (!noted)
		return 0;
	if (noted->call.call == call)
		call_completed(ctx, req, noted);
	if (!bpf_map_delete_elem(&uring_calls, &key))
		__sync_fetch_and_sub(&under_way, 1);
	return 0;
}
