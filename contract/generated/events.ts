// Generated from bpf/events.h by scripts/generate-events.ts. Do not edit:
// change bpf/events.h and run `node_modules/.bin/node scripts/generate-events.ts`.
//
// Readers are flyweights: `reader.at(view, offset)` points one at a record and its
// getters read from there; nothing is copied before it is asked for. Each 64-bit field
// `x` is a bigint, with `xNumber` (exact below 2^53) and its halves `xHigh`, `xLow`.

const TEXT = new TextDecoder();
const EMPTY = new DataView(new ArrayBuffer(0));

/** Text up to the first NUL, or the whole array. */
function text(view: DataView, offset: number, length: number): string {
  let ascii = '';
  for (let i = 0; i < length; i++) {
    const byte = view.getUint8(offset + i);
    if (byte === 0) return ascii;
    if (byte > 0x7f) return longText(view, offset, length);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

function longText(view: DataView, offset: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
  const end = bytes.indexOf(0);
  return TEXT.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export const LAYOUT_HASH =
  '450ad5d2dc538287cabab261828a5da700c44cc54ff62ca140866898a3641b60';

/** enum call_via */
export const CallVia = {
  FEXIT: 1,
  SYS_EXIT: 2,
  IO_URING: 3,
} as const;

/** enum event_kind */
export const EventKind = {
  STATE: 1,
  CONNECT: 2,
  ACCEPT: 3,
  RETRANSMIT: 4,
  SYNACK_RETRANSMIT: 5,
  RESET_SENT: 6,
  RESET_RECEIVED: 7,
  ERROR: 8,
  DESTROY: 9,
  SOCKET: 10,
  PROCESS: 11,
  STACK: 12,
  ICMP: 15,
  FAILED_CALL: 14,
  DROP: 13,
  TIMERS: 16,
  LISTENER: 17,
  THREAD_STACK: 18,
  STACK_COPY: 20,
} as const;

/** enum failed_call */
export const FailedCall = {
  SOCKET: 1,
  BIND: 2,
  LISTEN: 3,
  ACCEPT: 4,
} as const;

/** enum stack_missing */
export const StackMissing = {
  NOT: 0,
  LEFT_OUT: 1,
  UNREADABLE: 2,
} as const;

/** enum stack_unwinder */
export const StackUnwinder = {
  KERNEL: 1,
  FRAME_POINTER: 2,
  COPY: 3,
} as const;

/** enum thread_place */
export const ThreadPlace = {
  IN_CONNECT: 1,
  IN_CALL: 2,
  IN_PROGRAM: 3,
  RUNNING: 4,
} as const;

/** enum timers_occasion */
export const TimersOccasion = {
  WAITING: 1,
  GAVE_UP: 2,
} as const;

/** Size and flat fields of every struct, in bytes from its start. */
export const LAYOUT = {
  call_event: {
    size: 168,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'task.start_ns': { offset: 72, type: 'u64', count: 1 },
      'task.tgid': { offset: 80, type: 'u32', count: 1 },
      'task.tid': { offset: 84, type: 'u32', count: 1 },
      'task.uid': { offset: 88, type: 'u32', count: 1 },
      'task.exec_id': { offset: 92, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 96, type: 'char', count: 16 },
      'kernel_stack_id': { offset: 112, type: 'u64', count: 1 },
      'user_stack_id': { offset: 120, type: 'u64', count: 1 },
      'fd': { offset: 128, type: 's32', count: 1 },
      'result': { offset: 132, type: 's32', count: 1 },
      'asked_family': { offset: 136, type: 'u16', count: 1 },
      'asked_port': { offset: 138, type: 'u16', count: 1 },
      'asked_address': { offset: 140, type: 'u8', count: 16 },
      'nonblocking': { offset: 156, type: 'u8', count: 1 },
      'via': { offset: 157, type: 'u8', count: 1 },
      'user_stack_missing': { offset: 158, type: 'u8', count: 1 },
      'pad': { offset: 159, type: 'u8', count: 1 },
      'mark': { offset: 160, type: 'u32', count: 1 },
      'pad2': { offset: 164, type: 'u32', count: 1 },
    },
  },
  capture_counts: {
    size: 48,
    fields: {
      'emitted': { offset: 0, type: 'u64', count: 1 },
      'lost': { offset: 8, type: 'u64', count: 1 },
      'rescued': { offset: 16, type: 'u64', count: 1 },
      'drops_skipped': { offset: 24, type: 'u64', count: 1 },
      'stacks_skipped': { offset: 32, type: 'u64', count: 1 },
      'stacks_lost': { offset: 40, type: 'u64', count: 1 },
    },
  },
  destroy_event: {
    size: 128,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'counters.bytes_sent': { offset: 72, type: 'u64', count: 1 },
      'counters.bytes_retrans': { offset: 80, type: 'u64', count: 1 },
      'counters.bytes_received': { offset: 88, type: 'u64', count: 1 },
      'counters.srtt_us': { offset: 96, type: 'u32', count: 1 },
      'counters.snd_cwnd': { offset: 100, type: 'u32', count: 1 },
      'counters.total_retrans': { offset: 104, type: 'u32', count: 1 },
      'counters.segs_out': { offset: 108, type: 'u32', count: 1 },
      'counters.segs_in': { offset: 112, type: 'u32', count: 1 },
      'counters.icsk_retransmits': { offset: 116, type: 'u32', count: 1 },
      'counters.rwnd_limited_ms': { offset: 120, type: 'u32', count: 1 },
      'counters.pad': { offset: 124, type: 'u32', count: 1 },
    },
  },
  drop_event: {
    size: 88,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'kernel_stack_id': { offset: 72, type: 'u64', count: 1 },
      'reason': { offset: 80, type: 'u32', count: 1 },
      'tcp_flags': { offset: 84, type: 'u8', count: 1 },
      'pad': { offset: 85, type: 'u8', count: 3 },
    },
  },
  error_event: {
    size: 88,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'kernel_stack_id': { offset: 72, type: 'u64', count: 1 },
      'sk_err': { offset: 80, type: 's32', count: 1 },
      'sk_err_soft': { offset: 84, type: 's32', count: 1 },
    },
  },
  event_header: {
    size: 16,
    fields: {
      'time_ns': { offset: 0, type: 'u64', count: 1 },
      'kind': { offset: 8, type: 'u16', count: 1 },
      'size': { offset: 10, type: 'u16', count: 1 },
      'cpu': { offset: 12, type: 'u32', count: 1 },
    },
  },
  failed_call_event: {
    size: 160,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'task.start_ns': { offset: 72, type: 'u64', count: 1 },
      'task.tgid': { offset: 80, type: 'u32', count: 1 },
      'task.tid': { offset: 84, type: 'u32', count: 1 },
      'task.uid': { offset: 88, type: 'u32', count: 1 },
      'task.exec_id': { offset: 92, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 96, type: 'char', count: 16 },
      'user_stack_id': { offset: 112, type: 'u64', count: 1 },
      'fd': { offset: 120, type: 's32', count: 1 },
      'result': { offset: 124, type: 's32', count: 1 },
      'descriptor_limit': { offset: 128, type: 'u32', count: 1 },
      'asked_family': { offset: 132, type: 'u16', count: 1 },
      'asked_port': { offset: 134, type: 'u16', count: 1 },
      'asked_address': { offset: 136, type: 'u8', count: 16 },
      'call': { offset: 152, type: 'u8', count: 1 },
      'via': { offset: 153, type: 'u8', count: 1 },
      'user_stack_missing': { offset: 154, type: 'u8', count: 1 },
      'pad': { offset: 155, type: 'u8', count: 5 },
    },
  },
  icmp_event: {
    size: 96,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'from': { offset: 72, type: 'u8', count: 16 },
      'version': { offset: 88, type: 'u8', count: 1 },
      'type': { offset: 89, type: 'u8', count: 1 },
      'code': { offset: 90, type: 'u8', count: 1 },
      'pad': { offset: 91, type: 'u8', count: 5 },
    },
  },
  listener_event: {
    size: 96,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'accept_queue': { offset: 72, type: 'u32', count: 1 },
      'accept_queue_most': { offset: 76, type: 'u32', count: 1 },
      'syn_queue': { offset: 80, type: 'u32', count: 1 },
      'drops': { offset: 84, type: 'u32', count: 1 },
      'syn_cookie_ms': { offset: 88, type: 'u32', count: 1 },
      'pad': { offset: 92, type: 'u32', count: 1 },
    },
  },
  process_event: {
    size: 2600,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'task.start_ns': { offset: 16, type: 'u64', count: 1 },
      'task.tgid': { offset: 24, type: 'u32', count: 1 },
      'task.tid': { offset: 28, type: 'u32', count: 1 },
      'task.uid': { offset: 32, type: 'u32', count: 1 },
      'task.exec_id': { offset: 36, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 40, type: 'char', count: 16 },
      'cgroup_id': { offset: 56, type: 'u64', count: 1 },
      'parent_tgid': { offset: 64, type: 'u32', count: 1 },
      'namespace_tgid': { offset: 68, type: 'u32', count: 1 },
      'gid': { offset: 72, type: 'u32', count: 1 },
      'cmdline_len': { offset: 76, type: 'u16', count: 1 },
      'exe_count': { offset: 78, type: 'u8', count: 1 },
      'cgroup_count': { offset: 79, type: 'u8', count: 1 },
      'exe_truncated': { offset: 80, type: 'u8', count: 1 },
      'cmdline_truncated': { offset: 81, type: 'u8', count: 1 },
      'cgroup_truncated': { offset: 82, type: 'u8', count: 1 },
      'pad': { offset: 83, type: 'u8', count: 5 },
      'comm': { offset: 88, type: 'char', count: 16 },
      'cmdline': { offset: 104, type: 'char', count: 512 },
      'exe': { offset: 616, type: 'char', count: 1024 },
      'cgroup': { offset: 1640, type: 'char', count: 960 },
    },
  },
  reset_event: {
    size: 128,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'task.start_ns': { offset: 72, type: 'u64', count: 1 },
      'task.tgid': { offset: 80, type: 'u32', count: 1 },
      'task.tid': { offset: 84, type: 'u32', count: 1 },
      'task.uid': { offset: 88, type: 'u32', count: 1 },
      'task.exec_id': { offset: 92, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 96, type: 'char', count: 16 },
      'kernel_stack_id': { offset: 112, type: 'u64', count: 1 },
      'reason': { offset: 120, type: 'u32', count: 1 },
      'pad': { offset: 124, type: 'u32', count: 1 },
    },
  },
  retransmit_event: {
    size: 144,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'counters.bytes_sent': { offset: 72, type: 'u64', count: 1 },
      'counters.bytes_retrans': { offset: 80, type: 'u64', count: 1 },
      'counters.bytes_received': { offset: 88, type: 'u64', count: 1 },
      'counters.srtt_us': { offset: 96, type: 'u32', count: 1 },
      'counters.snd_cwnd': { offset: 100, type: 'u32', count: 1 },
      'counters.total_retrans': { offset: 104, type: 'u32', count: 1 },
      'counters.segs_out': { offset: 108, type: 'u32', count: 1 },
      'counters.segs_in': { offset: 112, type: 'u32', count: 1 },
      'counters.icsk_retransmits': { offset: 116, type: 'u32', count: 1 },
      'counters.rwnd_limited_ms': { offset: 120, type: 'u32', count: 1 },
      'counters.pad': { offset: 124, type: 'u32', count: 1 },
      'rto_us': { offset: 128, type: 'u32', count: 1 },
      'sequence': { offset: 132, type: 'u32', count: 1 },
      'snd_wnd': { offset: 136, type: 'u32', count: 1 },
      'backoff': { offset: 140, type: 'u8', count: 1 },
      'pad': { offset: 141, type: 'u8', count: 3 },
    },
  },
  socket_counters: {
    size: 56,
    fields: {
      'bytes_sent': { offset: 0, type: 'u64', count: 1 },
      'bytes_retrans': { offset: 8, type: 'u64', count: 1 },
      'bytes_received': { offset: 16, type: 'u64', count: 1 },
      'srtt_us': { offset: 24, type: 'u32', count: 1 },
      'snd_cwnd': { offset: 28, type: 'u32', count: 1 },
      'total_retrans': { offset: 32, type: 'u32', count: 1 },
      'segs_out': { offset: 36, type: 'u32', count: 1 },
      'segs_in': { offset: 40, type: 'u32', count: 1 },
      'icsk_retransmits': { offset: 44, type: 'u32', count: 1 },
      'rwnd_limited_ms': { offset: 48, type: 'u32', count: 1 },
      'pad': { offset: 52, type: 'u32', count: 1 },
    },
  },
  socket_event: {
    size: 176,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'task.start_ns': { offset: 72, type: 'u64', count: 1 },
      'task.tgid': { offset: 80, type: 'u32', count: 1 },
      'task.tid': { offset: 84, type: 'u32', count: 1 },
      'task.uid': { offset: 88, type: 'u32', count: 1 },
      'task.exec_id': { offset: 92, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 96, type: 'char', count: 16 },
      'counters.bytes_sent': { offset: 112, type: 'u64', count: 1 },
      'counters.bytes_retrans': { offset: 120, type: 'u64', count: 1 },
      'counters.bytes_received': { offset: 128, type: 'u64', count: 1 },
      'counters.srtt_us': { offset: 136, type: 'u32', count: 1 },
      'counters.snd_cwnd': { offset: 140, type: 'u32', count: 1 },
      'counters.total_retrans': { offset: 144, type: 'u32', count: 1 },
      'counters.segs_out': { offset: 148, type: 'u32', count: 1 },
      'counters.segs_in': { offset: 152, type: 'u32', count: 1 },
      'counters.icsk_retransmits': { offset: 156, type: 'u32', count: 1 },
      'counters.rwnd_limited_ms': { offset: 160, type: 'u32', count: 1 },
      'counters.pad': { offset: 164, type: 'u32', count: 1 },
      'fd': { offset: 168, type: 's32', count: 1 },
      'pad': { offset: 172, type: 'u32', count: 1 },
    },
  },
  socket_ident: {
    size: 56,
    fields: {
      'cookie': { offset: 0, type: 'u64', count: 1 },
      'netns': { offset: 8, type: 'u32', count: 1 },
      'family': { offset: 12, type: 'u16', count: 1 },
      'state': { offset: 14, type: 'u8', count: 1 },
      'shutdown': { offset: 15, type: 'u8', count: 1 },
      'local_address': { offset: 16, type: 'u8', count: 16 },
      'remote_address': { offset: 32, type: 'u8', count: 16 },
      'local_port': { offset: 48, type: 'u16', count: 1 },
      'remote_port': { offset: 50, type: 'u16', count: 1 },
      'bound_device': { offset: 52, type: 'u32', count: 1 },
    },
  },
  socket_timers: {
    size: 56,
    fields: {
      'rto_us': { offset: 0, type: 'u32', count: 1 },
      'user_timeout_ms': { offset: 4, type: 'u32', count: 1 },
      'keepalive_time_ms': { offset: 8, type: 'u32', count: 1 },
      'keepalive_intvl_ms': { offset: 12, type: 'u32', count: 1 },
      'snd_wnd': { offset: 16, type: 'u32', count: 1 },
      'rcv_wnd': { offset: 20, type: 'u32', count: 1 },
      'unacked': { offset: 24, type: 'u32', count: 1 },
      'unsent': { offset: 28, type: 'u32', count: 1 },
      'ack_ms': { offset: 32, type: 'u32', count: 1 },
      'data_ms': { offset: 36, type: 'u32', count: 1 },
      'probing_ms': { offset: 40, type: 'u32', count: 1 },
      'retransmits': { offset: 44, type: 'u8', count: 1 },
      'backoff': { offset: 45, type: 'u8', count: 1 },
      'probes_out': { offset: 46, type: 'u8', count: 1 },
      'keepalive_probes': { offset: 47, type: 'u8', count: 1 },
      'retries2': { offset: 48, type: 'u8', count: 1 },
      'syn_retries': { offset: 49, type: 'u8', count: 1 },
      'keepalive': { offset: 50, type: 'u8', count: 1 },
      'orphan': { offset: 51, type: 'u8', count: 1 },
      'pad': { offset: 52, type: 'u8', count: 4 },
    },
  },
  stack_copy_event: {
    size: 344,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'stack_id': { offset: 16, type: 'u64', count: 1 },
      'task.start_ns': { offset: 24, type: 'u64', count: 1 },
      'task.tgid': { offset: 32, type: 'u32', count: 1 },
      'task.tid': { offset: 36, type: 'u32', count: 1 },
      'task.uid': { offset: 40, type: 'u32', count: 1 },
      'task.exec_id': { offset: 44, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 48, type: 'char', count: 16 },
      'start': { offset: 64, type: 'u64', count: 1 },
      'readable': { offset: 72, type: 'u32', count: 1 },
      'pages': { offset: 76, type: 'u16', count: 1 },
      'pad': { offset: 78, type: 'u16', count: 1 },
      'registers': { offset: 80, type: 'u64', count: 33 },
    },
  },
  stack_event: {
    size: 592,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'stack_id': { offset: 16, type: 'u64', count: 1 },
      'task.start_ns': { offset: 24, type: 'u64', count: 1 },
      'task.tgid': { offset: 32, type: 'u32', count: 1 },
      'task.tid': { offset: 36, type: 'u32', count: 1 },
      'task.uid': { offset: 40, type: 'u32', count: 1 },
      'task.exec_id': { offset: 44, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 48, type: 'char', count: 16 },
      'unwinder': { offset: 64, type: 'u8', count: 1 },
      'pad': { offset: 65, type: 'u8', count: 1 },
      'depth': { offset: 66, type: 'u16', count: 1 },
      'pad2': { offset: 68, type: 'u32', count: 1 },
      'at_stack_pointer': { offset: 72, type: 'u64', count: 1 },
      'addresses': { offset: 80, type: 'u64', count: 64 },
    },
  },
  state_event: {
    size: 208,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'task.start_ns': { offset: 72, type: 'u64', count: 1 },
      'task.tgid': { offset: 80, type: 'u32', count: 1 },
      'task.tid': { offset: 84, type: 'u32', count: 1 },
      'task.uid': { offset: 88, type: 'u32', count: 1 },
      'task.exec_id': { offset: 92, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 96, type: 'char', count: 16 },
      'counters.bytes_sent': { offset: 112, type: 'u64', count: 1 },
      'counters.bytes_retrans': { offset: 120, type: 'u64', count: 1 },
      'counters.bytes_received': { offset: 128, type: 'u64', count: 1 },
      'counters.srtt_us': { offset: 136, type: 'u32', count: 1 },
      'counters.snd_cwnd': { offset: 140, type: 'u32', count: 1 },
      'counters.total_retrans': { offset: 144, type: 'u32', count: 1 },
      'counters.segs_out': { offset: 148, type: 'u32', count: 1 },
      'counters.segs_in': { offset: 152, type: 'u32', count: 1 },
      'counters.icsk_retransmits': { offset: 156, type: 'u32', count: 1 },
      'counters.rwnd_limited_ms': { offset: 160, type: 'u32', count: 1 },
      'counters.pad': { offset: 164, type: 'u32', count: 1 },
      'kernel_stack_id': { offset: 168, type: 'u64', count: 1 },
      'user_stack_id': { offset: 176, type: 'u64', count: 1 },
      'old_state': { offset: 184, type: 'u8', count: 1 },
      'new_state': { offset: 185, type: 'u8', count: 1 },
      'in_task': { offset: 186, type: 'u8', count: 1 },
      'task_exiting': { offset: 187, type: 'u8', count: 1 },
      'sk_err': { offset: 188, type: 's32', count: 1 },
      'sk_err_soft': { offset: 192, type: 's32', count: 1 },
      'syn_cookie_ms': { offset: 196, type: 'u32', count: 1 },
      'user_stack_missing': { offset: 200, type: 'u8', count: 1 },
      'pad': { offset: 201, type: 'u8', count: 3 },
      'mark': { offset: 204, type: 'u32', count: 1 },
    },
  },
  task_ident: {
    size: 40,
    fields: {
      'start_ns': { offset: 0, type: 'u64', count: 1 },
      'tgid': { offset: 8, type: 'u32', count: 1 },
      'tid': { offset: 12, type: 'u32', count: 1 },
      'uid': { offset: 16, type: 'u32', count: 1 },
      'exec_id': { offset: 20, type: 'u32', count: 1 },
      'thread_comm': { offset: 24, type: 'char', count: 16 },
    },
  },
  thread_stack_event: {
    size: 88,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'task.start_ns': { offset: 16, type: 'u64', count: 1 },
      'task.tgid': { offset: 24, type: 'u32', count: 1 },
      'task.tid': { offset: 28, type: 'u32', count: 1 },
      'task.uid': { offset: 32, type: 'u32', count: 1 },
      'task.exec_id': { offset: 36, type: 'u32', count: 1 },
      'task.thread_comm': { offset: 40, type: 'char', count: 16 },
      'request': { offset: 56, type: 'u64', count: 1 },
      'kernel_stack_id': { offset: 64, type: 'u64', count: 1 },
      'user_stack_id': { offset: 72, type: 'u64', count: 1 },
      'place': { offset: 80, type: 'u8', count: 1 },
      'pad': { offset: 81, type: 'u8', count: 7 },
    },
  },
  thread_wanted: {
    size: 24,
    fields: {
      'request': { offset: 0, type: 'u64', count: 1 },
      'cookie': { offset: 8, type: 'u64', count: 1 },
      'tgid': { offset: 16, type: 'u32', count: 1 },
      'tid': { offset: 20, type: 'u32', count: 1 },
    },
  },
  timers_event: {
    size: 136,
    fields: {
      'header.time_ns': { offset: 0, type: 'u64', count: 1 },
      'header.kind': { offset: 8, type: 'u16', count: 1 },
      'header.size': { offset: 10, type: 'u16', count: 1 },
      'header.cpu': { offset: 12, type: 'u32', count: 1 },
      'socket.cookie': { offset: 16, type: 'u64', count: 1 },
      'socket.netns': { offset: 24, type: 'u32', count: 1 },
      'socket.family': { offset: 28, type: 'u16', count: 1 },
      'socket.state': { offset: 30, type: 'u8', count: 1 },
      'socket.shutdown': { offset: 31, type: 'u8', count: 1 },
      'socket.local_address': { offset: 32, type: 'u8', count: 16 },
      'socket.remote_address': { offset: 48, type: 'u8', count: 16 },
      'socket.local_port': { offset: 64, type: 'u16', count: 1 },
      'socket.remote_port': { offset: 66, type: 'u16', count: 1 },
      'socket.bound_device': { offset: 68, type: 'u32', count: 1 },
      'timers.rto_us': { offset: 72, type: 'u32', count: 1 },
      'timers.user_timeout_ms': { offset: 76, type: 'u32', count: 1 },
      'timers.keepalive_time_ms': { offset: 80, type: 'u32', count: 1 },
      'timers.keepalive_intvl_ms': { offset: 84, type: 'u32', count: 1 },
      'timers.snd_wnd': { offset: 88, type: 'u32', count: 1 },
      'timers.rcv_wnd': { offset: 92, type: 'u32', count: 1 },
      'timers.unacked': { offset: 96, type: 'u32', count: 1 },
      'timers.unsent': { offset: 100, type: 'u32', count: 1 },
      'timers.ack_ms': { offset: 104, type: 'u32', count: 1 },
      'timers.data_ms': { offset: 108, type: 'u32', count: 1 },
      'timers.probing_ms': { offset: 112, type: 'u32', count: 1 },
      'timers.retransmits': { offset: 116, type: 'u8', count: 1 },
      'timers.backoff': { offset: 117, type: 'u8', count: 1 },
      'timers.probes_out': { offset: 118, type: 'u8', count: 1 },
      'timers.keepalive_probes': { offset: 119, type: 'u8', count: 1 },
      'timers.retries2': { offset: 120, type: 'u8', count: 1 },
      'timers.syn_retries': { offset: 121, type: 'u8', count: 1 },
      'timers.keepalive': { offset: 122, type: 'u8', count: 1 },
      'timers.orphan': { offset: 123, type: 'u8', count: 1 },
      'timers.pad': { offset: 124, type: 'u8', count: 4 },
      'occasion': { offset: 128, type: 'u32', count: 1 },
      'sk_err': { offset: 132, type: 's32', count: 1 },
    },
  },
} as const;

