/* Makes one call for a TCP socket through io_uring, with nothing but system calls, and
 * prints its result as a line of JSON. Compiled by test/kernel/programs.ts; run inside a
 * namespace of test/kernel/lab.ts. The call chain main → open_database → dial_backend →
 * submit is what the stack tests look for. The address is overwritten as soon as the
 * kernel has taken the request.
 *
 *     ring [FLAGS] connect|accept|socket|bind|listen ADDRESS PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define RING_ENTRIES 4
/* Numbers of the kernel's ABI that older headers lack. */
#define OP_SOCKET 45
#define OP_BIND 56
#define OP_LISTEN 57
#define SETUP_SINGLE_ISSUER (1u << 12)
#define SETUP_DEFER_TASKRUN (1u << 13)

static struct {
	int async, sqpoll, defer, bad_length;
	int family, type, give_up_ms, hold_ms;
	long descriptors;
} ask = { .type = SOCK_STREAM };

static struct sockaddr_storage target;
static socklen_t target_len;

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_flags, *sq_array;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static void report(int fd, const char *moment, int error)
{
	unsigned long long cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd >= 0)
		getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	printf("{\"moment\":\"%s\",\"pid\":%d,\"tid\":%d,\"fd\":%d,\"cookie\":\"%llx\","
	       "\"localPort\":0,\"error\":%s%s%s}\n",
	       moment, getpid(), gettid(), fd, cookie, error ? "\"" : "",
	       error ? strerrorname_np(error) : "null", error ? "\"" : "");
	fflush(stdout);
}

static void *map_ring(size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	if (at == MAP_FAILED)
		exit(3);
	return at;
}

