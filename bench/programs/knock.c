/* For each port number on its input: connects there on 127.0.0.1 and prints the port and the
 * time just before the call, in milliseconds since 1970. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	int port;

	while (scanf("%d", &port) == 1) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port = htons((unsigned short)port) };
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		struct timespec at;

		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		clock_gettime(CLOCK_REALTIME, &at);
		connect(fd, (struct sockaddr *)&to, sizeof(to));
		close(fd);
		printf("%d %.6f\n", port, (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6);
		fflush(stdout);
	}
	return 0;
}
