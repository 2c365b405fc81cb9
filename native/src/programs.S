/* The compiled BPF programs (bpf/*.bpf.c), embedded so that the addon is one file.
   Loaded by hooks.cc. */
	.section .rodata
	.balign 16
	.globl synscope_programs
	.hidden synscope_programs
synscope_programs:
	.incbin "build/synscope.bpf.o"
	.globl synscope_programs_end
	.hidden synscope_programs_end
synscope_programs_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
