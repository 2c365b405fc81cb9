// What the N-API addon offers to the engine. Implemented in native/src; the stop
// before is bpf/, the stop after is engine/capture/.

/** One hook of the capture, and whether it is in force. */
export interface HookStatus {
  /** The family in the field's words: `state`, `state-nested`, `connect`, `accept`, `retransmit`, `synack-retransmit`, `reset-sent`, `reset-received`, `error`, `destroy`, `icmp`, `drop`, `sockets`, `owners`, `thread-stack`, `mappings`. */
  readonly family: string;
  /** Where it is attached, e.g. `tp_btf/inet_sock_set_state`. */
  readonly hook: string;
  readonly attached: boolean;
  /** Without it there is no capture at all (`state` only). */
  readonly required: boolean;
  /** Why it is not attached, and what is missed without it; null when attached. */
  readonly problem: string | null;
}

/** Counters of the capture since it began. `emitted === delivered + lost + pending`. */
export interface CaptureCounters {
  /** Records that the BPF programs tried to reserve. */
  readonly emitted: number;
  /** Records copied into batches. */
  readonly delivered: number;
  /** Reservations refused because the ring was full. */
  readonly lost: number;
  /** Of `lost`: copies of stacks, each as large as a hundred other records. */
  readonly stacksLost: number;
  /** Hook runs that the kernel skipped since the same program already ran on that CPU (`recursion_misses`): lost too, counted apart. */
  readonly missed: number;
  /** Stacks that were left out, under a flood of events that wanted them. */
  readonly stacksSkipped?: number;
  /** Packets that were thrown away and not told of, under a flood of them. */
  readonly dropsSkipped: number;
  /** Records of the iterators, which do not go through the ring. */
  readonly scanned: number;
  readonly ringBytes: number;
  /** Highest fill of the ring seen at a drain since the counters were last asked for, bytes. */
  readonly ringPeakBytes: number;
}

export interface CaptureOptions {
  /** Size of the ring buffer, bytes, a power of two and a multiple of the page size. Default 16 MiB. */
  ringBytes?: number;
  /** Drain interval, ms. Default 10. */
  drainMs?: number;
  /** Whole records back to back, as laid out in bpf/events.h. One call at a time; the buffer is the receiver's. */
  onBatch: (batch: ArrayBuffer) => void;
}

/** What a scan of the sockets came to. A namespace that no process is in is in neither. */
export interface ScannedNamespaces {
  /** Inode numbers of the network namespaces whose sockets were listed. */
  readonly namespaces: readonly number[];
  /** How many could not be entered. */
  readonly namespacesSkipped: number;
}

/** A thread whose stack is wanted: `thread_wanted` of bpf/events.h. */
export interface ThreadWanted {
  /** Given back with the answer. */
  readonly request: number;
  /** Of the socket that it is thought to connect. */
  readonly cookie: bigint;
  readonly tgid: number;
  /** 0 = whichever thread of the process is in connect(2) for this socket. */
  readonly tid: number;
}

/** A running capture. */
export interface Capture {
  readonly hooks: readonly HookStatus[];
  counters(): CaptureCounters;
  /** Runs the socket iterators in every network namespace that can be entered; their records come through `onBatch`. `owners` also walks every task's files (at start). Resolves when all records are delivered. */
  scanSockets(options: { owners: boolean }): Promise<ScannedNamespaces>;
  /** Looks at one thread, which goes on undisturbed; its stacks and a `thread_stack_event` come through `onBatch`, none when there is no such thread. Resolves when they are delivered. */
  askThread(wanted: ThreadWanted): Promise<void>;
  /** Drains what is left, delivers it, detaches. */
  close(): Promise<void>;
}

/** Quality of a frame, worst to best shown with each. */
export type FrameQuality = 'kernel' | 'cfi' | 'frame-pointer' | 'jit-map' | 'guess';

