/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Stacks of the kernel and of the calling program. take_user_stack() is the one place
 * that decides how a program's stack is obtained: a copy of its registers and stack bytes
 * (stack_copy.h), sent each time; where there are none, the kernel's walk along frame
 * pointers. What is walked is sent only when its hash is new; events carry the id.
 */
#ifndef SYNSCOPE_STACKS_H
#define SYNSCOPE_STACKS_H

#include "ring.h"
#include "stack_copy.h"

/* Bounded memory: a stack that was evicted is sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} seen_stacks SEC(".maps");

/* A kernel stack costs 1-3 us, the copy of a program's stack 4-6 and later its unwinding
 * 50, the rest of an event 0.2. Under a flood of connections (which nearly all come from
 * the same place) most are left out, and counted; the last half of each allowance is for
 * failures. As long as a flood lasts, each window gets half of what the one before had,
 * down to the least; the first window in which the allowance was enough ends that. */
#define STACK_WINDOW_SHIFT 27 /* 2^27 ns, 0.134 s: no division for each event */

enum stack_way {
	STACK_WALK,
	STACK_COPY,
	STACK_WAYS,
};

#define MOST_STACKS(way) ((way) == STACK_COPY ? 64 : 512)
#define LEAST_STACKS(way) ((way) == STACK_COPY ? 16 : 64)

struct stack_allowance {
	__u64 window;
	__u32 used;
	__u32 limit;
	__u64 skipped;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STACK_WAYS);
	__type(key, __u32);
	__type(value, struct stack_allowance);
} stack_allowances SEC(".maps");

enum stack_occasion {
	STACK_OF_ROUTINE, /* a connect that may succeed, an orderly close */
	STACK_OF_FAILURE,
};

static __always_inline void begin_window(struct stack_allowance *here, __u64 window, __u32 way)
{
	/* Against what was asked for, not against what was left out: else a steady demand within
	 * the full allowance would keep it halved for ever. */
	if (here->window + 1 == window && here->used + here->skipped > MOST_STACKS(way))
		here->limit = here->limit > 2 * LEAST_STACKS(way) ? here->limit / 2 :
								    LEAST_STACKS(way);
	else
		here->limit = MOST_STACKS(way);
	here->window = window;
	here->used = 0;
	here->skipped = 0;
}

/* Asked once for each stack that an event wants. Jiffies are read without a call. */
static __always_inline bool may_take_stacks(__u32 way, enum stack_occasion occasion)
{
	__u64 window = (bpf_jiffies64() * tick_ns) >> STACK_WINDOW_SHIFT;
	struct stack_allowance *here;
	struct capture_counts *counted;
	__u32 zero = 0;

	here = bpf_map_lookup_elem(&stack_allowances, &way);
	if (!here)
		return false;
	if (here->window != window)
		begin_window(here, window, way);
	if (here->used < (occasion == STACK_OF_FAILURE ? here->limit : here->limit / 2)) {
		here->used++;
		return true;
	}
	here->skipped++;
	counted = bpf_map_lookup_elem(&counts, &zero);
	if (counted)
		__sync_fetch_and_add(&counted->stacks_skipped, 1);
	return false;
}

/* One per program: a program never runs inside itself on one CPU (the kernel skips
 * and counts it), but two programs can nest. */
#define DEFINE_STACK_SCRATCH(name)                                               \
	struct {                                                                 \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                         \
		__uint(max_entries, 1);                                          \
		__type(key, __u32);                                              \
		__type(value, struct stack_event);                               \
	} name SEC(".maps")

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 29);
}

static __always_inline __u64 hash_stack(const struct stack_event *stack)
{
	__u64 hash = mix(stack->unwinder, stack->task.start_ns);

	hash = mix(hash, ((__u64)stack->task.tgid << 32) | stack->task.exec_id);
	hash = mix(hash, stack->at_stack_pointer);
	for (__u32 i = 0; i < STACK_MAX_FRAMES; i++) {
		if (i >= stack->depth)
			break;
		hash = mix(hash, stack->addresses[i]);
	}
	return hash ? hash : 1; /* 0 means that no stack was taken */
}

/* Where a function without a frame of its own would return to. On arm64 that is in a
 * register, which the kernel's walk does see. */
static __always_inline __u64 word_at_stack_pointer(void)
{
	__u64 word = 0;
#if defined(__TARGET_ARCH_x86)
	struct pt_regs *registers = current_registers();

	bpf_probe_read_user(&word, sizeof(word), (void *)BPF_CORE_READ(registers, sp));
#endif
	return word;
}

