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

/* __USER_CS of a 64-bit program, and the same under Xen PV. */
#define USER_CODE_64 0x33
#define XEN_USER_CODE_64 0xe033

/* Fills `registers` in the order of DWARF (struct stack_copy_event); false when the task
 * runs 32-bit code. The layout of pt_regs is an ABI (asm/ptrace.h), so one read of it all
 * into `raw` does: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags
 * sp ss. */
static __always_inline bool copy_registers(__u64 *registers, __u64 *raw, struct pt_regs *from)
{
	if (bpf_probe_read_kernel(raw, 21 * sizeof(*raw), from))
		return false;
	registers[0] = raw[10];
	registers[1] = raw[12];
	registers[2] = raw[11];
	registers[3] = raw[5];
	registers[4] = raw[13];
	registers[5] = raw[14];
	registers[6] = raw[4];
	registers[7] = raw[19];
#pragma unroll
	for (int i = 0; i < 8; i++) /* r8 ... r15 */
		registers[8 + i] = raw[i < 4 ? 9 - i : 7 - i];
	registers[16] = raw[16];
	/* FRED (6.9) keeps more in the upper bits. */
	return (__u16)raw[17] == USER_CODE_64 || (__u16)raw[17] == XEN_USER_CODE_64;
}

#define STACK_POINTER 7

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
#define PROBED_SYSCALL_NUMBER(regs) BPF_CORE_READ(regs, orig_ax)
#define SYSCALL_ARGUMENT_0(regs) BPF_CORE_READ(regs, di)
#define SYSCALL_ARGUMENT_1(regs) BPF_CORE_READ(regs, si)
#define SYSCALL_ARGUMENT_2(regs) BPF_CORE_READ(regs, dx)
#elif defined(__TARGET_ARCH_arm64)
/* Before 5.15 nobody tells where they are. */
static __always_inline struct pt_regs *current_registers(void)
{
	if (!have_task_registers)
		return NULL;
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

#define PSR_MODE32_BIT 0x10

/* See above; x0-x30, sp, pc and pstate begin pt_regs (struct user_pt_regs). */
static __always_inline bool copy_registers(__u64 *registers, __u64 *raw, struct pt_regs *from)
{
	if (!from || bpf_probe_read_kernel(raw, 34 * sizeof(*raw), from))
		return false;
	__builtin_memcpy(registers, raw, 33 * sizeof(*raw));
	return !(raw[33] & PSR_MODE32_BIT);
}

#define STACK_POINTER 31
#define SYSCALL_SOCKET 198
#define SYSCALL_BIND 200
#define SYSCALL_LISTEN 201
#define SYSCALL_CONNECT 203
#define SYSCALL_ACCEPT 202
#define SYSCALL_ACCEPT4 242
#define SYSCALL_SYMBOL(name) "__arm64_sys_" name
#define SYSCALL_NUMBER(regs) ((regs)->syscallno)
#define PROBED_SYSCALL_NUMBER(regs) BPF_CORE_READ(regs, syscallno)
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
