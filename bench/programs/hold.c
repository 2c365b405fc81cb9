/* Holds CONNECTIONS established connections on loopback, both ends of each in this process,
 * says "holding" and waits until its input ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 500;
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(7777) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct rlimit files = { 65536, 65536 };
	char byte;

	setrlimit(RLIMIT_NOFILE, &files);
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) || listen(listener, 128)) {
		perror("listen");
		return 1;
	}
	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&here, sizeof(here)) ||
		    accept(listener, NULL, NULL) < 0) {
			perror("connect");
			return 1;
		}
	}
	printf("holding\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
