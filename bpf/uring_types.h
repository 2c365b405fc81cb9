/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * What uring.bpf.c reads of io_uring: the kernel's structures as far as they are read
 * (see kernel_types.h), and a request as the program wrote it.
 */
#ifndef SYNSCOPE_URING_TYPES_H
#define SYNSCOPE_URING_TYPES_H

#include "kernel_types.h"

/* include/uapi/linux/io_uring.h */
#define IORING_OP_ACCEPT 13
#define IORING_OP_CONNECT 16
#define IORING_OP_SOCKET 45
#define IORING_OP_BIND 56
#define IORING_OP_LISTEN 57
#define IOSQE_FIXED_FILE (1u << 0)
#define IOSQE_ASYNC (1u << 4)
#define IORING_SETUP_SQE128 (1u << 10)
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#define IORING_SETUP_SQ_REWIND (1u << 20)

/* struct io_uring_sqe of the same header, as far as it is the same for every request. */
struct uring_request {
	__u8 opcode;
	__u8 flags;
	__u16 ioprio;
	__s32 fd;    /* socket: the domain */
	__u64 addr2; /* connect, bind: length of the address; socket: the type */
	__u64 addr;  /* connect, bind: the address */
	__u32 len;   /* socket: the protocol */
	__u32 op_flags;
	__u64 user_data;
};

#define SQE_BYTES 64

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_uring_sqe;

struct io_uring {
	__u32 head;
};

struct io_rings {
	struct io_uring sq;
};

struct io_ring_ctx {
	struct io_rings *rings;
	unsigned int flags;
	__u32 *sq_array;
	struct io_uring_sqe *sq_sqes;
	unsigned int cached_sq_head;
	unsigned int sq_entries;
};

/* 5.19, cef216fc32d7: a request keeps its result. */
struct io_cqe {
	__u64 user_data;
	__s32 res;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

#pragma clang attribute pop

#endif
