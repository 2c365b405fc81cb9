/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The few kernel structures that the programs read, with only the fields that they
 * read. Field offsets are relocated against the running kernel's BTF when the object
 * is loaded (CO-RE), so neither the order nor the completeness matters here, and the
 * build needs no BTF of the machine that builds. Anonymous unions and structs of the
 * kernel are left out: CO-RE looks through them. Renamed fields are in core_fixes.h.
 */
#ifndef SYNSCOPE_KERNEL_TYPES_H
#define SYNSCOPE_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define SOCK_STREAM 1
#define O_NONBLOCK 04000
#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* include/net/tcp_states.h */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
	TCP_NEW_SYN_RECV = 12,
};

/* include/net/tcp.h: what a socket with something to send waits for. */
#define TCP_CHRONO_RWND_LIMITED 2

/* include/net/sock.h: enum sock_flags. */
#define SOCK_KEEPOPEN 3

/* include/linux/sched.h */
#define PF_EXITING 0x00000004
#define PF_IO_WORKER 0x00000010
#define PF_USER_WORKER 0x00004000
#define PF_KTHREAD 0x00200000

/* errno values; 512…516 never reach user space. */
#define EINVAL 22
#define ENOPROTOOPT 92
#define EPROTONOSUPPORT 93
#define ETIMEDOUT 110
#define EALREADY 114
#define EINPROGRESS 115
#define EISCONN 106
#define ECANCELED 125
#define EINTR 4
#define EAGAIN 11
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516

/* include/uapi/linux/errqueue.h */
#define SO_EE_ORIGIN_ICMP 2
#define SO_EE_ORIGIN_ICMP6 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

/* Integers of one byte since 5.13: libbpf fits the load to what it finds. */
struct netns_ipv4 {
	unsigned int sysctl_tcp_keepalive_time;
	unsigned int sysctl_tcp_keepalive_intvl;
	unsigned int sysctl_tcp_keepalive_probes;
	unsigned int sysctl_tcp_retries2;
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

struct in6_addr {
	__u8 bytes[16];
};

typedef struct {
	long long counter;
} atomic64_t;

typedef struct {
	int counter;
} atomic_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned long skc_flags;
	int skc_bound_dev_if;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
};

struct sk_buff_head {
	struct sk_buff *prev;
};

/* include/linux/errqueue.h: what skb->cb holds in sk_error_queue. */
struct sock_extended_err {
	__u32 ee_errno;
	__u8 ee_origin;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct socket;

struct sock_reuseport {
	unsigned int synq_overflow_ts;
};

struct sock {
	struct sock_common __sk_common;
	atomic_t sk_drops;
	struct socket *sk_socket;
	struct sock_reuseport *sk_reuseport_cb;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	struct {
		int owned;
	} sk_lock;
	int sk_err;
	int sk_err_soft;
	__u32 sk_mark;
	struct sk_buff_head sk_error_queue;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_shutdown;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct request_sock_queue {
	atomic_t qlen;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	__u32 icsk_rto;
	__u8 icsk_retransmits;
	__u8 icsk_backoff;
	__u8 icsk_syn_retries;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
	__u32 icsk_probes_tstamp;
	__u32 icsk_user_timeout;
};

struct tcp_options_received {
	int ts_recent_stamp;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_received;
	__u32 srtt_us;
	__u32 snd_cwnd;
	__u32 total_retrans;
	__u32 segs_out;
	__u32 segs_in;
	__u32 snd_wnd;
	__u32 rcv_wnd;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 write_seq;
	__u32 rcv_tstamp;
	unsigned int keepalive_time;
	unsigned int keepalive_intvl;
	__u8 keepalive_probes;
	__u32 chrono_start;
	__u32 chrono_stat[3];
	__u8 chrono_type : 2;
	struct tcp_options_received rx_opt;
};

/* net/mptcp/protocol.h */
struct mptcp_sock {
	struct sock *first;
};

struct request_sock {
	struct sock_common __req_common;
	__u8 num_retrans;
};

struct inet_request_sock {
	struct request_sock req;
};

struct tcp_skb_cb {
	__u32 seq;
};

#include "task_types.h"

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs { /* 21 words in all: see copy_registers() */
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};
#else
#error "synscope: registers of this architecture are not described in kernel_types.h"
#endif

#pragma clang attribute pop

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#endif
