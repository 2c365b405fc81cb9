// A batch of the addon → one typed call per record. The stop before is native/ (whole
// records back to back, as bpf/events.h lays them out), the stop after engine/lifecycle/.
import {
  CallEventReader,
  DestroyEventReader,
  DropEventReader,
  ErrorEventReader,
  EventHeaderReader,
  EventKind,
  FailedCallEventReader,
  IcmpEventReader,
  ListenerEventReader,
  ProcessEventReader,
  ResetEventReader,
  RetransmitEventReader,
  SocketEventReader,
  StackCopyEventReader,
  StackEventReader,
  StateEventReader,
  ThreadStackEventReader,
  TimersEventReader,
} from '../../contract/generated/events.ts';

/** What takes the records. Readers are flyweights: valid during the call only. */
export interface RecordSink {
  state(event: StateEventReader): void;
  connect(event: CallEventReader): void;
  accept(event: CallEventReader): void;
  retransmit(event: RetransmitEventReader): void;
  synackRetransmit(event: RetransmitEventReader): void;
  drop(event: DropEventReader): void;
  icmp(event: IcmpEventReader): void;
  timers(event: TimersEventReader): void;
  listener(event: ListenerEventReader): void;
  failedCall(event: FailedCallEventReader): void;
  resetSent(event: ResetEventReader): void;
  resetReceived(event: ResetEventReader): void;
  error(event: ErrorEventReader): void;
  destroy(event: DestroyEventReader): void;
  socket(event: SocketEventReader): void;
  process(event: ProcessEventReader): void;
  stack(event: StackEventReader): void;
  /** Its pages follow the fields of the record: see stackCopyPages. */
  stackCopy(event: StackCopyEventReader): void;
  threadStack(event: ThreadStackEventReader): void;
}

/** STACK_PAGE_BYTES and STACK_COPY_PAGES of bpf/events.h. */
const PAGE_BYTES = 4096;
const MOST_PAGES = 5;

/** The stack bytes of a copy, in memory of their own. */
export function stackCopyPages(event: StackCopyEventReader): Uint8Array {
  const { view, offset, pages } = event;
  const from = view.byteOffset + offset + StackCopyEventReader.SIZE;
  return new Uint8Array(view.buffer.slice(from, from + pages * PAGE_BYTES) as ArrayBuffer);
}

const PAUSE_EVERY = 256;

/** Bytes of a stack record before its addresses; it may end after the last address used. */
const STACK_HEAD = 72;

export class BatchDecoder {
  /** Records handed on. */
  records = 0;
  /** Records skipped since their kind or size is not in the layout; one for the rest of a batch that lost its steps. */
  malformed = 0;
  /** The last fault, as a sentence; null while there was none. */
  fault: string | null = null;

  readonly #sink: RecordSink;
  readonly #header = new EventHeaderReader();
  readonly #state = new StateEventReader();
  readonly #call = new CallEventReader();
  readonly #retransmit = new RetransmitEventReader();
  readonly #reset = new ResetEventReader();
  readonly #error = new ErrorEventReader();
  readonly #destroy = new DestroyEventReader();
  readonly #drop = new DropEventReader();
  readonly #icmp = new IcmpEventReader();
  readonly #failedCall = new FailedCallEventReader();
  readonly #timers = new TimersEventReader();
  readonly #listener = new ListenerEventReader();
  readonly #socket = new SocketEventReader();
  readonly #process = new ProcessEventReader();
  readonly #stack = new StackEventReader();
  readonly #stackCopy = new StackCopyEventReader();
  readonly #threadStack = new ThreadStackEventReader();
  readonly #pause: () => void;

  /** `pause` is called every 256 records, between two of them: a batch may take a second. */
  constructor(sink: RecordSink, pause: () => void = () => {}) {
    this.#sink = sink;
    this.#pause = pause;
  }

  /** Decodes every record of the batch, in order. Never throws for what is in it. */
  decode(batch: ArrayBuffer): void {
    const view = new DataView(batch);
    let offset = 0;
    let until = PAUSE_EVERY;
    while (offset < batch.byteLength) {
      const left = batch.byteLength - offset;
      if (left < EventHeaderReader.SIZE) {
        this.#fault(`${left} bytes at the end of a batch are no record`);
        return;
      }
      const { kind, size } = this.#header.at(view, offset);
      if (size < EventHeaderReader.SIZE || size % 8 !== 0 || size > left) {
        this.#fault(`a record of kind ${kind} says it has ${size} bytes, ${left} are left`);
        return;
      }
      if (this.#record(view, offset, kind, size)) this.records++;
      offset += size;
      until--;
      if (until > 0) continue;
      until = PAUSE_EVERY;
      this.#pause();
    }
  }

  #fault(sentence: string): void {
    this.malformed++;
    this.fault = sentence;
  }

