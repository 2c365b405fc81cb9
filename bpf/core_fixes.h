/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Every difference between supported kernels (5.10 and later), each with the version
 * that caused it. The `const volatile` switches are set by native/src/hooks.cc from
 * probes of the running kernel before the object is loaded; the verifier then removes
 * the branch that this kernel cannot run.
 */
#ifndef SYNSCOPE_CORE_FIXES_H
#define SYNSCOPE_CORE_FIXES_H

#include "kernel_types.h"

/* 5.12, c5dbb89fc2ac: bpf_get_socket_cookie in tracing programs. Without it the
 * address of the socket stands in: unique while the socket lives. */
const volatile bool have_socket_cookie = true;

/* 5.11, 4f19cab76136: bpf_sock_from_file in tracing programs. */
const volatile bool have_sock_from_file = true;

/* 5.11, 3ca1032ab7ab: bpf_get_current_task_btf. */
const volatile bool have_current_task = true;

/* 5.15, dd6e10fbd9fb: bpf_task_pt_regs. Without it, see current_registers(). */
const volatile bool have_task_registers = true;

/* 6.10, edefba66d929: tcp_send_reset gained `reason` as its third argument. */
const volatile bool have_reset_reason = true;

/* Jiffies are CONFIG_HZ, which BTF does not tell; one tick in ns, from
 * clock_getres(CLOCK_MONOTONIC_COARSE). */
const volatile __u64 tick_ns = 4000000;

/* A field that only makes an event more telling must not keep a program from loading where
 * some later kernel has dropped it. */
#define field_or_zero(field) (bpf_core_field_exists(field) ? (field) : 0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* 6.15, 633488947ef6: kernfs_node.parent became __parent. */
struct kernfs_node___before_6_15 {
	struct kernfs_node___before_6_15 *parent;
};

struct kernfs_node___since_6_15 {
	struct kernfs_node___since_6_15 *__parent;
};

#pragma clang attribute pop

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___since_6_15 *newer = (void *)node;
	struct kernfs_node___before_6_15 *older = (void *)node;

	if (bpf_core_field_exists(newer->__parent))
		return (void *)BPF_CORE_READ(newer, __parent);
	return (void *)BPF_CORE_READ(older, parent);
}

#if defined(__TARGET_ARCH_x86)
/* The size of a kernel stack of x86-64, as long as bpf_task_pt_regs was missing. */
#define STACK_BYTES_BEFORE_5_15 16384

/* The registers that the program entered the kernel with lie at the top of its kernel
 * stack; the helper gives the same address. */
static __always_inline struct pt_regs *current_registers(void)
{
	struct task_struct *task;

	if (have_task_registers)
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (void *)bpf_get_current_task();
	return (void *)((__u64)BPF_CORE_READ(task, stack) + STACK_BYTES_BEFORE_5_15 -
			bpf_core_type_size(struct pt_regs));
}

/* A 32-bit task's syscall numbers mean other calls; set by the compat entry. */
#define TS_COMPAT 0x0002
#define SYSCALL_SOCKET 41
#define SYSCALL_BIND 49
#define SYSCALL_LISTEN 50
#define SYSCALL_CONNECT 42
#define SYSCALL_ACCEPT 43
#define SYSCALL_ACCEPT4 288
#define SYSCALL_SYMBOL(name) "__x64_sys_" name
#define SYSCALL_NUMBER(regs) ((regs)->orig_ax)
#define SYSCALL_ARGUMENT_0(regs) BPF_CORE_READ(regs, di)
#define SYSCALL_ARGUMENT_1(regs) BPF_CORE_READ(regs, si)
#define SYSCALL_ARGUMENT_2(regs) BPF_CORE_READ(regs, dx)
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_SOCKET 198
#define SYSCALL_BIND 200
#define SYSCALL_LISTEN 201
#define SYSCALL_CONNECT 203
#define SYSCALL_ACCEPT 202
#define SYSCALL_ACCEPT4 242
#define SYSCALL_SYMBOL(name) "__arm64_sys_" name
#define SYSCALL_NUMBER(regs) ((regs)->syscallno)
#define SYSCALL_ARGUMENT_0(regs) BPF_CORE_READ(regs, orig_x0)
#define SYSCALL_ARGUMENT_1(regs) BPF_CORE_READ(regs, regs[1])
#define SYSCALL_ARGUMENT_2(regs) BPF_CORE_READ(regs, regs[2])
#endif

/* True when the task's syscall numbers are those of this architecture. */
static __always_inline bool native_syscall(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return !(BPF_CORE_READ(task, thread_info.status) & TS_COMPAT);
#else
	return true;
#endif
}

#endif
