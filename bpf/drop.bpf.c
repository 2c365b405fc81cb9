/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * TCP packets that this machine threw away, and why: the reason is an argument of
 * kfree_skb since 5.17. Whose packet it was is told by its own header, since most have
 * no socket (netfilter on the way in, a full backlog), and by skb->sk where there is one.
 */
#include "socket.h"
#include "stacks.h"

DEFINE_STACK_SCRATCH(drop_stack);
DEFINE_SOCKET_SCRATCH(drop_socket);

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define SMALL_REASONS 256

/* Reasons of everyday life, one bit each, set by native/src/hooks.cc from the names in the
 * running kernel's BTF: what they say is told by other events, or is no loss. */
const volatile __u64 ignored_reasons[SMALL_REASONS / 64];

/* A firewall that drops a flood must not crowd out everything else: beyond this many in
 * a tenth of a second on a CPU the rest is only counted. */
#define DROP_WINDOW_NS 100000000ull
#define DROPS_PER_WINDOW 256

struct drop_allowance {
	__u64 window;
	__u64 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_allowance);
} drop_allowances SEC(".maps");

static __always_inline bool may_tell_drop(void)
{
	__u64 window = bpf_jiffies64() * tick_ns / DROP_WINDOW_NS;
	struct drop_allowance *here;
	struct capture_counts *counted;
	__u32 zero = 0;

	here = bpf_map_lookup_elem(&drop_allowances, &zero);
	if (!here)
		return false;
	if (here->window != window) {
		here->window = window;
		here->used = 0;
	}
	if (here->used < DROPS_PER_WINDOW) {
		here->used++;
		return true;
	}
	counted = bpf_map_lookup_elem(&counts, &zero);
	if (counted)
		__sync_fetch_and_add(&counted->drops_skipped, 1);
	return false;
}

/* The parts of a packet that say whose it is. */
struct packet_head {
	__u16 family;
	__u16 source_port;
	__u16 destination_port;
	__u8 tcp_flags;
	__u8 source[16];
	__u8 destination[16];
};

struct ipv4_header {
	__u8 version_and_length;
	__u8 service;
	__u16 length;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u8 source[4];
	__u8 destination[4];
};

struct ipv6_header {
	__u8 version[4];
	__u16 length;
	__u8 next_header; /* a TCP segment behind extension headers is not recognised */
	__u8 hop_limit;
	__u8 source[16];
	__u8 destination[16];
};

/* RFC 9293, 3.1: ports, sequence numbers, offset, flags. */
struct tcp_header {
	__be16 source;
	__be16 destination;
	__u32 sequence;
	__u32 acknowledgement;
	__u8 offset;
	__u8 flags;
};

static __always_inline bool read_ports(struct packet_head *head, const void *at)
{
	struct tcp_header tcp = {};

	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), at))
		return false;
	head->source_port = bpf_ntohs(tcp.source);
	head->destination_port = bpf_ntohs(tcp.destination);
	head->tcp_flags = tcp.flags;
	return true;
}

/* False unless it is a TCP segment whose network header is in its place. */
static __always_inline bool read_packet(struct packet_head *head, const struct sk_buff *skb)
{
	__u16 protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	__u16 at = BPF_CORE_READ(skb, network_header);
	const void *start = (const void *)BPF_CORE_READ(skb, head) + at;

	if (!at || at == 0xffff)
		return false;
	if (protocol == ETH_P_IP) {
		struct ipv4_header ip = {};

		if (bpf_probe_read_kernel(&ip, sizeof(ip), start) || ip.protocol != IPPROTO_TCP ||
		    ip.version_and_length >> 4 != 4 || (bpf_ntohs(ip.fragment) & 0x1fff))
			return false;
		head->family = AF_INET;
		__builtin_memcpy(head->source, ip.source, 4);
		__builtin_memcpy(head->destination, ip.destination, 4);
		return read_ports(head, start + (ip.version_and_length & 15) * 4);
	}
	if (protocol == ETH_P_IPV6) {
		struct ipv6_header ip = {};

		if (bpf_probe_read_kernel(&ip, sizeof(ip), start) || ip.next_header != IPPROTO_TCP)
			return false;
		head->family = AF_INET6;
		__builtin_memcpy(head->source, ip.source, 16);
		__builtin_memcpy(head->destination, ip.destination, 16);
		return read_ports(head, start + sizeof(ip));
	}
	return false;
}

/* The namespace of the packet's socket, else of its device. */
static __always_inline __u32 netns_of(const struct sk_buff *skb, const struct sock *sk)
{
	const struct net_device *device = BPF_CORE_READ(skb, dev);

	if (sk)
		return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return device ? BPF_CORE_READ(device, nd_net.net, ns.inum) : 0;
}

/* As the packet has it: local is the sender. */
static __always_inline void fill_packet(struct socket_ident *ident, const struct packet_head *head)
{
	ident->family = head->family;
	__builtin_memcpy(ident->local_address, head->source, 16);
	__builtin_memcpy(ident->remote_address, head->destination, 16);
	ident->local_port = head->source_port;
	ident->remote_port = head->destination_port;
}

static __always_inline bool is_ignored(__u32 reason)
{
	__u64 word = reason / 64;

	if (word >= SMALL_REASONS / 64)
		return false;
	/* Keeps the compiler from bounding another register than the one that it uses. */
	asm volatile("%0 &= 3" : "+r"(word));
	return ignored_reasons[word] >> (reason & 63) & 1;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(synscope_drop, struct sk_buff *skb, void *location, __u32 reason)
{
	struct packet_head head = {};
	struct drop_event *event;
	struct inet_sock *copy;
	__u64 kernel_stack = 0, cookie = 0;
	struct sock *sk;

	if (is_ignored(reason))
		return 0;
	if (!read_packet(&head, skb) || !may_tell_drop())
		return 0;
	sk = BPF_CORE_READ(skb, sk);
	copy = sk ? copy_socket(&drop_socket, sk) : NULL;
	if (copy && is_tcp_copy(&copy->sk))
		cookie = have_socket_cookie ? (__u64)copy->sk.__sk_common.skc_cookie.counter :
					      (__u64)(unsigned long)sk;
	if (may_take_stacks(STACK_WALK, STACK_OF_FAILURE))
		kernel_stack = take_stack(ctx, &drop_stack, NULL);
	event = reserve_record(struct drop_event);
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, EVENT_DROP, sizeof(*event));
	fill_packet(&event->socket, &head);
	event->socket.cookie = cookie;
	event->socket.netns = netns_of(skb, sk);
	event->kernel_stack_id = kernel_stack;
	event->reason = reason;
	event->tcp_flags = head.tcp_flags;
	submit_record(event);
	return 0;
}