/** struct call_event */
export class CallEventReader {
  static readonly SIZE = 168;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.task.at(view, offset + 72);
    return this;
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 112, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 116, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 112, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 116, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 112, true);
  }
  get userStackId(): bigint {
    return this.view.getBigUint64(this.offset + 120, true);
  }
  get userStackIdNumber(): number {
    return this.view.getUint32(this.offset + 124, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 120, true);
  }
  get userStackIdHigh(): number {
    return this.view.getUint32(this.offset + 124, true);
  }
  get userStackIdLow(): number {
    return this.view.getUint32(this.offset + 120, true);
  }
  get fd(): number {
    return this.view.getInt32(this.offset + 128, true);
  }
  get result(): number {
    return this.view.getInt32(this.offset + 132, true);
  }
  get askedFamily(): number {
    return this.view.getUint16(this.offset + 136, true);
  }
  get askedPort(): number {
    return this.view.getUint16(this.offset + 138, true);
  }
  /** The bytes in place, not a copy. */
  get askedAddress(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 140, 16);
  }
  /** Four bytes from `index` × 4 on, most significant first. */
  askedAddressWord(index: number): number {
    return this.view.getUint32(this.offset + 140 + index * 4);
  }
  get nonblocking(): number {
    return this.view.getUint8(this.offset + 156);
  }
  get via(): number {
    return this.view.getUint8(this.offset + 157);
  }
  get userStackMissing(): number {
    return this.view.getUint8(this.offset + 158);
  }
  get mark(): number {
    return this.view.getUint32(this.offset + 160, true);
  }
}

