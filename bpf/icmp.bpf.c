/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Which ICMP error hit a socket, and who sent it. No tracepoint has the packet and the
 * socket together, but icmp_rcv() and icmpv6_rcv() give the packet back (consume_skb) right
 * after the socket has reported its error, on the same CPU: so a report leaves a mark, and
 * the next packets that are given back there are looked at. Without a mark this program
 * leaves at once. Errors that the kernel only notes (sk_err_soft of a connection that is
 * established) are not reported and so not seen here.
 */
#ifndef SYNSCOPE_ICMP_H
#define SYNSCOPE_ICMP_H

#include "ring.h"
#include "socket.h"

#define IPPROTO_ICMP 1
#define IPPROTO_ICMPV6 58
/* The report may free packets of its own before the ICMP packet is given back. */
#define PACKETS_TO_LOOK_AT 8

struct icmp_mark {
	struct socket_ident socket;
	__u64 left;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct icmp_mark);
} icmp_marks SEC(".maps");

/* Called by synscope_error. */
static __always_inline void expect_icmp(const struct socket_ident *socket)
{
	struct icmp_mark *mark;
	__u32 zero = 0;

	mark = bpf_map_lookup_elem(&icmp_marks, &zero);
	if (!mark)
		return;
	mark->socket = *socket;
	mark->left = PACKETS_TO_LOOK_AT;
}

struct icmp_packet {
	__u8 from[16];
	__u8 version;
	__u8 type;
	__u8 code;
};

/* The quoted packet is a segment of this socket: another ICMP packet may come just then.
 * `quoted` is its IP header, 8 bytes behind the begin of the ICMP message. */
static __always_inline bool quotes(const struct socket_ident *socket, const __u8 *quoted)
{
	__u8 header[20] = {};
	__be16 ports[2] = {};
	__u32 length;

	if (bpf_probe_read_kernel(header, sizeof(header), quoted))
		return false;
	if (header[0] >> 4 == 4) {
		if (header[9] != IPPROTO_TCP)
			return false;
		length = (header[0] & 15) * 4;
	} else {
		if (header[6] != IPPROTO_TCP)
			return false;
		length = 40;
	}
	return !bpf_probe_read_kernel(ports, sizeof(ports), quoted + length) &&
	       bpf_ntohs(ports[0]) == socket->local_port &&
	       bpf_ntohs(ports[1]) == socket->remote_port;
}

/* RFC 792 and RFC 4443: type and code are the first two bytes behind the IP header. */
static __always_inline bool read_icmp(struct icmp_packet *packet, const struct sk_buff *skb,
				      const struct socket_ident *socket)
{
	const __u8 *start = (const __u8 *)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__u8 header[40] = {}, icmp[2] = {};
	__u32 length;

	if (bpf_probe_read_kernel(header, 20, start))
		return false;
	packet->version = header[0] >> 4;
	if (packet->version == 4) {
		if (header[9] != IPPROTO_ICMP)
			return false;
		length = (header[0] & 15) * 4;
		__builtin_memcpy(packet->from, header + 12, 4);
	} else {
		if (packet->version != 6 || header[6] != IPPROTO_ICMPV6 ||
		    bpf_probe_read_kernel(header, 40, start))
			return false;
		length = 40;
		__builtin_memcpy(packet->from, header + 8, 16);
	}
	if (bpf_probe_read_kernel(icmp, sizeof(icmp), start + length))
		return false;
	packet->type = icmp[0];
	packet->code = icmp[1];
	return quotes(socket, start + length + 8);
}

SEC("tp_btf/consume_skb")
int BPF_PROG(synscope_icmp, struct sk_buff *skb)
{
	struct icmp_packet packet = {};
	struct icmp_event *event;
	struct icmp_mark *mark;
	__u32 zero = 0;

	mark = bpf_map_lookup_elem(&icmp_marks, &zero);
	if (!mark || !mark->left)
		return 0;
	mark->left--;
	if (!read_icmp(&packet, skb, &mark->socket))
		return 0;
	mark->left = 0;
	event = reserve_record(struct icmp_event);
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	fill_header(&event->header, EVENT_ICMP, sizeof(*event));
	event->socket = mark->socket;
	__builtin_memcpy(event->from, packet.from, 16);
	event->version = packet.version;
	event->type = packet.type;
	event->code = packet.code;
	submit_record(event);
	return 0;
}

#endif
