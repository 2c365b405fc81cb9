/* For each number that comes on stdin: so many connects to a closed port of 127.0.0.1, one
 * after the other from one place in the code, then a line that says how many were refused.
 * What the kernel has to report of each is always the same; see test/kernel/lost-exactly.test.ts. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char line[32];

	if (argc != 2)
		return 2;
	address.sin_port = htons((unsigned short)atoi(argv[1]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (fgets(line, sizeof(line), stdin)) {
		long refused = 0;

		for (long left = atol(line); left > 0; left--) {
			int fd = socket(AF_INET, SOCK_STREAM, 0);

			if (connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
			    errno == ECONNREFUSED)
				refused++;
			close(fd);
		}
		printf("refused %ld\n", refused);
		fflush(stdout);
	}
	return 0;
}
