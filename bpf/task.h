/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Whose call an event is, and, at the first event of a process image, who that is:
 * one PROCESS record. Read in the process's own context, since it may be gone before
 * user space could look into /proc.
 */
#ifndef SYNSCOPE_TASK_H
#define SYNSCOPE_TASK_H

#include "ring.h"

struct process_key {
	__u64 start_ns;
	__u32 tgid;
	__u32 exec_id;
};

/* Bounded memory: a process that was evicted is described again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct process_key);
	__type(value, __u8);
} seen_processes SEC(".maps");

/* The process image whose events this CPU recorded last: events come in runs, and a look
 * here costs a fraction of one into the hash. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct process_key);
} last_processes SEC(".maps");

/* A load through a pointer that the verifier knows is one instruction; through any
 * other pointer it is a helper call. The current task is known since 5.11. */
#define LOAD_TYPED(pointer, field) ((pointer)->field)
#define LOAD_PROBED(pointer, field) BPF_CORE_READ(pointer, field)
#define LOAD_COMM_TYPED(into, task) __builtin_memcpy(into, (task)->comm, THREAD_COMM_LEN)
#define LOAD_COMM_PROBED(into, task) bpf_core_read(into, THREAD_COMM_LEN, &(task)->comm)

#define DEFINE_FILL_TASK(name, LOAD, LOAD_COMM)                                  \
	static __always_inline void name(struct task_ident *ident,               \
					 struct task_struct *task)               \
	{                                                                        \
		struct task_struct *leader = LOAD(task, group_leader);           \
		const struct cred *cred = LOAD(task, cred);                      \
                                                                                 \
		ident->start_ns = LOAD(leader, start_boottime);                  \
		ident->tgid = LOAD(task, tgid);                                  \
		ident->tid = LOAD(task, pid);                                    \
		ident->uid = LOAD(cred, uid.val);                                \
		ident->exec_id = LOAD(task, self_exec_id);                       \
		LOAD_COMM(ident->thread_comm, task);                             \
	}

DEFINE_FILL_TASK(fill_typed_task, LOAD_TYPED, LOAD_COMM_TYPED)
DEFINE_FILL_TASK(fill_task, LOAD_PROBED, LOAD_COMM_PROBED)

/* The current task, with its flags (PF_*); nothing but the flags for a kernel thread. */
static __always_inline __u32 fill_current_task(struct task_ident *ident)
{
	struct task_struct *task;
	__u32 flags;

	if (have_current_task) {
		task = bpf_get_current_task_btf();
		flags = task->flags;
		if (!(flags & PF_KTHREAD))
			fill_typed_task(ident, task);
		return flags;
	}
	task = (void *)bpf_get_current_task();
	flags = BPF_CORE_READ(task, flags);
	if (!(flags & PF_KTHREAD))
		fill_task(ident, task);
	return flags;
}

/* The count is kept in the record, where the verifier does not follow its value: else
 * it would walk every mix of parts and mounts and give up. */
static __always_inline void fill_exe(struct process_event *process, struct task_struct *task,
				     struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *root_mnt = BPF_CORE_READ(task, fs, root.mnt);
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);

	if (!dentry)
		return;
	/* A step is a path part or the crossing of a mount. */
	for (int step = 0; step < EXE_PARTS + 8; step++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		__u8 used = process->exe_count;

		if (dentry == root && mnt == root_mnt)
			return;
		if (dentry == BPF_CORE_READ(mnt, mnt_root) || dentry == parent) {
			struct mount *mount = container_of(mnt, struct mount, mnt);
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount || !above)
				return;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mnt = &above->mnt;
			continue;
		}
		if (used >= EXE_PARTS)
			break;
		bpf_probe_read_kernel_str(process->exe[used], EXE_PART_LEN,
					  BPF_CORE_READ(dentry, d_name.name));
		process->exe_count = used + 1;
		dentry = parent;
	}
	process->exe_truncated = 1;
}