/** struct capture_counts */
export class CaptureCountsReader {
  static readonly SIZE = 48;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get emitted(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get emittedNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get emittedHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get emittedLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get lost(): bigint {
    return this.view.getBigUint64(this.offset + 8, true);
  }
  get lostNumber(): number {
    return this.view.getUint32(this.offset + 12, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 8, true);
  }
  get lostHigh(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
  get lostLow(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get rescued(): bigint {
    return this.view.getBigUint64(this.offset + 16, true);
  }
  get rescuedNumber(): number {
    return this.view.getUint32(this.offset + 20, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 16, true);
  }
  get rescuedHigh(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get rescuedLow(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get dropsSkipped(): bigint {
    return this.view.getBigUint64(this.offset + 24, true);
  }
  get dropsSkippedNumber(): number {
    return this.view.getUint32(this.offset + 28, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 24, true);
  }
  get dropsSkippedHigh(): number {
    return this.view.getUint32(this.offset + 28, true);
  }
  get dropsSkippedLow(): number {
    return this.view.getUint32(this.offset + 24, true);
  }
  get stacksSkipped(): bigint {
    return this.view.getBigUint64(this.offset + 32, true);
  }
  get stacksSkippedNumber(): number {
    return this.view.getUint32(this.offset + 36, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 32, true);
  }
  get stacksSkippedHigh(): number {
    return this.view.getUint32(this.offset + 36, true);
  }
  get stacksSkippedLow(): number {
    return this.view.getUint32(this.offset + 32, true);
  }
  get stacksLost(): bigint {
    return this.view.getBigUint64(this.offset + 40, true);
  }
  get stacksLostNumber(): number {
    return this.view.getUint32(this.offset + 44, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 40, true);
  }
  get stacksLostHigh(): number {
    return this.view.getUint32(this.offset + 44, true);
  }
  get stacksLostLow(): number {
    return this.view.getUint32(this.offset + 40, true);
  }
}

/** struct destroy_event */
export class DestroyEventReader {
  static readonly SIZE = 128;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly counters = new SocketCountersReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.counters.at(view, offset + 72);
    return this;
  }
}

/** struct drop_event */
export class DropEventReader {
  static readonly SIZE = 88;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    return this;
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 72, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 76, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 72, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 76, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get reason(): number {
    return this.view.getUint32(this.offset + 80, true);
  }
  get tcpFlags(): number {
    return this.view.getUint8(this.offset + 84);
  }
}

/** struct error_event */
export class ErrorEventReader {
  static readonly SIZE = 88;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    return this;
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 72, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 76, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 72, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 76, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get skErr(): number {
    return this.view.getInt32(this.offset + 80, true);
  }
  get skErrSoft(): number {
    return this.view.getInt32(this.offset + 84, true);
  }
}

/** struct event_header */
export class EventHeaderReader {
  static readonly SIZE = 16;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get timeNs(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get timeNsNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get timeNsHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get timeNsLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get kind(): number {
    return this.view.getUint16(this.offset + 8, true);
  }
  get size(): number {
    return this.view.getUint16(this.offset + 10, true);
  }
  get cpu(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
}

/** struct failed_call_event */
export class FailedCallEventReader {
  static readonly SIZE = 160;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.task.at(view, offset + 72);
    return this;
  }
  get userStackId(): bigint {
    return this.view.getBigUint64(this.offset + 112, true);
  }
  get userStackIdNumber(): number {
    return this.view.getUint32(this.offset + 116, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 112, true);
  }
  get userStackIdHigh(): number {
    return this.view.getUint32(this.offset + 116, true);
  }
  get userStackIdLow(): number {
    return this.view.getUint32(this.offset + 112, true);
  }
  get fd(): number {
    return this.view.getInt32(this.offset + 120, true);
  }
  get result(): number {
    return this.view.getInt32(this.offset + 124, true);
  }
  get descriptorLimit(): number {
    return this.view.getUint32(this.offset + 128, true);
  }
  get askedFamily(): number {
    return this.view.getUint16(this.offset + 132, true);
  }
  get askedPort(): number {
    return this.view.getUint16(this.offset + 134, true);
  }
  /** The bytes in place, not a copy. */
  get askedAddress(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 136, 16);
  }
  /** Four bytes from `index` × 4 on, most significant first. */
  askedAddressWord(index: number): number {
    return this.view.getUint32(this.offset + 136 + index * 4);
  }
  get call(): number {
    return this.view.getUint8(this.offset + 152);
  }
  get via(): number {
    return this.view.getUint8(this.offset + 153);
  }
  get userStackMissing(): number {
    return this.view.getUint8(this.offset + 154);
  }
}

/** struct icmp_event */
export class IcmpEventReader {
  static readonly SIZE = 96;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    return this;
  }
  /** The bytes in place, not a copy. */
  get from(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 72, 16);
  }
  /** Four bytes from `index` × 4 on, most significant first. */
  fromWord(index: number): number {
    return this.view.getUint32(this.offset + 72 + index * 4);
  }
  get version(): number {
    return this.view.getUint8(this.offset + 88);
  }
  get type(): number {
    return this.view.getUint8(this.offset + 89);
  }
  get code(): number {
    return this.view.getUint8(this.offset + 90);
  }
}

/** struct listener_event */
export class ListenerEventReader {
  static readonly SIZE = 96;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    return this;
  }
  get acceptQueue(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get acceptQueueMost(): number {
    return this.view.getUint32(this.offset + 76, true);
  }
  get synQueue(): number {
    return this.view.getUint32(this.offset + 80, true);
  }
  get drops(): number {
    return this.view.getUint32(this.offset + 84, true);
  }
  get synCookieMs(): number {
    return this.view.getUint32(this.offset + 88, true);
  }
}

/** struct process_event */
export class ProcessEventReader {
  static readonly SIZE = 2600;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.task.at(view, offset + 16);
    return this;
  }
  get cgroupId(): bigint {
    return this.view.getBigUint64(this.offset + 56, true);
  }
  get cgroupIdNumber(): number {
    return this.view.getUint32(this.offset + 60, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 56, true);
  }
  get cgroupIdHigh(): number {
    return this.view.getUint32(this.offset + 60, true);
  }
  get cgroupIdLow(): number {
    return this.view.getUint32(this.offset + 56, true);
  }
  get parentTgid(): number {
    return this.view.getUint32(this.offset + 64, true);
  }
  get namespaceTgid(): number {
    return this.view.getUint32(this.offset + 68, true);
  }
  get gid(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get cmdlineLen(): number {
    return this.view.getUint16(this.offset + 76, true);
  }
  get exeCount(): number {
    return this.view.getUint8(this.offset + 78);
  }
  get cgroupCount(): number {
    return this.view.getUint8(this.offset + 79);
  }
  get exeTruncated(): number {
    return this.view.getUint8(this.offset + 80);
  }
  get cmdlineTruncated(): number {
    return this.view.getUint8(this.offset + 81);
  }
  get cgroupTruncated(): number {
    return this.view.getUint8(this.offset + 82);
  }
  get comm(): string {
    return text(this.view, this.offset + 88, 16);
  }
  /** All bytes in place, past any NUL. */
  get commBytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 88, 16);
  }
  get cmdline(): string {
    return text(this.view, this.offset + 104, 512);
  }
  /** All bytes in place, past any NUL. */
  get cmdlineBytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 104, 512);
  }
  /** One of 16. */
  exe(index: number): string {
    return text(this.view, this.offset + 616 + index * 64, 64);
  }
  /** One of 10. */
  cgroup(index: number): string {
    return text(this.view, this.offset + 1640 + index * 96, 96);
  }
}

