/* SPDX-License-Identifier: (GPL-2.0-only OR MIT)
 *
 * Mentions every type of events.h once, so that the compiler writes it into BTF.
 * Compiled by scripts/generate-events.ts only; never loaded into a kernel. The
 * generator fails when events.h has a type that is not listed here.
 */
#include <linux/types.h>
#include "events.h"

enum event_kind layout_event_kind;
enum call_via layout_call_via;
enum failed_call layout_failed_call;
enum stack_unwinder layout_stack_unwinder;
enum timers_occasion layout_timers_occasion;
enum stack_missing layout_stack_missing;
enum thread_place layout_thread_place;

struct state_event layout_state_event;
struct call_event layout_call_event;
struct failed_call_event layout_failed_call_event;
struct retransmit_event layout_retransmit_event;
struct timers_event layout_timers_event;
struct listener_event layout_listener_event;
struct reset_event layout_reset_event;
struct drop_event layout_drop_event;
struct icmp_event layout_icmp_event;
struct error_event layout_error_event;
struct destroy_event layout_destroy_event;
struct socket_event layout_socket_event;
struct process_event layout_process_event;
struct stack_event layout_stack_event;
struct stack_copy_event layout_stack_copy_event;
struct thread_wanted layout_thread_wanted;
struct thread_stack_event layout_thread_stack_event;
struct capture_counts layout_capture_counts;