/* Only the root has no parent, and it has no name. The loop tests at its end, as clang
 * then lays it out: 6.1 refuses one that falls through into its own head ("back-edge"). */
static __always_inline void fill_cgroup(struct process_event *process, struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	struct kernfs_node *parent = kernfs_parent(node);
	__u32 used = 0;

	process->cgroup_id = BPF_CORE_READ(node, id);
	while (parent && used < CGROUP_PARTS) {
		bpf_probe_read_kernel_str(process->cgroup[used], CGROUP_PART_LEN,
					  BPF_CORE_READ(node, name));
		node = parent;
		parent = kernfs_parent(node);
		used++;
	}
	process->cgroup_count = used;
	process->cgroup_truncated = !!parent;
}

/* Only in the process's own context: reads its memory, and only what is resident. */
static __always_inline void fill_cmdline(struct process_event *process, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, arg_start);
	__u64 length = BPF_CORE_READ(mm, arg_end) - start;

	if (length > CMDLINE_LEN) {
		length = CMDLINE_LEN;
		process->cmdline_truncated = 1;
	}
	if (!bpf_probe_read_user(process->cmdline, length, (void *)start))
		process->cmdline_len = length;
}

/* Everything but the command line, which needs the process's own context. */
static __always_inline struct mm_struct *fill_process(struct process_event *process,
						      struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	fill_header(&process->header, EVENT_PROCESS, sizeof(*process));
	fill_task(&process->task, task);
	process->parent_tgid = BPF_CORE_READ(leader, real_parent, tgid);
	bpf_probe_read_kernel(&process->namespace_tgid, sizeof(__u32),
			      (void *)pid + bpf_core_field_offset(pid->numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(((struct upid *)0)->nr));
	process->gid = BPF_CORE_READ(task, cred, gid.val);
	process->cmdline_len = 0;
	process->cmdline_truncated = 0;
	process->exe_count = 0;
	process->exe_truncated = 0;
	process->cgroup_count = 0;
	process->cgroup_truncated = 0;
	__builtin_memset(process->pad, 0, sizeof(process->pad));
	bpf_core_read(process->comm, THREAD_COMM_LEN, &leader->comm);
	fill_cgroup(process, task);
	if (mm)
		fill_exe(process, task, mm);
	return mm;
}

/* Describes the current process, once. Returns 0, or 1 when the ring was full: then the
 * next event tries again. */
static __noinline int note_process(struct process_key *key)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct process_event *process;
	struct mm_struct *mm;
	__u8 seen = 1;

	if (bpf_map_lookup_elem(&seen_processes, key) ||
	    bpf_map_update_elem(&seen_processes, key, &seen, BPF_NOEXIST))
		return 0;
	process = reserve_record(struct process_event);
	if (!process) {
		bpf_map_delete_elem(&seen_processes, key);
		return 1;
	}
	mm = fill_process(process, task);
	if (mm)
		fill_cmdline(process, mm);
	submit_record(process);
	return 0;
}

/* Beside PF_*: a task without any flag is a task, too. */
#define TASK_PRESENT (1u << 31)

/* The current task as the owner of an event, with its PROCESS record. Returns its
 * flags (PF_*), or 0 with `ident` untouched for a kernel thread. */
static __always_inline __u32 own_event(struct task_ident *ident)
{
	__u32 flags = fill_current_task(ident);
	struct process_key key, *last;
	__u32 zero = 0;

	if (flags & PF_KTHREAD)
		return 0;
	key.start_ns = ident->start_ns;
	key.tgid = ident->tgid;
	key.exec_id = ident->exec_id;
	last = bpf_map_lookup_elem(&last_processes, &zero);
	if (!last || last->start_ns != key.start_ns || last->tgid != key.tgid ||
	    last->exec_id != key.exec_id) {
		if (!note_process(&key) && last)
			*last = key;
	}
	return flags | TASK_PRESENT;
}

#endif
