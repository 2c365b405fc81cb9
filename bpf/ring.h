/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The way out: one ring buffer that every hook writes to and native/src/reader.cc
 * drains, with exact counts of what went in and what was refused.
 */
#ifndef SYNSCOPE_RING_H
#define SYNSCOPE_RING_H

#include "core_fixes.h"
#include "events.h"

/* Filled past this many bytes a submit wakes the reader; otherwise nobody is woken
 * and the reader's 10 ms timer finds the records. A wake-up per record would cost
 * 2-3 us each instead of 0.3 us. */
const volatile __u64 wakeup_bytes = 8 * 1024 * 1024;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_counts);
} counts SEC(".maps");

/* Not 0 while the reader sleeps without its timer, since nothing comes: the next record
 * wakes it. Shared memory with native/src/reader.cc, which sets it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} reader_asleep SEC(".maps");

/* Adds are atomic though the map is per CPU: a hook in softirq may interrupt one of
 * a task between its load and its store, and the counts must add up. */
static __always_inline void count(bool refused)
{
	__u32 zero = 0;
	struct capture_counts *here = bpf_map_lookup_elem(&counts, &zero);

	if (!here)
		return;
	__sync_fetch_and_add(&here->emitted, 1);
	if (refused)
		__sync_fetch_and_add(&here->lost, 1);
}

/* A run that the kernel skipped and counted as a miss, made good. */
static __always_inline void count_rescued(void)
{
	__u32 zero = 0;
	struct capture_counts *here = bpf_map_lookup_elem(&counts, &zero);

	if (here)
		__sync_fetch_and_add(&here->rescued, 1);
}

/* Of the records that were counted as lost. */
static __always_inline void count_lost_stack(void)
{
	__u32 zero = 0;
	struct capture_counts *here = bpf_map_lookup_elem(&counts, &zero);

	if (here)
		__sync_fetch_and_add(&here->stacks_lost, 1);
}

/* To be called after the record has its place in the ring: the reader looks there once
 * more after it has set its mark, so one of both sees the other. */
static __always_inline __u64 submit_flags(void)
{
	__u32 zero = 0;
	__u64 *asleep = bpf_map_lookup_elem(&reader_asleep, &zero);

	if (asleep && *asleep) {
		*asleep = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wakeup_bytes)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/* The address of a record to fill, or NULL when the ring is full (counted). */
#define reserve_record(type)                                                     \
	({                                                                       \
		type *record_ = bpf_ringbuf_reserve(&events, sizeof(type), 0);   \
		count(!record_);                                                 \
		record_;                                                         \
	})

static __always_inline void submit_record(void *record)
{
	bpf_ringbuf_submit(record, submit_flags());
}

/* Copies a record that was built elsewhere. Returns 0, or -EAGAIN when full. The event
 * that refers to it follows at once, and wakes the reader. */
static __always_inline long output_record(void *record, __u64 size)
{
	long failed = bpf_ringbuf_output(&events, record, size, BPF_RB_NO_WAKEUP);

	count(failed);
	return failed;
}

static __always_inline void fill_header(struct event_header *header, enum event_kind kind,
					__u16 size)
{
	header->time_ns = bpf_ktime_get_ns();
	header->kind = kind;
	header->size = size;
	header->cpu = bpf_get_smp_processor_id();
}

#endif
