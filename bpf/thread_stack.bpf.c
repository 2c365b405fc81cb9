/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The stack of one thread as it stands now, when a person asks for it: its registers and
 * stack bytes, and where in the kernel it waits. Read by native/src/iterators.cc, which
 * walks all threads. Nothing happens to the thread: ptrace would stop it, and its connect
 * would begin again. Since 5.18, for bpf_copy_from_user_task (376040e47334).
 */
#include "calls.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_wanted);
} threads_wanted SEC(".maps");

/* Not per CPU: the program may sleep, and one walk at a time uses these. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_copy);
} thread_copy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_event);
} thread_walk SEC(".maps");

DEFINE_SOCKET_SCRATCH(thread_socket);

static __always_inline struct file *file_of_thread(struct task_struct *task, __s32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

static __always_inline bool is_connecting(struct task_struct *task, struct pt_regs *registers,
					  __u64 cookie)
{
	struct inet_sock *copy;
	struct sock *sk;

	if (!native_syscall(task) || PROBED_SYSCALL_NUMBER(registers) != SYSCALL_CONNECT)
		return false;
	sk = socket_of(file_of_thread(task, (__s32)SYSCALL_ARGUMENT_0(registers)));
	copy = sk ? copy_socket(&thread_socket, sk) : NULL;
	return copy && is_tcp_copy(&copy->sk) && copied_cookie(copy, sk) == cookie;
}

/* Only of a thread that is on no CPU. Outside of a system call the kernel keeps -1. */
static __always_inline enum thread_place place_of(struct task_struct *task,
						  struct pt_regs *registers, __u64 cookie)
{
	if (is_connecting(task, registers, cookie))
		return THREAD_IN_CONNECT;
	return (__s32)PROBED_SYSCALL_NUMBER(registers) < 0 ? THREAD_IN_PROGRAM : THREAD_IN_CALL;
}

/* A byte since 7.2, an int before: libbpf widens no load of a signed field. */
static __always_inline bool is_on_cpu(struct task_struct *task)
{
	__u32 on_cpu = 0;

	if (!bpf_core_field_exists(task->on_cpu))
		return false;
	if (bpf_core_field_size(task->on_cpu) == sizeof(__u8))
		bpf_core_read(&on_cpu, sizeof(__u8), &task->on_cpu);
	else
		bpf_core_read(&on_cpu, sizeof(on_cpu), &task->on_cpu);
	return on_cpu;
}

/* A thread on a CPU has its registers there, not in memory. Each time that it leaves one is
 * counted, so it stood still between two looks that give the same count; ~0 = it runs. */
static __always_inline __u64 times_stopped(struct task_struct *task)
{
	if (is_on_cpu(task))
		return ~0ull;
	return task->nvcsw + task->nivcsw;
}

static __always_inline __u64 write_kernel_stack(struct seq_file *seq, struct task_struct *task)
{
	__u32 zero = 0;
	struct stack_event *stack = bpf_map_lookup_elem(&thread_walk, &zero);
	long bytes;

	if (!stack)
		return 0;
	bytes = bpf_get_task_stack(task, stack->addresses, sizeof(stack->addresses), 0);
	if (bytes <= 0)
		return 0;
	fill_walked(stack, bytes, NULL);
	fill_header(&stack->header, EVENT_STACK, sizeof(*stack));
	bpf_seq_write(seq, stack, sizeof(*stack));
	return stack->stack_id;
}

static __always_inline __u64 write_user_stack(struct seq_file *seq, struct task_struct *task,
					      struct pt_regs *registers,
					      const struct task_ident *owner)
{
	__u32 zero = 0;
	struct stack_copy *copy = bpf_map_lookup_elem(&thread_copy, &zero);
	__u64 size;

	if (!copy || (task->flags & (PF_EXITING | PF_IO_WORKER | PF_USER_WORKER)))
		return 0;
	copy->event.task = *owner;
	if (!copy_registers(copy->event.registers, copy->raw, registers) ||
	    !copy_pages(copy, task))
		return 0;
	size = head_copy(copy);
	if (!size)
		return 0;
	bpf_seq_write(seq, copy, size);
	return copy->event.stack_id;
}

/* A record, or none when it is another thread. What is written before it is found out that
 * the thread ran meanwhile has no event that names it. */
SEC("iter.s/task")
int synscope_thread_stack(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_stack_event event = {};
	struct thread_wanted *wanted;
	struct pt_regs *registers;
	__u64 stopped;
	__u32 zero = 0;

	wanted = bpf_map_lookup_elem(&threads_wanted, &zero);
	if (!task || !wanted || (__u32)task->tgid != wanted->tgid || (task->flags & PF_KTHREAD))
		return 0;
	if (wanted->tid && (__u32)task->pid != wanted->tid)
		return 0;
	registers = (void *)bpf_task_pt_regs(task);
	stopped = times_stopped(task);
	event.place = place_of(task, registers, wanted->cookie);
	if (!wanted->tid && event.place != THREAD_IN_CONNECT)
		return 0;
	fill_task(&event.task, task);
	if (stopped != ~0ull) {
		event.kernel_stack_id = write_kernel_stack(ctx->meta->seq, task);
		event.user_stack_id =
			write_user_stack(ctx->meta->seq, task, registers, &event.task);
	}
	if (stopped == ~0ull || times_stopped(task) != stopped) {
		event.place = THREAD_RUNNING;
		event.kernel_stack_id = event.user_stack_id = 0;
	}
	event.request = wanted->request;
	fill_header(&event.header, EVENT_THREAD_STACK, sizeof(event));
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}