/* Leaves with status 77 where the kernel has no io_uring, or not for us. */
static void open_ring(void)
{
	struct io_uring_params params = { .sq_thread_idle = 200 };
	char *sq, *cq;

	if (ask.sqpoll)
		params.flags |= IORING_SETUP_SQPOLL;
	if (ask.defer)
		params.flags |= SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN;
	ring.fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &params);
	if (ring.fd < 0) {
		report(-1, "ring", errno);
		exit(77);
	}
	sq = map_ring(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = map_ring(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	ring.sqes = map_ring(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (void *)(sq + params.sq_off.tail);
	ring.sq_mask = (void *)(sq + params.sq_off.ring_mask);
	ring.sq_flags = (void *)(sq + params.sq_off.flags);
	ring.sq_array = (void *)(sq + params.sq_off.array);
	ring.cq_head = (void *)(cq + params.cq_off.head);
	ring.cq_tail = (void *)(cq + params.cq_off.tail);
	ring.cq_mask = (void *)(cq + params.cq_off.ring_mask);
	ring.cqes = (void *)(cq + params.cq_off.cqes);
}

static void push(const struct io_uring_sqe *request)
{
	unsigned tail = *ring.sq_tail, at = tail & *ring.sq_mask;

	ring.sqes[at] = *request;
	ring.sq_array[at] = at;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static long enter(unsigned submitted, unsigned wanted, unsigned flags)
{
	return syscall(SYS_io_uring_enter, ring.fd, submitted, wanted, flags, NULL, 0);
}

/* Gives what was pushed to the kernel, and returns when it has been taken. */
NOINLINE void hand_over(unsigned requests)
{
	if (!ask.sqpoll) {
		if (enter(requests, 0, 0) < 0)
			exit(3);
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(ring.sq_flags, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP)
		enter(requests, 0, IORING_ENTER_SQ_WAKEUP);
}

/* The result of the request with this user_data. */
NOINLINE int result_of(unsigned long long user_data)
{
	for (;;) {
		unsigned head = *ring.cq_head;

		if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE)) {
			enter(0, 1, IORING_ENTER_GETEVENTS);
			continue;
		}
		struct io_uring_cqe got = ring.cqes[head & *ring.cq_mask];
		__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
		if (got.user_data == user_data)
			return got.res;
	}
}

NOINLINE int submit(struct io_uring_sqe *request)
{
	struct __kernel_timespec after = { ask.give_up_ms / 1000, ask.give_up_ms % 1000 * 1000000L };
	struct io_uring_sqe timeout = { .opcode = IORING_OP_LINK_TIMEOUT, .fd = -1, .len = 1 };
	unsigned requests = 1;

	request->user_data = 0x5359;
	if (ask.async)
		request->flags |= IOSQE_ASYNC;
	if (ask.give_up_ms)
		request->flags |= IOSQE_IO_LINK;
	push(request);
	if (ask.give_up_ms) {
		timeout.addr = (unsigned long)&after;
		push(&timeout);
		requests++;
	}
	hand_over(requests);
	if (!ask.sqpoll)
		memset(&target, 0x7f, sizeof(target));
	return result_of(0x5359);
}

static int open_socket(void)
{
	int fd = socket(target.ss_family == AF_INET6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		exit(3);
	return fd;
}

NOINLINE int dial_backend(int fd)
{
	struct io_uring_sqe request = {
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = (unsigned long)&target,
		.off = ask.bad_length ? 4096 : target_len,
	};
	int result;

	if (ask.family)
		target.ss_family = (sa_family_t)ask.family;
	result = submit(&request);
	return result < 0 ? -result : 0;
}

NOINLINE int open_database(int fd)
{
	int error = dial_backend(fd);
	report(fd, "connect", error);
	return error;
}

static int ask_socket(void)
{
	struct rlimit limit = { (rlim_t)ask.descriptors, (rlim_t)ask.descriptors };
	struct io_uring_sqe request = {
		.opcode = OP_SOCKET,
		.fd = ask.family ? ask.family : AF_INET,
		.off = (unsigned)ask.type,
	};

	if (ask.descriptors)
		setrlimit(RLIMIT_NOFILE, &limit);
	return submit(&request);
}

/* On a socket that is not listening; listen on one that is connected, if it can be. */
static int ask_of_socket(const char *name, int fd)
{
	struct io_uring_sqe request = { .opcode = IORING_OP_ACCEPT, .fd = fd };

	if (!strcmp(name, "listen")) {
		request.opcode = OP_LISTEN;
		connect(fd, (struct sockaddr *)&target, target_len);
	} else if (!strcmp(name, "bind")) {
		request.opcode = OP_BIND;
		request.addr = (unsigned long)&target;
		request.off = target_len;
	}
	return submit(&request);
}

/* A call whose failure has a record of its own. */
NOINLINE void call(const char *name)
{
	int fd = strcmp(name, "socket") ? open_socket() : -1;
	int result = fd < 0 ? ask_socket() : ask_of_socket(name, fd);

	report(fd, name, result < 0 ? -result : 0);
}

static void read_target(const char *address, const char *port)
{
	struct sockaddr_in *in = (void *)&target;
	struct sockaddr_in6 *in6 = (void *)&target;

	if (strchr(address, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((unsigned short)atoi(port));
		inet_pton(AF_INET6, address, &in6->sin6_addr);
		target_len = sizeof(*in6);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((unsigned short)atoi(port));
		inet_pton(AF_INET, address, &in->sin_addr);
		target_len = sizeof(*in);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "async", no_argument, &ask.async, 1 },
		{ "sqpoll", no_argument, &ask.sqpoll, 1 },
		{ "defer", no_argument, &ask.defer, 1 },
		{ "bad-length", no_argument, &ask.bad_length, 1 },
		{ "family", required_argument, NULL, 'f' },
		{ "type", required_argument, NULL, 't' },
		{ "give-up", required_argument, NULL, 'g' },
		{ "hold", required_argument, NULL, 'h' },
		{ "descriptors", required_argument, NULL, 'd' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 0: break;
		case 'f': ask.family = atoi(optarg); break;
		case 't': ask.type = atoi(optarg); break;
		case 'g': ask.give_up_ms = atoi(optarg); break;
		case 'h': ask.hold_ms = atoi(optarg); break;
		case 'd': ask.descriptors = atol(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3)
		return 2;
	read_target(argv[optind + 1], argv[optind + 2]);
	open_ring();
	if (!strcmp(argv[optind], "connect"))
		open_database(open_socket());
	else
		call(argv[optind]);
	usleep((useconds_t)ask.hold_ms * 1000);
	return 0;
}
