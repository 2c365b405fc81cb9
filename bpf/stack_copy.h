/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Registers and stack bytes of a program, for native/src/unwinder.cc: most programs keep no
 * frame pointers, and their unwind tables can only be read in user space. Of the calling
 * program: called by stacks.h; of one that waits: thread_stack.bpf.c.
 */
#ifndef SYNSCOPE_STACK_COPY_H
#define SYNSCOPE_STACK_COPY_H

#include "ring.h"

/* Less than 32 KiB: the most that a per-CPU value may have. */
struct stack_copy {
	struct stack_copy_event event;
	__u8 bytes[STACK_COPY_PAGES * STACK_PAGE_BYTES];
	__u64 raw[34]; /* pt_regs as they lie in the kernel */
};

/* 21 KiB for each CPU. No program runs inside itself, but programs that share one can be
 * preempted by a task whose call runs another of them on this CPU: see copy_stack(). */
#define DEFINE_COPY_SCRATCH(name)                                                \
	struct {                                                                 \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                         \
		__uint(max_entries, 1);                                          \
		__type(key, __u32);                                              \
		__type(value, struct stack_copy);                                \
	} name SEC(".maps")

/* The copy ends where the program's stack began: exec put its arguments there. Stacks of
 * other threads lie far away from it. */
static __always_inline __u64 pages_of_stack(struct task_struct *task, __u64 stack_pointer,
					    __u64 start)
{
	__u64 bottom = BPF_CORE_READ(task, mm, start_stack);

	if (bottom <= stack_pointer || bottom - start > STACK_COPY_PAGES * STACK_PAGE_BYTES)
		return STACK_COPY_PAGES;
	return (bottom - 1 - start) / STACK_PAGE_BYTES + 1;
}

/* One page of the program; `waiting` is its thread when that is not the current one. */
static __always_inline bool copy_page(__u8 *into, __u64 from, struct task_struct *waiting)
{
	if (waiting)
		return !bpf_copy_from_user_task(into, STACK_PAGE_BYTES, (void *)from, waiting, 0);
	return !bpf_probe_read_user(into, STACK_PAGE_BYTES, (void *)from);
}

/* Whole pages of a constant size: a fault loses one page only, and lengths that vary are
 * too much for the verifier. The counts are kept in the copy, where it does not follow
 * their values. False when not even the page of the stack pointer can be read. `waiting` as
 * above. */
static __always_inline bool copy_pages(struct stack_copy *copy, struct task_struct *waiting)
{
	struct task_struct *task = waiting ?: (void *)bpf_get_current_task();
	__u64 stack_pointer = copy->event.registers[STACK_POINTER];
	__u64 start = stack_pointer & ~(__u64)(STACK_PAGE_BYTES - 1);

	copy->event.start = start;
	copy->event.readable = 0;
	copy->event.pages = pages_of_stack(task, stack_pointer, start);
#pragma unroll
	for (int i = 0; i < STACK_COPY_PAGES; i++) {
		if (i >= copy->event.pages)
			break;
		if (copy_page(copy->bytes + i * STACK_PAGE_BYTES, start + i * STACK_PAGE_BYTES,
			      waiting))
			copy->event.readable |= 1u << i;
	}
	return copy->event.readable & 1;
}

/* Makes a record of the copy; its size, which the verifier knows to be within bounds. */
static __always_inline __u64 head_copy(struct stack_copy *copy)
{
	__u64 size = sizeof(copy->event) + copy->event.pages * STACK_PAGE_BYTES;

	/* The verifier wants the bound on the very register that is passed on. */
	asm volatile("" : "+r"(size));
	if (size > sizeof(copy->event) + sizeof(copy->bytes))
		return 0;
	fill_header(&copy->event.header, EVENT_STACK_COPY, size);
	/* A CPU takes no two in one nanosecond. */
	copy->event.stack_id = (copy->event.header.time_ns << 10) |
			       (copy->event.header.cpu & 1023);
	copy->event.pad = 0;
	return size;
}

/* The id of the copy, or 0 when there is nothing to copy. `registers` may be NULL. */
static __always_inline __u64 copy_stack(struct stack_copy *copy, struct pt_regs *registers,
					const struct task_ident *owner)
{
	__u64 size;

	copy->event.task = *owner;
	if (!registers || !copy_registers(copy->event.registers, copy->raw, registers) ||
	    !copy_pages(copy, NULL))
		return 0;
	size = head_copy(copy);
	if (!size)
		return 0;
	/* Another task was here meanwhile: neither of both copies can be trusted. */
	if (copy->event.task.tid != owner->tid) {
		copy->event.task.tid = 0;
		return 0;
	}
	if (output_record(copy, size))
		count_lost_stack();
	return copy->event.stack_id;
}

#endif
