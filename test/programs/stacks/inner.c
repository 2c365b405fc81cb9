/* The inner library of the call chain that test/kernel/user-stacks.test.ts looks for: built
 * without frame pointers. Each function does something after its call, so that none is left
 * out as a tail call. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include "chain.h"

NOINLINE int inner_dial(const struct ask *ask)
{
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(ask->port) };
	int fd = socket(AF_INET, SOCK_STREAM | (ask->nonblock ? SOCK_NONBLOCK : 0), 0);
	int error;

	inet_pton(AF_INET, ask->address, &target.sin_addr);
	error = connect(fd, (struct sockaddr *)&target, sizeof(target)) ? errno : 0;
	if (error == EINPROGRESS) {
		struct pollfd answer = { .fd = fd, .events = POLLOUT };

		poll(&answer, 1, 5000);
	}
	return error;
}

NOINLINE int inner_entry(const struct ask *ask)
{
	char room[200];

	memset(room, ask->port, sizeof(room));
	return inner_dial(ask) + (((volatile char *)room)[ask->port % 200] == 0 ? 1000 : 0);
}
