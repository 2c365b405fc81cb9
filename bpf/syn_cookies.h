/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * When a listener last answered a SYN by a cookie, its SYN queue being full. The kernel
 * remembers that in jiffies, to know whether an ACK may carry one (tcp_synq_overflow() in
 * include/net/tcp.h): in the listener, or for all of SO_REUSEPORT together.
 */
#ifndef SYNSCOPE_SYN_COOKIES_H
#define SYNSCOPE_SYN_COOKIES_H

#include "socket.h"

/* TCP_SYNCOOKIE_VALID: older than this, an ACK with a cookie is refused. */
#define SYN_COOKIE_VALID_MS 120000

/* A child is cloned and established within one run of the softirq. */
#define CLONE_NS 10000000ull

struct clone_note {
	__u64 time_ns;
	__u32 syn_cookie_ms;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clone_note);
} clone_notes SEC(".maps");

/* ms, and 1 more; 0 = not within the time that a cookie is valid. */
static __always_inline __u32 syn_cookie_ms(__u32 overflow_jiffies32)
{
	__u32 ms;

	if (!overflow_jiffies32)
		return 0;
	ms = ms_since(overflow_jiffies32);
	return ms < SYN_COOKIE_VALID_MS ? ms + 1 : 0;
}

/* A socket that has just been cloned from its listener still has the listener's stamp; when
 * it is established, its own is in that place. A clone of an SO_REUSEPORT listener has none:
 * there struct listener_event tells. */
static __always_inline void note_clone(const struct tcp_sock *child)
{
	__u32 zero = 0;
	struct clone_note *note = bpf_map_lookup_elem(&clone_notes, &zero);

	if (!note)
		return;
	note->syn_cookie_ms = syn_cookie_ms(child->rx_opt.ts_recent_stamp);
	if (note->syn_cookie_ms)
		note->time_ns = bpf_ktime_get_ns();
}

/* Of the socket that was cloned on this CPU just now. */
static __always_inline __u32 noted_syn_cookie_ms(void)
{
	__u32 zero = 0;
	struct clone_note *note = bpf_map_lookup_elem(&clone_notes, &zero);

	if (!note || !note->syn_cookie_ms)
		return 0;
	return bpf_ktime_get_ns() - note->time_ns < CLONE_NS ? note->syn_cookie_ms : 0;
}

#endif