/** struct reset_event */
export class ResetEventReader {
  static readonly SIZE = 128;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.task.at(view, offset + 72);
    return this;
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 112, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 116, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 112, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 116, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 112, true);
  }
  get reason(): number {
    return this.view.getUint32(this.offset + 120, true);
  }
}

/** struct retransmit_event */
export class RetransmitEventReader {
  static readonly SIZE = 144;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly counters = new SocketCountersReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.counters.at(view, offset + 72);
    return this;
  }
  get rtoUs(): number {
    return this.view.getUint32(this.offset + 128, true);
  }
  get sequence(): number {
    return this.view.getUint32(this.offset + 132, true);
  }
  get sndWnd(): number {
    return this.view.getUint32(this.offset + 136, true);
  }
  get backoff(): number {
    return this.view.getUint8(this.offset + 140);
  }
}

/** struct socket_counters */
export class SocketCountersReader {
  static readonly SIZE = 56;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get bytesSent(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get bytesSentNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get bytesSentHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get bytesSentLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get bytesRetrans(): bigint {
    return this.view.getBigUint64(this.offset + 8, true);
  }
  get bytesRetransNumber(): number {
    return this.view.getUint32(this.offset + 12, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 8, true);
  }
  get bytesRetransHigh(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
  get bytesRetransLow(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get bytesReceived(): bigint {
    return this.view.getBigUint64(this.offset + 16, true);
  }
  get bytesReceivedNumber(): number {
    return this.view.getUint32(this.offset + 20, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 16, true);
  }
  get bytesReceivedHigh(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get bytesReceivedLow(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get srttUs(): number {
    return this.view.getUint32(this.offset + 24, true);
  }
  get sndCwnd(): number {
    return this.view.getUint32(this.offset + 28, true);
  }
  get totalRetrans(): number {
    return this.view.getUint32(this.offset + 32, true);
  }
  get segsOut(): number {
    return this.view.getUint32(this.offset + 36, true);
  }
  get segsIn(): number {
    return this.view.getUint32(this.offset + 40, true);
  }
  get icskRetransmits(): number {
    return this.view.getUint32(this.offset + 44, true);
  }
  get rwndLimitedMs(): number {
    return this.view.getUint32(this.offset + 48, true);
  }
}

/** struct socket_event */
export class SocketEventReader {
  static readonly SIZE = 176;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly task = new TaskIdentReader();
  readonly counters = new SocketCountersReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.task.at(view, offset + 72);
    this.counters.at(view, offset + 112);
    return this;
  }
  get fd(): number {
    return this.view.getInt32(this.offset + 168, true);
  }
}

/** struct socket_ident */
export class SocketIdentReader {
  static readonly SIZE = 56;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get cookie(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get cookieNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get cookieHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get cookieLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get netns(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get family(): number {
    return this.view.getUint16(this.offset + 12, true);
  }
  get state(): number {
    return this.view.getUint8(this.offset + 14);
  }
  get shutdown(): number {
    return this.view.getUint8(this.offset + 15);
  }
  /** The bytes in place, not a copy. */
  get localAddress(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 16, 16);
  }
  /** Four bytes from `index` × 4 on, most significant first. */
  localAddressWord(index: number): number {
    return this.view.getUint32(this.offset + 16 + index * 4);
  }
  /** The bytes in place, not a copy. */
  get remoteAddress(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 32, 16);
  }
  /** Four bytes from `index` × 4 on, most significant first. */
  remoteAddressWord(index: number): number {
    return this.view.getUint32(this.offset + 32 + index * 4);
  }
  get localPort(): number {
    return this.view.getUint16(this.offset + 48, true);
  }
  get remotePort(): number {
    return this.view.getUint16(this.offset + 50, true);
  }
  get boundDevice(): number {
    return this.view.getUint32(this.offset + 52, true);
  }
}

/** struct socket_timers */
export class SocketTimersReader {
  static readonly SIZE = 56;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get rtoUs(): number {
    return this.view.getUint32(this.offset, true);
  }
  get userTimeoutMs(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get keepaliveTimeMs(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get keepaliveIntvlMs(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
  get sndWnd(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get rcvWnd(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get unacked(): number {
    return this.view.getUint32(this.offset + 24, true);
  }
  get unsent(): number {
    return this.view.getUint32(this.offset + 28, true);
  }
  get ackMs(): number {
    return this.view.getUint32(this.offset + 32, true);
  }
  get dataMs(): number {
    return this.view.getUint32(this.offset + 36, true);
  }
  get probingMs(): number {
    return this.view.getUint32(this.offset + 40, true);
  }
  get retransmits(): number {
    return this.view.getUint8(this.offset + 44);
  }
  get backoff(): number {
    return this.view.getUint8(this.offset + 45);
  }
  get probesOut(): number {
    return this.view.getUint8(this.offset + 46);
  }
  get keepaliveProbes(): number {
    return this.view.getUint8(this.offset + 47);
  }
  get retries2(): number {
    return this.view.getUint8(this.offset + 48);
  }
  get synRetries(): number {
    return this.view.getUint8(this.offset + 49);
  }
  get keepalive(): number {
    return this.view.getUint8(this.offset + 50);
  }
  get orphan(): number {
    return this.view.getUint8(this.offset + 51);
  }
}

/** struct stack_copy_event */
export class StackCopyEventReader {
  static readonly SIZE = 344;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.task.at(view, offset + 24);
    return this;
  }
  get stackId(): bigint {
    return this.view.getBigUint64(this.offset + 16, true);
  }
  get stackIdNumber(): number {
    return this.view.getUint32(this.offset + 20, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 16, true);
  }
  get stackIdHigh(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get stackIdLow(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get start(): bigint {
    return this.view.getBigUint64(this.offset + 64, true);
  }
  get startNumber(): number {
    return this.view.getUint32(this.offset + 68, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 64, true);
  }
  get startHigh(): number {
    return this.view.getUint32(this.offset + 68, true);
  }
  get startLow(): number {
    return this.view.getUint32(this.offset + 64, true);
  }
  get readable(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get pages(): number {
    return this.view.getUint16(this.offset + 76, true);
  }
  /** One of 33. */
  registers(index: number): bigint {
    return this.view.getBigUint64(this.offset + 80 + index * 8, true);
  }
}

/** struct stack_event */
export class StackEventReader {
  static readonly SIZE = 592;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.task.at(view, offset + 24);
    return this;
  }
  get stackId(): bigint {
    return this.view.getBigUint64(this.offset + 16, true);
  }
  get stackIdNumber(): number {
    return this.view.getUint32(this.offset + 20, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 16, true);
  }
  get stackIdHigh(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get stackIdLow(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get unwinder(): number {
    return this.view.getUint8(this.offset + 64);
  }
  get depth(): number {
    return this.view.getUint16(this.offset + 66, true);
  }
  get atStackPointer(): bigint {
    return this.view.getBigUint64(this.offset + 72, true);
  }
  get atStackPointerNumber(): number {
    return this.view.getUint32(this.offset + 76, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 72, true);
  }
  get atStackPointerHigh(): number {
    return this.view.getUint32(this.offset + 76, true);
  }
  get atStackPointerLow(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  /** One of 64. */
  addresses(index: number): bigint {
    return this.view.getBigUint64(this.offset + 80 + index * 8, true);
  }
}

/** struct state_event */
export class StateEventReader {
  static readonly SIZE = 208;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly task = new TaskIdentReader();
  readonly counters = new SocketCountersReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.task.at(view, offset + 72);
    this.counters.at(view, offset + 112);
    return this;
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 168, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 172, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 168, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 172, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 168, true);
  }
  get userStackId(): bigint {
    return this.view.getBigUint64(this.offset + 176, true);
  }
  get userStackIdNumber(): number {
    return this.view.getUint32(this.offset + 180, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 176, true);
  }
  get userStackIdHigh(): number {
    return this.view.getUint32(this.offset + 180, true);
  }
  get userStackIdLow(): number {
    return this.view.getUint32(this.offset + 176, true);
  }
  get oldState(): number {
    return this.view.getUint8(this.offset + 184);
  }
  get newState(): number {
    return this.view.getUint8(this.offset + 185);
  }
  get inTask(): number {
    return this.view.getUint8(this.offset + 186);
  }
  get taskExiting(): number {
    return this.view.getUint8(this.offset + 187);
  }
  get skErr(): number {
    return this.view.getInt32(this.offset + 188, true);
  }
  get skErrSoft(): number {
    return this.view.getInt32(this.offset + 192, true);
  }
  get synCookieMs(): number {
    return this.view.getUint32(this.offset + 196, true);
  }
  get userStackMissing(): number {
    return this.view.getUint8(this.offset + 200);
  }
  get mark(): number {
    return this.view.getUint32(this.offset + 204, true);
  }
}

/** struct task_ident */
export class TaskIdentReader {
  static readonly SIZE = 40;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get startNs(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get startNsNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get startNsHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get startNsLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get tgid(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get tid(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
  get uid(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get execId(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
  get threadComm(): string {
    return text(this.view, this.offset + 24, 16);
  }
  /** All bytes in place, past any NUL. */
  get threadCommBytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset + 24, 16);
  }
}

/** struct thread_stack_event */
export class ThreadStackEventReader {
  static readonly SIZE = 88;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly task = new TaskIdentReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.task.at(view, offset + 16);
    return this;
  }
  get request(): bigint {
    return this.view.getBigUint64(this.offset + 56, true);
  }
  get requestNumber(): number {
    return this.view.getUint32(this.offset + 60, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 56, true);
  }
  get requestHigh(): number {
    return this.view.getUint32(this.offset + 60, true);
  }
  get requestLow(): number {
    return this.view.getUint32(this.offset + 56, true);
  }
  get kernelStackId(): bigint {
    return this.view.getBigUint64(this.offset + 64, true);
  }
  get kernelStackIdNumber(): number {
    return this.view.getUint32(this.offset + 68, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 64, true);
  }
  get kernelStackIdHigh(): number {
    return this.view.getUint32(this.offset + 68, true);
  }
  get kernelStackIdLow(): number {
    return this.view.getUint32(this.offset + 64, true);
  }
  get userStackId(): bigint {
    return this.view.getBigUint64(this.offset + 72, true);
  }
  get userStackIdNumber(): number {
    return this.view.getUint32(this.offset + 76, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 72, true);
  }
  get userStackIdHigh(): number {
    return this.view.getUint32(this.offset + 76, true);
  }
  get userStackIdLow(): number {
    return this.view.getUint32(this.offset + 72, true);
  }
  get place(): number {
    return this.view.getUint8(this.offset + 80);
  }
}

/** struct thread_wanted */
export class ThreadWantedReader {
  static readonly SIZE = 24;
  view: DataView = EMPTY;
  offset = 0;

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    return this;
  }
  get request(): bigint {
    return this.view.getBigUint64(this.offset, true);
  }
  get requestNumber(): number {
    return this.view.getUint32(this.offset + 4, true) * 0x1_0000_0000 + this.view.getUint32(this.offset, true);
  }
  get requestHigh(): number {
    return this.view.getUint32(this.offset + 4, true);
  }
  get requestLow(): number {
    return this.view.getUint32(this.offset, true);
  }
  get cookie(): bigint {
    return this.view.getBigUint64(this.offset + 8, true);
  }
  get cookieNumber(): number {
    return this.view.getUint32(this.offset + 12, true) * 0x1_0000_0000 + this.view.getUint32(this.offset + 8, true);
  }
  get cookieHigh(): number {
    return this.view.getUint32(this.offset + 12, true);
  }
  get cookieLow(): number {
    return this.view.getUint32(this.offset + 8, true);
  }
  get tgid(): number {
    return this.view.getUint32(this.offset + 16, true);
  }
  get tid(): number {
    return this.view.getUint32(this.offset + 20, true);
  }
}

/** struct timers_event */
export class TimersEventReader {
  static readonly SIZE = 136;
  view: DataView = EMPTY;
  offset = 0;
  readonly header = new EventHeaderReader();
  readonly socket = new SocketIdentReader();
  readonly timers = new SocketTimersReader();

  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
    this.header.at(view, offset + 0);
    this.socket.at(view, offset + 16);
    this.timers.at(view, offset + 72);
    return this;
  }
  get occasion(): number {
    return this.view.getUint32(this.offset + 128, true);
  }
  get skErr(): number {
    return this.view.getInt32(this.offset + 132, true);
  }
}