  #sized(kind: number, size: number, wanted: number): boolean {
    if (size === wanted) return true;
    this.#fault(`a record of kind ${kind} has ${size} bytes instead of ${wanted}`);
    return false;
  }

  #record(view: DataView, at: number, kind: number, size: number): boolean {
    const sink = this.#sink;
    switch (kind) {
      case EventKind.STATE:
        if (!this.#sized(kind, size, StateEventReader.SIZE)) return false;
        sink.state(this.#state.at(view, at));
        return true;
      case EventKind.CONNECT:
      case EventKind.ACCEPT:
        if (!this.#sized(kind, size, CallEventReader.SIZE)) return false;
        if (kind === EventKind.CONNECT) sink.connect(this.#call.at(view, at));
        else sink.accept(this.#call.at(view, at));
        return true;
      case EventKind.RETRANSMIT:
      case EventKind.SYNACK_RETRANSMIT:
        if (!this.#sized(kind, size, RetransmitEventReader.SIZE)) return false;
        if (kind === EventKind.RETRANSMIT) sink.retransmit(this.#retransmit.at(view, at));
        else sink.synackRetransmit(this.#retransmit.at(view, at));
        return true;
      case EventKind.RESET_SENT:
      case EventKind.RESET_RECEIVED:
        if (!this.#sized(kind, size, ResetEventReader.SIZE)) return false;
        if (kind === EventKind.RESET_SENT) sink.resetSent(this.#reset.at(view, at));
        else sink.resetReceived(this.#reset.at(view, at));
        return true;
      default:
        return this.#otherRecord(view, at, kind, size);
    }
  }

  #otherRecord(view: DataView, at: number, kind: number, size: number): boolean {
    const sink = this.#sink;
    switch (kind) {
      case EventKind.ERROR:
        if (!this.#sized(kind, size, ErrorEventReader.SIZE)) return false;
        sink.error(this.#error.at(view, at));
        return true;
      case EventKind.ICMP:
        if (!this.#sized(kind, size, IcmpEventReader.SIZE)) return false;
        sink.icmp(this.#icmp.at(view, at));
        return true;
      case EventKind.DROP:
        if (!this.#sized(kind, size, DropEventReader.SIZE)) return false;
        sink.drop(this.#drop.at(view, at));
        return true;
      case EventKind.FAILED_CALL:
        if (!this.#sized(kind, size, FailedCallEventReader.SIZE)) return false;
        sink.failedCall(this.#failedCall.at(view, at));
        return true;
      case EventKind.DESTROY:
        if (!this.#sized(kind, size, DestroyEventReader.SIZE)) return false;
        sink.destroy(this.#destroy.at(view, at));
        return true;
      case EventKind.SOCKET:
        if (!this.#sized(kind, size, SocketEventReader.SIZE)) return false;
        sink.socket(this.#socket.at(view, at));
        return true;
      case EventKind.PROCESS:
        if (!this.#sized(kind, size, ProcessEventReader.SIZE)) return false;
        sink.process(this.#process.at(view, at));
        return true;
      case EventKind.TIMERS:
        if (!this.#sized(kind, size, TimersEventReader.SIZE)) return false;
        sink.timers(this.#timers.at(view, at));
        return true;
      case EventKind.LISTENER:
        if (!this.#sized(kind, size, ListenerEventReader.SIZE)) return false;
        sink.listener(this.#listener.at(view, at));
        return true;
      case EventKind.THREAD_STACK:
        if (!this.#sized(kind, size, ThreadStackEventReader.SIZE)) return false;
        sink.threadStack(this.#threadStack.at(view, at));
        return true;
      case EventKind.STACK:
        return this.#stackRecord(view, at, kind, size);
      case EventKind.STACK_COPY:
        return this.#stackCopyRecord(view, at, kind, size);
      default:
        this.#fault(`a record has the unknown kind ${kind}`);
        return false;
    }
  }

  #stackRecord(view: DataView, at: number, kind: number, size: number): boolean {
    const whole = size >= STACK_HEAD ? STACK_HEAD + this.#stack.at(view, at).depth * 8 : 0;
    if (whole === 0 || size < whole || size > StackEventReader.SIZE) {
      this.#fault(`a record of kind ${kind} has ${size} bytes, too few or too many for its stack`);
      return false;
    }
    this.#sink.stack(this.#stack);
    return true;
  }

  #stackCopyRecord(view: DataView, at: number, kind: number, size: number): boolean {
    const head = StackCopyEventReader.SIZE;
    const pages = size >= head ? this.#stackCopy.at(view, at).pages : 0;
    if (pages === 0 || pages > MOST_PAGES || size !== head + pages * PAGE_BYTES) {
      this.#fault(`a record of kind ${kind} has ${size} bytes, which are not those of its pages`);
      return false;
    }
    this.#sink.stackCopy(this.#stackCopy);
    return true;
  }
}
