/* chain direct|nonblock|thread|deep|trampoline|framed|split|elsewhere|leaderless ADDRESS PORT
 * [DELAY_MS]: connects at the end of a known call chain, and ends at once. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "chain.h"

static struct ask ask;

NOINLINE int start_work(void)
{
	int error = outer_entry(&ask);

	return error > 4000 ? 0 : error;
}

NOINLINE static void *thread_main(void *result)
{
	*(int *)result = start_work();
	return result;
}

NOINLINE static int in_thread(void)
{
	pthread_t thread;
	int result = 0;

	pthread_create(&thread, NULL, thread_main, &result);
	pthread_join(thread, NULL);
	return result;
}

/* Later than what is known of a process that has ended is forgotten. */
NOINLINE static void *late_main(void *unused)
{
	sleep(11);
	exit(start_work());
	return unused;
}

/* Ends the first thread, and the process lives on. */
static int leaderless(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, late_main, NULL);
	pthread_exit(NULL);
}

/* Deeper than what is copied of a stack. */
NOINLINE int recurse(int depth)
{
	char room[1000];

	memset(room, depth, sizeof(room));
	return (depth == 0 ? start_work() : recurse(depth - 1)) + (((volatile char *)room)[7] & 1);
}

/* Code made at run time, of which no file knows how to unwind it: what CPython calls its
 * functions through when it is to be profiled (Python/asm_trampoline.S), in an arena as
 * small as its own; and code with frame pointers, as V8 makes it. */
static const unsigned char trampoline[] = {
	0x48, 0x83, 0xec, 0x08, /* sub $8, %rsp */
	0xff, 0xd7, /* call *%rdi */
	0x48, 0x83, 0xc4, 0x08, /* add $8, %rsp */
	0xc3, /* ret */
};
static const unsigned char framed[] = {
	0x55, /* push %rbp */
	0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
	0xff, 0xd7, /* call *%rdi */
	0x5d, /* pop %rbp */
	0xc3, /* ret */
};

/* Code that is never run, for a page of its own. */
void unused(void);
__asm__(".text\n.balign 4\nunused:\n.skip 12288, 0x90");

static int splits;

/* What a tracer or a compiler does to a page of code: its mapping becomes three. */
static void split(char *code)
{
	char *page = (char *)(((unsigned long)code + 4095) & ~4095UL);

	mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

NOINLINE int through(const unsigned char *code, size_t size, size_t arena)
{
	void *made = mmap(NULL, arena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*call)(int (*)(void));
	int result;

	memcpy(made, code, size);
	mprotect(made, arena, PROT_READ | PROT_EXEC);
	if (splits)
		split((char *)made + arena / 2);
	call = (int (*)(int (*)(void)))made;
	result = call(start_work);
	return result > 5000 ? 0 : result;
}

NOINLINE static void on_signal(int number)
{
	if (start_work() == number + 7000)
		_exit(1);
}

/* In a signal handler with a stack of its own. */
NOINLINE static int elsewhere(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	return raise(SIGUSR1);
}

static int work(const char *how)
{
	if (!strcmp(how, "thread"))
		return in_thread();
	if (!strcmp(how, "deep"))
		return recurse(40) & 0x7f;
	if (!strcmp(how, "trampoline"))
		return through(trampoline, sizeof(trampoline), 64 * 1024);
	if (!strcmp(how, "leaderless"))
		return leaderless();
	if (!strcmp(how, "elsewhere"))
		return elsewhere();
	splits = !strcmp(how, "split");
	if (splits)
		split((char *)unused);
	if (splits || !strcmp(how, "framed"))
		return through(framed, sizeof(framed), 256 * 1024);
	return start_work();
}

int main(int argc, char **argv)
{
	const char *how = argv[1];
	int result;

	if (argc < 4)
		return 255;
	ask.address = argv[2];
	ask.port = atoi(argv[3]);
	ask.nonblock = !strcmp(how, "nonblock");
	if (argc > 4)
		usleep(atoi(argv[4]) * 1000);
	result = work(how);
	return result > 6000 ? 0 : result;
}