/** One return address, made readable. */
export interface SymbolizedFrame {
  /** The address as it was asked for. Leading frames of Synscope's own hooks are left out of a kernel stack, so an index does not find it. */
  readonly address?: bigint;
  /** Function name, demangled; null when unresolved. */
  readonly name: string | null;
  /** `vmlinux`, a kernel module, the path of an ELF file, `[vdso]`, `[jit]`, or null when unknown. */
  readonly module: string | null;
  /** GNU build-id of the module in hex, or null. */
  readonly buildId: string | null;
  /** User frames: address in the module as its linker gave it (p_vaddr), which `addr2line -e` takes and no run changes. Kernel frames: offset from the symbol. Null when unknown. */
  readonly offset: number | null;
  readonly quality: FrameQuality;
  /** Why there is no name, or why the stack ends here, e.g. `process gone before its mappings were read`, `kptr_restrict hides kernel addresses`; null when there is one. */
  readonly problem: string | null;
  /** Source file as the compiler or the runtime names it; null without debug information. */
  readonly file: string | null;
  /** Line in it, from 1; null when unknown. */
  readonly line: number | null;
  /** The compiler put this function into the next one outward: both have the same address. */
  readonly inlined: boolean;
}

/** What a stack is unwound from: `stack_copy_event` of bpf/events.h. */
export interface StackCopy {
  /** In the order of DWARF. */
  readonly registers: BigUint64Array;
  /** Address of the first byte. */
  readonly start: bigint;
  /** Bit n is set when page n (4096 bytes) could be read. */
  readonly readable: number;
  readonly bytes: Uint8Array;
}

/** A stack to symbolize. */
export interface StackRequest {
  readonly kind: 'kernel' | 'user';
  readonly tgid: number;
  /** Of the process: whose maps of compiled code are believed, besides root's. */
  readonly uid?: number;
  /** When the stack was taken, CLOCK_MONOTONIC ns: selects the mappings of that moment. */
  readonly timeNs: bigint;
  /** Innermost first; of a copy the program counter alone. */
  readonly addresses: BigUint64Array;
  /** Unwound before it is named. */
  readonly copy?: StackCopy;
  /** `stack_event.at_stack_pointer` of a user stack: where a syscall stub would return to. When it is right behind a call in code, it becomes the second frame, marked `guess`. */
  readonly atStackPointer?: bigint;
}

/** Addresses in a file that is known by its build-id, on whichever machine. */
export interface LaterRequest {
  /** Where the file was; looked at first. */
  readonly path: string;
  readonly buildId: string;
  /** As its linker gave them (`SymbolizedFrame.offset`), of the call instructions: a return address less one. */
  readonly addresses: readonly number[];
  /** Directories with a `.build-id/` in them, before /usr/lib/debug. */
  readonly directories: readonly string[];
}

/** A function at an address, as in `SymbolizedFrame`. */
export type LaterName = Pick<SymbolizedFrame, 'name' | 'file' | 'line' | 'inlined'>;

/** The module that `require('native/build/synscope.node')` gives. */
export interface SynscopeAddon {
  /** Hash of bpf/events.h that the addon and its BPF object were built from. */
  readonly layoutHash: string;
  /** Version of the linked libbpf, e.g. `1.1`. */
  readonly libbpfVersion: string;
  /** Loads and attaches; throws an `Error` with a `code` (`EPERM`, `ENOENT` no BTF, …) and a sentence when there can be no capture. One capture per process. */
  startCapture(options: CaptureOptions): Capture;
  /** Symbolizes off the calling thread, in order. Never rejects for a bad stack: its frames carry the problem. */
  symbolize(stacks: readonly StackRequest[]): Promise<SymbolizedFrame[][]>;
  /** For each address the functions at it, innermost first; null when neither the file nor its debug information is here. Waits for the disk, and for debuginfod when DEBUGINFOD_URLS is set, at most a minute. */
  nameLater(request: LaterRequest): LaterName[][] | null;
  /** Names of an enum of the running kernel by value, without `prefix`; empty when its BTF does not have it. */
  kernelEnum(name: string, prefix: string): Readonly<Record<string, string>>;
  /** Both clocks, read together. */
  clocks(): { monotonicNs: bigint; realtimeNs: bigint };
  /** Drops every ambient capability of this process (PR_CAP_AMBIENT_CLEAR_ALL). */
  clearAmbientCapabilities(): void;
}
