/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Which socket an event belongs to, and its counters. Called by every hook.
 */
#ifndef SYNSCOPE_SOCKET_H
#define SYNSCOPE_SOCKET_H

#include "core_fixes.h"
#include "events.h"

/* A socket gets its cookie from the kernel when somebody first asks for it; a request
 * hands its cookie to the connection that it becomes. */
#define socket_cookie(typed_sk, common)                                            \
	(!have_socket_cookie	       ? (__u64)(unsigned long)(typed_sk) :        \
	 (common).skc_cookie.counter ? (__u64)(common).skc_cookie.counter :        \
				       bpf_get_socket_cookie((void *)(typed_sk)))

static __always_inline void fill_addresses(struct socket_ident *ident, const struct sock *sk,
					   __u16 family, __be32 local, __be32 remote)
{
	__builtin_memset(ident->local_address, 0, 32);
	if (family == AF_INET6) {
		bpf_core_read(ident->local_address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(ident->remote_address, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		__builtin_memcpy(ident->local_address, &local, 4);
		__builtin_memcpy(ident->remote_address, &remote, 4);
	}
}

/* `inet` is the same socket as `sk`: the verifier wants a pointer whose type reaches
 * that far. inet_num is cleared when the port is given back, inet_sport is not. */
static __always_inline void fill_loaded_socket(struct socket_ident *ident, const struct sock *sk,
					       const struct inet_sock *inet, __u64 cookie,
					       __u32 netns)
{
	__be32 local = sk->__sk_common.skc_rcv_saddr;

	ident->cookie = cookie;
	ident->netns = netns;
	ident->family = sk->__sk_common.skc_family;
	ident->state = sk->__sk_common.skc_state;
	ident->shutdown = sk->sk_shutdown & 3;
	ident->local_port = bpf_ntohs(inet->inet_sport);
	ident->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	ident->bound_device = sk->__sk_common.skc_bound_dev_if;
	if (!local)
		local = inet->inet_saddr;
	fill_addresses(ident, sk, ident->family, local, sk->__sk_common.skc_daddr);
}

/* Larger than struct inet_sock of any kernel (about 1000 bytes). */
struct socket_copy {
	__u8 bytes[2048];
};

/* A socket that was reached by following pointers: the verifier lets no field of it be
 * loaded, and a helper call for each would cost more than one copy of the whole. Only
 * its own fields are valid in the copy, and `cookie` is read, never given. */
static __always_inline struct inet_sock *copy_socket(void *scratch, const struct sock *sk)
{
	__u64 size = bpf_core_type_size(struct inet_sock);
	struct socket_copy *copy;
	__u32 zero = 0;

	copy = bpf_map_lookup_elem(scratch, &zero);
	if (!copy || size > sizeof(*copy) || bpf_probe_read_kernel(copy, size, sk))
		return NULL;
	return (struct inet_sock *)copy;
}

#define DEFINE_SOCKET_SCRATCH(name)                                              \
	struct {                                                                 \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                         \
		__uint(max_entries, 1);                                          \
		__type(key, __u32);                                              \
		__type(value, struct socket_copy);                               \
	} name SEC(".maps")

/* Of a copy, whether it is a TCP socket of IPv4 or IPv6. */
static __always_inline bool is_tcp_copy(const struct sock *copy)
{
	__u16 family = copy->__sk_common.skc_family;

	return (family == AF_INET || family == AF_INET6) && copy->sk_type == SOCK_STREAM &&
	       copy->sk_protocol == IPPROTO_TCP;
}

static __always_inline __u64 copied_cookie(const struct inet_sock *copy, const struct sock *sk)
{
	return have_socket_cookie ? (__u64)copy->sk.__sk_common.skc_cookie.counter :
				    (__u64)(unsigned long)sk;
}

/* Of a multipath socket (MPTCP) the subflow that it begins with: a TCP socket, which is bound,
 * listens and connects in its place. Any other socket as it is; NULL when there is none yet. */
static __always_inline struct sock *tcp_of(struct sock *sk)
{
	struct mptcp_sock *multipath = (void *)sk;

	if (!sk || !bpf_core_field_exists(multipath->first) ||
	    BPF_CORE_READ(sk, sk_protocol) != IPPROTO_MPTCP)
		return sk;
	return BPF_CORE_READ(multipath, first);
}

static __always_inline void fill_copied_socket(struct socket_ident *ident,
					       const struct inet_sock *copy, const struct sock *sk)
{
	const struct sock_common *common = &copy->sk.__sk_common;
	const struct net *net = common->skc_net.net;

	fill_loaded_socket(ident, &copy->sk, copy, copied_cookie(copy, sk),
			   BPF_CORE_READ(net, ns.inum));
}

static __always_inline void fill_socket(struct socket_ident *ident, const struct sock *sk,
					const struct tcp_sock *tp)
{
	fill_loaded_socket(ident, sk, &tp->inet_conn.icsk_inet, socket_cookie(sk, sk->__sk_common),
			   sk->__sk_common.skc_net.net->ns.inum);
}

/* The kernel keeps times of 32 bits in jiffies (tcp_jiffies32). */
static __always_inline __u32 ticks_to_ms(__u32 ticks)
{
	return (__u64)ticks * tick_ns / 1000000;
}

static __always_inline __u32 ms_since(__u32 jiffies32)
{
	return ticks_to_ms((__u32)bpf_jiffies64() - jiffies32);
}

/* As tcp_get_info_chrono_stats() has it: the sum of the past, and what lasts now. */
static __always_inline __u32 rwnd_limited_ms(const struct tcp_sock *tp)
{
	__u32 ticks;

	if (!bpf_core_field_exists(tp->chrono_stat) || !bpf_core_field_exists(tp->chrono_type))
		return 0;
	ticks = tp->chrono_stat[TCP_CHRONO_RWND_LIMITED - 1];
	if (BPF_CORE_READ_BITFIELD(tp, chrono_type) == TCP_CHRONO_RWND_LIMITED)
		ticks += (__u32)bpf_jiffies64() - tp->chrono_start;
	return ticks ? ticks_to_ms(ticks) : 0; /* no division for most */
}

static __always_inline void fill_counters(struct socket_counters *counters,
					  const struct tcp_sock *tp)
{
	counters->bytes_sent = tp->bytes_sent;
	counters->bytes_retrans = tp->bytes_retrans;
	counters->bytes_received = tp->bytes_received;
	counters->srtt_us = tp->srtt_us >> 3; /* the kernel keeps eighths */
	counters->snd_cwnd = tp->snd_cwnd;
	counters->total_retrans = tp->total_retrans;
	counters->segs_out = tp->segs_out;
	counters->segs_in = tp->segs_in;
	counters->icsk_retransmits = tp->inet_conn.icsk_retransmits;
	counters->rwnd_limited_ms = rwnd_limited_ms(tp);
	counters->pad = 0;
}

#endif
