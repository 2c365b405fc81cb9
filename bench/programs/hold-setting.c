/* Writes VALUE to the kernel setting FILE, says "set", and puts the old value back when its
 * input ends, however the program that started it came to its end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int put(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY);
	int failed = fd < 0 || write(fd, value, strlen(value)) < 0;

	if (fd >= 0)
		close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	char before[64] = "", byte;
	int fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;

	/* Ctrl-C reaches the whole group, and this one has something to put back. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (fd < 0 || read(fd, before, sizeof(before) - 1) <= 0 || put(argv[1], argv[2])) {
		perror("hold-setting");
		return 1;
	}
	printf("set\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return put(argv[1], before);
}