/* All of the record but its header, after the walk has filled in its addresses. */
static __always_inline void fill_walked(struct stack_event *stack, long bytes,
					const struct task_ident *owner)
{
	stack->depth = bytes / sizeof(__u64);
	stack->pad = 0;
	stack->pad2 = 0;
	stack->at_stack_pointer = owner ? word_at_stack_pointer() : 0;
	if (owner) {
		stack->unwinder = UNWIND_FRAME_POINTER;
		stack->task = *owner;
	} else {
		stack->unwinder = UNWIND_KERNEL;
		__builtin_memset(&stack->task, 0, sizeof(stack->task));
	}
	stack->stack_id = hash_stack(stack);
}

/* Returns the id of the stack that led here, or 0. `owner` is NULL for the kernel's
 * own part; for the program's part it is the current task, never another one. */
static __always_inline __u64 take_stack(void *ctx, void *scratch, const struct task_ident *owner)
{
	__u32 zero = 0;
	struct stack_event *stack = bpf_map_lookup_elem(scratch, &zero);
	__u8 seen = 1;
	long bytes;

	if (!stack)
		return 0;
	bytes = bpf_get_stack(ctx, stack->addresses, sizeof(stack->addresses),
			      owner ? BPF_F_USER_STACK : 0);
	if (bytes <= 0)
		return 0;
	fill_walked(stack, bytes, owner);
	if (bpf_map_lookup_elem(&seen_stacks, &stack->stack_id) ||
	    bpf_map_update_elem(&seen_stacks, &stack->stack_id, &seen, BPF_NOEXIST))
		return stack->stack_id;
	fill_header(&stack->header, EVENT_STACK, sizeof(*stack));
	if (output_record(stack, sizeof(*stack)))
		bpf_map_delete_elem(&seen_stacks, &stack->stack_id);
	return stack->stack_id;
}

/* The stack that a task left behind on its way into connect(2): whatever its call does to
 * the socket until it returns, the program stands at the same place. Bounded memory; one
 * that was evicted is copied again. */
struct connecting {
	__u64 cookie;
	__u64 stack_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* bpf_get_current_pid_tgid() */
	__type(value, struct connecting);
} connecting_tasks SEC(".maps");

/* 0 when the task left none for this socket. */
static __always_inline __u64 connect_stack(__u64 cookie)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct connecting *known = bpf_map_lookup_elem(&connecting_tasks, &task);

	return known && known->cookie == cookie ? known->stack_id : 0;
}

/* connect(2) returned: the next call of the task comes from another place. */
static __always_inline __u64 end_connect_stack(__u64 cookie)
{
	__u64 task = bpf_get_current_pid_tgid(), stack_id = 0;
	struct connecting *known = bpf_map_lookup_elem(&connecting_tasks, &task);

	if (!known)
		return 0;
	if (known->cookie == cookie)
		stack_id = known->stack_id;
	bpf_map_delete_elem(&connecting_tasks, &task);
	return stack_id;
}

/* Not for a call that connects in another way (sendto with MSG_FASTOPEN, io_uring): its
 * return would not end what was noted. */
static __always_inline void begin_connect_stack(__u64 cookie, __u64 stack_id,
						struct pt_regs *registers)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct connecting connecting = { .cookie = cookie, .stack_id = stack_id };

	if (registers && native_syscall((void *)bpf_get_current_task()) &&
	    PROBED_SYSCALL_NUMBER(registers) == SYSCALL_CONNECT)
		bpf_map_update_elem(&connecting_tasks, &task, &connecting, BPF_ANY);
}

struct user_stack {
	__u64 id; /* 0 = none */
	__u8 missing; /* enum stack_missing */
};

/* The stack of the current task, when it has one: an exiting task has no memory any more,
 * and a worker of io_uring never was in user space. `flags` as own_event() gave them. */
static __always_inline struct user_stack take_user_stack(void *ctx, void *walk_scratch,
							 void *copy_scratch,
							 const struct task_ident *owner,
							 __u32 flags,
							 enum stack_occasion occasion)
{
	struct user_stack taken = {};
	struct stack_copy *copy;
	__u32 zero = 0;

	if (!flags || (flags & (PF_EXITING | PF_IO_WORKER | PF_USER_WORKER)))
		return taken;
	if (!may_take_stacks(STACK_COPY, occasion)) {
		taken.missing = STACK_MISSING_LEFT_OUT;
		return taken;
	}
	/* The verifier of older kernels finds the copy too long beside all else. */
	copy = have_task_registers ? bpf_map_lookup_elem(copy_scratch, &zero) : NULL;
	if (copy)
		taken.id = copy_stack(copy, current_registers(), owner);
	if (!taken.id)
		taken.id = take_stack(ctx, walk_scratch, owner);
	if (!taken.id)
		taken.missing = STACK_MISSING_UNREADABLE;
	return taken;
}

#endif
