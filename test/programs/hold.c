/* Holds one thread of another program still, as a disk that does not answer would, until
 * stdin ends. The other threads of that program run on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	int status, tid = argc == 2 ? atoi(argv[1]) : 0;

	must(ptrace(PTRACE_SEIZE, tid, 0, 0) == 0, "seize");
	must(ptrace(PTRACE_INTERRUPT, tid, 0, 0) == 0, "interrupt");
	must(waitpid(tid, &status, __WALL) == tid, "wait");
	puts("held");
	fflush(stdout);
	while (getchar() != EOF)
		;
	must(ptrace(PTRACE_DETACH, tid, 0, 0) == 0, "detach");
	return 0;
}
