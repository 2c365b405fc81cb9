/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * The event layout: the only hand-written description of what crosses from the
 * kernel to user space. Filled by bpf/<family>.bpf.c; copied without being read by
 * native/; decoded by contract/generated/events.ts, which is generated from this
 * file's BTF (`npm run generate`) together with a layout hash that the addon and the
 * engine compare at load. What waits has its records in waiting_events.h, a part of this.
 *
 * Rules: fixed-width types, explicit padding, no bitfields, no packing, sizes that
 * are multiples of 8. Ports are in host byte order, addresses in network byte order
 * (IPv4 in the first four bytes). Times are CLOCK_MONOTONIC nanoseconds. Text is
 * NUL-terminated unless it fills its array.
 */
#ifndef SYNSCOPE_EVENTS_H
#define SYNSCOPE_EVENTS_H

#define THREAD_COMM_LEN 16
#define STACK_MAX_FRAMES 64
#define STACK_PAGE_BYTES 4096
#define STACK_COPY_PAGES 5 /* the page of the stack pointer and 16 KiB above it */
#define STACK_REGISTERS 33
#define CMDLINE_LEN 512
#define EXE_PARTS 16
#define EXE_PART_LEN 64
#define CGROUP_PARTS 10
#define CGROUP_PART_LEN 96

/* What a record is; `event_header.kind`. */
enum event_kind {
	EVENT_STATE = 1,	  /* tp_btf/inet_sock_set_state */
	EVENT_CONNECT = 2,	  /* connect(2) returned: fd and result */
	EVENT_ACCEPT = 3,	  /* accept(2) returned a connection: fd and owner */
	EVENT_RETRANSMIT = 4,	  /* tp_btf/tcp_retransmit_skb: SYN or data */
	EVENT_SYNACK_RETRANSMIT = 5, /* tp_btf/tcp_retransmit_synack */
	EVENT_RESET_SENT = 6,	  /* tp_btf/tcp_send_reset */
	EVENT_RESET_RECEIVED = 7, /* tp_btf/tcp_receive_reset */
	EVENT_ERROR = 8,	  /* tp_btf/inet_sk_error_report */
	EVENT_DESTROY = 9,	  /* tp_btf/tcp_destroy_sock */
	EVENT_SOCKET = 10,	  /* iter/tcp, iter/task_file: a socket as it is now */
	EVENT_PROCESS = 11,	  /* first event of a process image: who it is */
	EVENT_STACK = 12,	  /* return addresses, once per distinct stack */
	EVENT_ICMP = 15,	  /* tp_btf/consume_skb: the ICMP error that a socket reported */
	EVENT_FAILED_CALL = 14,	  /* socket, bind, listen or accept returned an error */
	EVENT_DROP = 13,	  /* tp_btf/kfree_skb: a TCP packet was thrown away */
	EVENT_TIMERS = 16,	  /* a socket that waits, or that a timer gave up */
	EVENT_LISTENER = 17,	  /* iter/tcp: a listener that had no room */
	EVENT_THREAD_STACK = 18,  /* iter.s/task: where a thread stands that was asked for */
	EVENT_STACK_COPY = 20,	  /* registers and stack bytes of a program, each time */
};

/* Begins every record. */
struct event_header {
	__u64 time_ns;
	__u16 kind; /* enum event_kind */
	__u16 size; /* bytes of the whole record, a multiple of 8 */
	__u32 cpu;
};

/* The socket an event belongs to. `cookie` is the kernel's socket cookie, as `ss -e`
 * prints it; 0 when the kernel has not given one (connect failed before any state
 * change). Ports come from inet_sport/inet_dport: inet_num is already 0 once the
 * kernel has given the port back. */
