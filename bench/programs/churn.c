/* Makes connections on loopback as fast as they go, or at a rate, and prints how long they
 * took as one line of JSON. Run by bench/load.ts in a network namespace of its own.
 *   churn refused COUNT [CONNECTIONS_PER_SECOND]   nobody listens
 *   churn byte COUNT [CONNECTIONS_PER_SECOND]      connect, one byte, close; a child accepts
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 7
/* Destinations are many, so that local ports never run out while TIME_WAIT holds some. */
#define ADDRESSES 64
/* The child says after each block that it has accepted it; the caller is at most BLOCKS
 * ahead, since a full accept queue drops SYNs, and a dropped SYN costs a second. */
#define BLOCK 64
#define BLOCKS 8

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double cpu_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_here(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 4096))
		give_up("listen");
	return fd;
}

static void serve(int listener, long count, sem_t *accepted)
{
	char byte;

	/* However the caller ends, nobody is left behind who holds its output open. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (long i = 1; i <= count; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			give_up("accept");
		while (read(fd, &byte, 1) > 0)
			;
		close(fd);
		if (i % BLOCK == 0)
			sem_post(accepted);
	}
	_exit(0);
}

/* Sleeps until the i-th connection is due. */
static void pace(double began, long i, double rate)
{
	double early = rate > 0 ? began + (double)i / rate - now() : 0;

	if (early > 0.0005)
		usleep((useconds_t)(early * 1e6));
}

/* A frame of its own in stacks. */
__attribute__((noinline)) static void connect_once(long i, int refused)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(0x7f000001 + (unsigned)(i % ADDRESSES));
	if (fd < 0)
		give_up("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		if (!refused || errno != ECONNREFUSED)
			give_up("connect");
	} else if (refused || write(fd, "x", 1) != 1) {
		give_up("write");
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int refused = argc > 2 && !strcmp(argv[1], "refused");
	long count = argc > 2 ? atol(argv[2]) : 0;
	double rate = argc > 3 ? atof(argv[3]) : 0;
	sem_t *accepted = mmap(NULL, sizeof(sem_t), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listener = refused ? -1 : listen_here();
	double began, cpu_before, took;

	sem_init(accepted, 1, BLOCKS);
	if (!refused && fork() == 0)
		serve(listener, count, accepted);
	began = now();
	cpu_before = cpu_of(RUSAGE_SELF);
	for (long i = 0; i < count; i++) {
		pace(began, i, rate);
		if (!refused && i % BLOCK == 0)
			sem_wait(accepted);
		connect_once(i, refused);
	}
	wait(NULL);
	took = now() - began;
	printf("{\"connections\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", count, took,
	       cpu_of(RUSAGE_SELF) - cpu_before + cpu_of(RUSAGE_CHILDREN));
	return 0;
}
