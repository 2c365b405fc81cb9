/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * All programs in one object, since they share the maps. One file per family of
 * hooks; loaded and attached by native/src/hooks.cc.
 */
#include "state.bpf.c"
#include "retransmit.bpf.c"
#include "reset.bpf.c"
#include "icmp.bpf.c"
#include "error.bpf.c"
#include "drop.bpf.c"
#include "destroy.bpf.c"
#include "calls.bpf.c"
#include "uring.bpf.c"
#include "sockets.bpf.c"
#include "thread_stack.bpf.c"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
