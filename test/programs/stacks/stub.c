/* connect(2) as a C library without unwind tables makes it, and Go's syscall package: no
 * frame, and nothing that tells how to unwind it. In place of the C library's own. */
__asm__(".text\n"
	".globl connect\n"
	".type connect, @function\n"
	"connect:\n"
	"	mov $42, %eax\n"
	"	syscall\n"
	"	ret\n"
	".size connect, . - connect\n"
	".section .note.GNU-stack, \"\", @progbits\n");
