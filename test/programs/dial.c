/* Connects as the flags say, and prints each result as a line of JSON: the facts that a
 * test holds against what Synscope saw. Compiled by test/kernel/programs.ts; run inside
 * a namespace of test/kernel/lab.ts. The call chain main → open_database → dial_backend
 * → connect is what the stack tests look for. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static struct {
	int nonblock, linger0, expect_eof, half_close, twice, fork, exit_at_once, want_fd;
	int wait_ms, close_after_ms, hold_ms, delay_ms, user_timeout_ms;
	long send_bytes;
	const char *thread, *bind_address, *keepalive;
} ask = { .want_fd = -1, .wait_ms = 5000, .close_after_ms = -1 };

static struct sockaddr_storage target;
static socklen_t target_len;

static void sleep_ms(int ms)
{
	if (ms > 0)
		usleep((useconds_t)ms * 1000);
}

static void report(int fd, const char *moment, int error)
{
	unsigned long long cookie = 0;
	socklen_t len = sizeof(cookie);
	struct sockaddr_storage local = { 0 };
	socklen_t local_len = sizeof(local);
	char address[INET6_ADDRSTRLEN] = "";
	int port = 0;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	if (!getsockname(fd, (struct sockaddr *)&local, &local_len)) {
		struct sockaddr_in *in = (void *)&local;
		struct sockaddr_in6 *in6 = (void *)&local;
		int six = local.ss_family == AF_INET6;
		inet_ntop(local.ss_family, six ? (void *)&in6->sin6_addr : (void *)&in->sin_addr,
			  address, sizeof(address));
		port = ntohs(six ? in6->sin6_port : in->sin_port);
	}
	printf("{\"moment\":\"%s\",\"pid\":%d,\"tid\":%d,\"fd\":%d,\"cookie\":\"%llx\","
	       "\"local\":\"%s\",\"localPort\":%d,\"error\":%s%s%s}\n",
	       moment, getpid(), gettid(), fd, cookie, address, port, error ? "\"" : "",
	       error ? strerrorname_np(error) : "null", error ? "\"" : "");
	fflush(stdout);
}

NOINLINE int dial_backend(int fd)
{
	int result = connect(fd, (struct sockaddr *)&target, target_len);
	return result < 0 ? errno : 0;
}

NOINLINE int open_database(int fd)
{
	int error = dial_backend(fd);
	report(fd, "connect", error);
	return error;
}

/* Waits for a non-blocking connect; returns its errno, EAGAIN when still undecided. */
static int await_connect(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&poll_fd, 1, ask.wait_ms) <= 0)
		return EAGAIN;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	report(fd, "poll", error);
	return error;
}

static void exchange(int fd)
{
	static char block[65536];
	long left = ask.send_bytes;

	sleep_ms(ask.delay_ms);
	while (left > 0) {
		ssize_t n = send(fd, block, left < (long)sizeof(block) ? (size_t)left : sizeof(block),
				 MSG_NOSIGNAL);
		if (n <= 0)
			break;
		left -= n;
	}
	if (ask.half_close)
		shutdown(fd, SHUT_WR);
	if (ask.expect_eof) {
		ssize_t n;
		while ((n = recv(fd, block, sizeof(block), 0)) > 0)
			;
		report(fd, "eof", n < 0 ? errno : 0);
	}
	sleep_ms(ask.hold_ms);
}

static void set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		exit(5);
}

/* `IDLE,INTERVAL,PROBES`, seconds and a count. */
static void set_keepalive(int fd)
{
	int idle, interval, probes;

	if (sscanf(ask.keepalive, "%d,%d,%d", &idle, &interval, &probes) != 3)
		exit(2);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

static int open_socket(void)
{
	int fd = socket(target.ss_family, SOCK_STREAM | (ask.nonblock ? SOCK_NONBLOCK : 0), 0);

	if (fd < 0)
		exit(3);
	if (ask.want_fd >= 0) {
		dup2(fd, ask.want_fd);
		close(fd);
		fd = ask.want_fd;
	}
	if (ask.keepalive)
		set_keepalive(fd);
	if (ask.user_timeout_ms)
		set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ask.user_timeout_ms);
	if (ask.bind_address) {
		struct sockaddr_in from = { .sin_family = AF_INET };
		inet_pton(AF_INET, ask.bind_address, &from.sin_addr);
		if (bind(fd, (struct sockaddr *)&from, sizeof(from)))
			exit(4);
	}
	return fd;
}

/* Connects, and connects the same socket once more when asked to; returns the last errno. */
static int connect_socket(int fd)
{
	int error = open_database(fd);

	if (ask.twice) {
		struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
		sleep_ms(100);
		connect(fd, &nowhere, sizeof(nowhere));
		error = open_database(fd);
	}
	if (ask.exit_at_once)
		_exit(0);
	if (error != EINPROGRESS)
		return error;
	if (ask.close_after_ms >= 0) {
		sleep_ms(ask.close_after_ms);
		return error;
	}
	error = await_connect(fd);
	fcntl(fd, F_SETFL, 0); /* what follows may block */
	return error;
}

static void *run(void *unused)
{
	int fd = open_socket();
	pid_t child = ask.fork ? fork() : 0;

	if (child > 0) {
		close(fd);
		waitpid(child, NULL, 0);
		return unused;
	}
	if (!connect_socket(fd))
		exchange(fd);
	if (ask.linger0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(fd);
	return unused;
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

/* Named by itself: a name given from outside may come after its connect. */
static void *run_named(void *name)
{
	pthread_setname_np(pthread_self(), name);
	return run(NULL);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "nonblock", no_argument, &ask.nonblock, 1 },
		{ "linger0", no_argument, &ask.linger0, 1 },
		{ "expect-eof", no_argument, &ask.expect_eof, 1 },
		{ "half-close", no_argument, &ask.half_close, 1 },
		{ "twice", no_argument, &ask.twice, 1 },
		{ "fork", no_argument, &ask.fork, 1 },
		{ "exit-at-once", no_argument, &ask.exit_at_once, 1 },
		{ "fd", required_argument, NULL, 'f' },
		{ "wait", required_argument, NULL, 'w' },
		{ "close-after", required_argument, NULL, 'c' },
		{ "hold", required_argument, NULL, 'h' },
		{ "delay", required_argument, NULL, 'd' },
		{ "send", required_argument, NULL, 's' },
		{ "thread", required_argument, NULL, 't' },
		{ "bind", required_argument, NULL, 'b' },
		{ "keepalive", required_argument, NULL, 'k' },
		{ "user-timeout", required_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 0: break;
		case 'f': ask.want_fd = atoi(optarg); break;
		case 'w': ask.wait_ms = atoi(optarg); break;
		case 'c': ask.close_after_ms = atoi(optarg); break;
		case 'h': ask.hold_ms = atoi(optarg); break;
		case 'd': ask.delay_ms = atoi(optarg); break;
		case 's': ask.send_bytes = atol(optarg); break;
		case 't': ask.thread = optarg; break;
		case 'b': ask.bind_address = optarg; break;
		case 'k': ask.keepalive = optarg; break;
		case 'u': ask.user_timeout_ms = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 2)
		return 2;
	read_target(argv[optind], argv[optind + 1]);
	if (ask.thread) {
		pthread_t thread;
		pthread_create(&thread, NULL, run_named, (void *)ask.thread);
		pthread_join(thread, NULL);
	} else {
		run(NULL);
	}
	return 0;
}
