/* Listens, and treats each connection as the flags say; prints a line of JSON when it
 * listens, at each accept and at each close. The other side of test/programs/dial.c.
 * The call chain main → serve_orders → take_order → accept4 is what the stack tests
 * look for. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static struct {
	int close_first, reset, half_close, request, no_accept;
	int backlog, delay_ms, count;
	long send_bytes;
	const char *address;
} ask = { .backlog = 128, .count = -1, .address = "0.0.0.0" };

static void treat(int fd)
{
	static char block[65536];
	long left = ask.send_bytes, received = 0;
	ssize_t n;

	if (ask.request && (n = recv(fd, block, sizeof(block), 0)) > 0)
		received += n;
	while (left > 0) {
		n = send(fd, block, left < (long)sizeof(block) ? (size_t)left : sizeof(block),
			 MSG_NOSIGNAL);
		if (n <= 0)
			break;
		left -= n;
	}
	usleep((useconds_t)ask.delay_ms * 1000);
	if (ask.half_close)
		shutdown(fd, SHUT_WR);
	if (!ask.close_first && !ask.reset)
		while ((n = recv(fd, block, sizeof(block), 0)) > 0)
			received += n;
	if (ask.reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	printf("{\"moment\":\"close\",\"fd\":%d,\"received\":%ld}\n", fd, received);
	fflush(stdout);
	close(fd);
}

NOINLINE int take_order(int listener)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	unsigned long long cookie = 0;
	socklen_t cookie_len = sizeof(cookie);

	if (fd < 0)
		return -1;
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_len);
	/* sin_port and sin6_port are at the same place. */
	printf("{\"moment\":\"accept\",\"pid\":%d,\"fd\":%d,\"cookie\":\"%llx\",\"peerPort\":%d}\n",
	       getpid(), fd, cookie, ntohs(((struct sockaddr_in *)&peer)->sin_port));
	fflush(stdout);
	return fd;
}

NOINLINE int serve_orders(int listener)
{
	while (ask.count != 0) {
		int fd = take_order(listener);
		if (fd < 0)
			return 1;
		treat(fd);
		if (ask.count > 0)
			ask.count--;
	}
	return 0;
}

static int listen_on(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port) };
	int six = strchr(ask.address, ':') != NULL;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	inet_pton(AF_INET, ask.address, &in.sin_addr);
	inet_pton(AF_INET6, ask.address, &in6.sin6_addr);
	if (bind(fd, six ? (void *)&in6 : (void *)&in, six ? sizeof(in6) : sizeof(in)) ||
	    listen(fd, ask.backlog)) {
		perror("listener");
		exit(3);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "close-first", no_argument, &ask.close_first, 1 },
		{ "reset", no_argument, &ask.reset, 1 },
		{ "half-close", no_argument, &ask.half_close, 1 },
		{ "request", no_argument, &ask.request, 1 },
		{ "no-accept", no_argument, &ask.no_accept, 1 },
		{ "backlog", required_argument, NULL, 'b' },
		{ "delay", required_argument, NULL, 'd' },
		{ "count", required_argument, NULL, 'n' },
		{ "send", required_argument, NULL, 's' },
		{ "address", required_argument, NULL, 'a' },
		{ 0 },
	};
	int c, listener;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 0: break;
		case 'b': ask.backlog = atoi(optarg); break;
		case 'd': ask.delay_ms = atoi(optarg); break;
		case 'n': ask.count = atoi(optarg); break;
		case 's': ask.send_bytes = atol(optarg); break;
		case 'a': ask.address = optarg; break;
		default: return 2;
		}
	}
	if (argc - optind != 1)
		return 2;
	listener = listen_on(atoi(argv[optind]));
	printf("{\"moment\":\"listening\",\"pid\":%d,\"fd\":%d}\n", getpid(), listener);
	fflush(stdout);
	if (ask.no_accept)
		pause();
	return serve_orders(listener);
}
