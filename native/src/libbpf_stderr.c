/* Debian's libbpf.a is compiled for programs, not for shared objects: its references
 * to the C library's variable `stderr` cannot be resolved from one. The Makefile renames
 * them to this variable, which lives in the addon itself. */
#include <stdio.h>

__attribute__((visibility("hidden"))) FILE *synscope_stderr;

__attribute__((constructor)) static void take_stderr(void)
{
	synscope_stderr = stderr;
}
