/* Makes sockets in a cgroup with little memory until the kernel has none for one more and says
 * so by the errno that is named, and waits. All of its own memory is there from the start: with
 * none left, the next page would stop it for ever. Says "ready" first, and begins when stdin has
 * a line. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Until the first failure of that name; not for ever. What is short is another thing each time
 * that some of it was given back. */
static void starve(const char *wanted)
{
	for (int failures = 0, last = 0; failures < 100;) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd >= 0) {
			last = fd;
			continue;
		}
		failures++;
		if (!strcmp(strerrorname_np(errno), wanted))
			return;
		for (int some = 0; some < 50; some++)
			close(last--);
	}
}

int main(int argc, char **argv)
{
	char line[8];

	if (argc != 2 || mlockall(MCL_CURRENT | MCL_FUTURE))
		return 1;
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	starve(argv[1]);
	pause();
	return 0;
}