struct socket_ident {
	__u64 cookie;
	__u32 netns;  /* inode number of the network namespace */
	__u16 family; /* AF_INET or AF_INET6 */
	__u8 state;   /* sk_state at the time of the event, TCP_ESTABLISHED = 1 … */
	__u8 shutdown; /* sk_shutdown: 1 receive, 2 send */
	__u8 local_address[16];
	__u8 remote_address[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 bound_device; /* index of the interface that it is bound to (sk_bound_dev_if); 0 = none */
};

/* The task in whose context an event ran; tgid 0 when it ran in softirq or on behalf
 * of nobody (sk_lock.owned == 0), so that an innocent `current` is never an owner.
 * (tgid, start_ns, exec_id) names a process image. */
struct task_ident {
	__u64 start_ns; /* group_leader->start_boottime (start_time before 5.5) */
	__u32 tgid;
	__u32 tid;
	__u32 uid;
	__u32 exec_id; /* self_exec_id: an exec makes a new image of the same pid */
	char thread_comm[THREAD_COMM_LEN];
};

/* Counters of struct tcp_sock, since the connection began. */
struct socket_counters {
	__u64 bytes_sent;     /* with retransmissions */
	__u64 bytes_retrans;  /* of which retransmitted */
	__u64 bytes_received; /* counts a received FIN as one byte */
	__u32 srtt_us;	      /* smoothed round-trip time; 0 = not measured */
	__u32 snd_cwnd;	      /* packets */
	__u32 total_retrans;  /* segments */
	__u32 segs_out;
	__u32 segs_in;
	__u32 icsk_retransmits; /* unanswered retransmissions in a row */
	__u32 rwnd_limited_ms; /* had data and might not send it: the peer's window (tcpi_rwnd_limited) */
	__u32 pad;
};

/* Why an event that wanted the program's stack has none. */
enum stack_missing {
	STACK_MISSING_NOT = 0, /* it has one, or nobody wanted one */
	STACK_MISSING_LEFT_OUT = 1, /* too many in a tenth of a second */
	STACK_MISSING_UNREADABLE = 2, /* no registers, or no memory at the stack pointer */
};

struct state_event {
	struct event_header header;
	struct socket_ident socket;
	struct task_ident task;
	struct socket_counters counters;
	__u64 kernel_stack_id; /* 0 = none taken; see struct stack_event */
	__u64 user_stack_id;
	__u8 old_state;
	__u8 new_state;
	__u8 in_task; /* 1 = the task held the socket's lock: its own call did this */
	__u8 task_exiting; /* 1 = PF_EXITING: closed because the process ended */
	__s32 sk_err;	   /* errno, positive, 0 = none */
	__s32 sk_err_soft;
	/* An accepted connection that is established: how long before it its listener had
	 * last answered a SYN by a cookie, ms, and 1 more; 0 = not within two minutes. */
	__u32 syn_cookie_ms;
	__u8 user_stack_missing; /* enum stack_missing */
	__u8 pad[3];
	__u32 mark; /* sk_mark, which SO_MARK sets: rules of policy routing go by it */
};

/* connect(2) or accept(2) returned. For a failed connect the socket may carry no
 * tuple any more; `asked_*` is the address that the caller passed. */
struct call_event {
	struct event_header header;
	struct socket_ident socket;
	struct task_ident task;
	__u64 kernel_stack_id;
	__u64 user_stack_id;
	__s32 fd;     /* connect: the argument; accept: the result */
	__s32 result; /* 0 or -errno; accept: 0 */
	__u16 asked_family;
	__u16 asked_port;
	__u8 asked_address[16];
	__u8 nonblocking; /* O_NONBLOCK set on the file */
	__u8 via;	  /* enum call_via */
	__u8 user_stack_missing; /* enum stack_missing */
	__u8 pad;
	__u32 mark; /* sk_mark */
	__u32 pad2;
};

/* How a call was observed. */
enum call_via {
	CALL_VIA_FEXIT = 1,
	CALL_VIA_SYS_EXIT = 2,
	CALL_VIA_IO_URING = 3, /* a request that completed: it was no system call */
};

/* A call for a TCP socket that failed, other than connect(2). `socket` has only its
 * namespace when there is no socket. */
enum failed_call {
	CALL_SOCKET = 1,
	CALL_BIND = 2,
	CALL_LISTEN = 3,
	CALL_ACCEPT = 4,
};

struct failed_call_event {
	struct event_header header;
	struct socket_ident socket;
	struct task_ident task;
	__u64 user_stack_id;
	__s32 fd;     /* -1 for socket(2) */
	__s32 result; /* -errno */
	__u32 descriptor_limit; /* RLIMIT_NOFILE, soft */
	__u16 asked_family; /* of bind(2), and the domain of socket(2) */
	__u16 asked_port;
	__u8 asked_address[16];
	__u8 call; /* enum failed_call */
	__u8 via;  /* enum call_via */
	__u8 user_stack_missing; /* enum stack_missing */
	__u8 pad[5];
};

struct retransmit_event {
	struct event_header header;
	struct socket_ident socket;
	struct socket_counters counters;
	__u32 rto_us; /* icsk_rto, before it is doubled for the next try */
	__u32 sequence; /* first sequence number of the segment; 0 = unknown */
	__u32 snd_wnd; /* bytes that the peer's window leaves; 0 = closed */
	__u8 backoff;  /* how often the timeout has been doubled by now */
	__u8 pad[3];
};

struct reset_event {
	struct event_header header;
	struct socket_ident socket;
	struct task_ident task; /* RST sent by a task's own close() */
	__u64 kernel_stack_id;
	__u32 reason; /* enum sk_rst_reason, since 6.10; 0 = not given */
	__u32 pad;
};

/* A TCP packet that was thrown away. `socket` is what its header says: local is the
 * sender; the cookie is that of the packet's own socket, 0 when it had none. */
struct drop_event {
	struct event_header header;
	struct socket_ident socket;
	__u64 kernel_stack_id;
	__u32 reason; /* enum skb_drop_reason of the running kernel */
	__u8 tcp_flags; /* RFC 9293: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK */
	__u8 pad[3];
};

/* An ICMP error that made a socket report an error. */
struct icmp_event {
	struct event_header header;
	struct socket_ident socket;
	__u8 from[16]; /* who sent it, as the outer IP header says */
	__u8 version;  /* 4 or 6 */
	__u8 type;
	__u8 code;
	__u8 pad[5];
};

struct error_event {
	struct event_header header;
	struct socket_ident socket;
	__u64 kernel_stack_id;
	__s32 sk_err;
	__s32 sk_err_soft;
};

struct destroy_event {
	struct event_header header;
	struct socket_ident socket;
	struct socket_counters counters;
};

/* A socket found by an iterator: at start (connections older than the capture) and
 * once a second (metrics). From iter/task_file it has an owner and fd. */
struct socket_event {
	struct event_header header;
	struct socket_ident socket;
	struct task_ident task;
	struct socket_counters counters;
	__s32 fd; /* -1 = found by iter/tcp, owner unknown */
	__u32 pad;
};

/* Who a process image is, read in its own context at its first event. Paths are
 * parts from the leaf to the root ("curl", "bin", "usr"). */
struct process_event {
	struct event_header header;
	struct task_ident task;
	__u64 cgroup_id;
	__u32 parent_tgid;
	__u32 namespace_tgid; /* its pid inside its own pid namespace */
	__u32 gid;
	__u16 cmdline_len; /* bytes used in cmdline, arguments end with NUL */
	__u8 exe_count;
	__u8 cgroup_count;
	__u8 exe_truncated;
	__u8 cmdline_truncated;
	__u8 cgroup_truncated;
	__u8 pad[5];
	char comm[THREAD_COMM_LEN]; /* of the group leader */
	char cmdline[CMDLINE_LEN];
	char exe[EXE_PARTS][EXE_PART_LEN];
	char cgroup[CGROUP_PARTS][CGROUP_PART_LEN];
};

/* How user return addresses were obtained; each frame shows it. */
enum stack_unwinder {
	UNWIND_KERNEL = 1,	  /* kernel stack, ORC or frame pointers */
	UNWIND_FRAME_POINTER = 2, /* user stack, frame pointers: may be wrong */
	UNWIND_COPY = 3,	  /* user stack, unwound from a struct stack_copy_event */
};

/* The return addresses of one distinct stack, innermost first. `stack_id` is a hash
 * of (tgid, start_ns, exec_id, addresses) for a user stack and of the addresses for
 * a kernel stack. Sent at the first time that an event refers to it. */
struct stack_event {
	struct event_header header;
	__u64 stack_id;
	struct task_ident task;
	__u8 unwinder; /* enum stack_unwinder */
	__u8 pad;
	__u16 depth; /* addresses used */
	__u32 pad2;
	/* The word at the user stack pointer, 0 = not read. A C library's syscall stub
	 * sets up no frame, so the walk skips its caller: this is where it would return
	 * to, if it is a code address at all. */
	__u64 at_stack_pointer;
	__u64 addresses[STACK_MAX_FRAMES];
};

/* The stack of a program, to be unwound in user space: what its registers were when it
 * entered the kernel, and the memory above its stack pointer. Sent each time; `stack_id`
 * is unique. `pages` times STACK_PAGE_BYTES follow; a page that could not be read is zero
 * and its bit in `readable` is not set. */
struct stack_copy_event {
	struct event_header header;
	__u64 stack_id;
	struct task_ident task;
	__u64 start;	/* address of the first page, that of the stack pointer */
	__u32 readable; /* bit n = page n could be read */
	__u16 pages;
	__u16 pad;
	/* In the order of DWARF: x86-64 rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8-r15,
	 * rip; arm64 x0-x30, sp, pc. The rest is 0. */
	__u64 registers[STACK_REGISTERS];
};

/* What the kernel side counted, one per CPU, in a map that the addon reads:
 * emitted == delivered + lost must hold. */
struct capture_counts {
	__u64 emitted; /* reservations tried */
	__u64 lost;    /* reservations refused: the ring was full */
	__u64 rescued; /* state changes that only the second program of the hook could record */
	__u64 drops_skipped; /* thrown away packets that were not told: too many in a tenth of a second */
	__u64 stacks_skipped; /* stacks left out: too many in a tenth of a second */
	__u64 stacks_lost; /* of `lost`: stack copies, which are larger than all else */
};

#include "waiting_events.h"

#endif
