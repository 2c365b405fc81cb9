// Events → connection attempts. The stop before is engine/capture/decode.ts, the stop
// after engine/session/writer.ts. Each kind of record is handled in the file named after
// it; this one gives each its place and holds what is short.
import { errnoName } from '../../contract/errno.ts';
import type {
  CallEventReader,
  DestroyEventReader,
  DropEventReader,
  ErrorEventReader,
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
import { TimersOccasion } from '../../contract/generated/events.ts';
import type { AttemptId, SessionNanoseconds } from '../../contract/units.ts';
import type { SessionClock } from '../capture/clock.ts';
import type { RecordSink } from '../capture/decode.ts';
import type { ResetDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import { Calls } from './calls.ts';
import { Desk } from './desk.ts';
import { Drops } from './drops.ts';
import { FailedCalls } from './failed-calls.ts';
import { HalfOpenTable } from './half-open.ts';
import type { HostFiles } from './host-files.ts';
import { icmpDetail } from './icmp.ts';
import type { ListenerTable } from './listeners.ts';
import type { Losses } from './losses.ts';
import { endingByLateReset, endingNotSeen } from './outcome.ts';
import type { LifecycleOutput } from './output.ts';
import { OwnCounts } from './own-counts.ts';
import { takeCounters } from './payload.ts';
import { Retransmits } from './retransmits.ts';
import { SocketScans } from './scans.ts';
import { StateChanges } from './states.ts';
import * as tcp from './tcp-state.ts';
import { ThreadStacks } from './thread-stacks.ts';
import { timeoutOf } from './timeouts.ts';
import { cookieOf } from './tuple.ts';

/** Names of enums of the running kernel, by value. */
export interface KernelNames {
  /** enum skb_drop_reason */
  readonly dropReasons: Readonly<Record<string, string>>;
  /** enum sk_rst_reason, since 6.10 */
  readonly resetReasons: Readonly<Record<string, string>>;
}

const NO_NAMES: KernelNames = { dropReasons: {}, resetReasons: {} };

export class Lifecycle implements RecordSink {
  readonly #desk: Desk;
  readonly #output: LifecycleOutput;
  readonly #halfOpen = new HalfOpenTable();
  readonly #states: StateChanges;
  readonly #calls: Calls;
  readonly #scans: SocketScans;
  readonly #retransmits: Retransmits;
  readonly #drops: Drops;
  readonly #failedCalls: FailedCalls;
  readonly #resetReasons: KernelNames['resetReasons'];
  /** Threads that are asked for their stacks. */
  readonly threads: ThreadStacks;

  /** `counts` gets what the records add up to, in the sense of the kernel's own counters. */
  constructor(
    clock: SessionClock,
    output: LifecycleOutput,
    host: HostFiles,
    counts: OwnCounts = new OwnCounts(),
    names: KernelNames = NO_NAMES,
  ) {
    this.#output = output;
    this.#desk = new Desk(clock, output, host, counts);
    this.#states = new StateChanges(this.#desk, this.#halfOpen);
    this.#calls = new Calls(this.#desk);
    this.#scans = new SocketScans(this.#desk);
    this.#drops = new Drops(this.#desk, names.dropReasons);
    this.#failedCalls = new FailedCalls(this.#desk);
    this.threads = new ThreadStacks(this.#desk);
    this.#resetReasons = names.resetReasons;
    this.#retransmits = new Retransmits(this.#desk, this.#halfOpen);
  }

  state(event: StateEventReader): void {
    this.#states.take(event);
  }

  connect(event: CallEventReader): void {
    this.#calls.connect(event);
  }

  accept(event: CallEventReader): void {
    this.#calls.accept(event);
  }

  socket(event: SocketEventReader): void {
    this.#scans.take(event);
  }

  process(event: ProcessEventReader): void {
    this.#desk.processes.tell(event);
  }

  stack(event: StackEventReader): void {
    const owner = this.#desk.processes.of(event.task);
    this.#output.stack(this.#desk.stacks.row(event.stackId), event, owner);
  }

  stackCopy(event: StackCopyEventReader): void {
    const owner = this.#desk.processes.of(event.task);
    this.#output.stackCopy(this.#desk.stacks.row(event.stackId), event, owner);
  }

  threadStack(event: ThreadStackEventReader): void {
    this.threads.take(event);
  }

  retransmit(event: RetransmitEventReader): void {
    this.#retransmits.segment(event);
  }

  synackRetransmit(event: RetransmitEventReader): void {
    this.#retransmits.synack(event);
  }

  drop(event: DropEventReader): void {
    this.#drops.take(event);
  }

  /** The ICMP error behind the socket error that was told just before. */
  icmp(event: IcmpEventReader): void {
    const cookie = cookieOf(event.socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt) return;
    const timeNs = this.#desk.clock.at(event.header);
    this.#desk.journal.event(attempt, timeNs, 'icmp', icmpDetail(event));
  }

  /** Of a connection that waits, or of one that a timer has given up: its change of state follows. */
  timers(event: TimersEventReader): void {
    if (event.occasion === TimersOccasion.WAITING) {
      this.#scans.waiting(event);
      return;
    }
    const { live, clock, journal } = this.#desk;
    const cookie = cookieOf(event.socket);
    if (cookie === null) return;
    const timeNs = clock.at(event.header);
    const { socket, skErr } = event;
    const attempt =
      live.get(cookie) ?? this.#desk.beginLate(cookie, socket, socket.state, timeNs, 'event');
    const lastedMs = attempt.startedNs === null ? null : (timeNs - attempt.startedNs) / 1e6;
    journal.event(attempt, timeNs, 'timeout', timeoutOf(event, lastedMs), Math.max(skErr, 0));
  }

  listener(event: ListenerEventReader): void {
    this.#desk.listeners.pressed(event, this.#desk.clock.at(event.header));
  }

  failedCall(event: FailedCallEventReader): void {
    this.#failedCalls.take(event);
  }

  resetSent(event: ResetEventReader): void {
    this.#desk.counts.resetSent(event.socket.netns, this.#desk.clock.at(event.header));
    const attempt = this.#reset(event, 'reset-sent');
    const ending = attempt && endingByLateReset(attempt, event.socket.state);
    if (ending) this.#desk.live.decide(attempt, ending);
  }

  resetReceived(event: ResetEventReader): void {
    const attempt = this.#reset(event, 'reset-received');
    if (attempt && !attempt.ended) attempt.resetReceived = true;
  }

  /** A RST of a socket without an attempt (a listener, a closed port) is no event of a connection. */
  #reset(event: ResetEventReader, kind: 'reset-sent' | 'reset-received'): Attempt | null {
    const cookie = cookieOf(event.socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt) return null;
    const by = this.#desk.otherActor(attempt, event.task);
    const detail: ResetDetail = {
      ...(event.reason !== 0 && { reason: this.#resetReasons[event.reason] ?? event.reason }),
      state: tcp.stateName(event.socket.state),
      ...(by && { by }),
    };
    const kernelStack = this.#desk.stacks.row(event.kernelStackId);
    this.#desk.journal.event(
      attempt,
      this.#desk.clock.at(event.header),
      kind,
      detail,
      0,
      kernelStack,
    );
    return attempt;
  }

  /** Reports also wake readers of the error queue (timestamps, zero copy): those carry no errno. */
  error(event: ErrorEventReader): void {
    const cookie = cookieOf(event.socket);
    const attempt = cookie === null ? undefined : this.#desk.live.get(cookie);
    if (!attempt || (event.skErr === 0 && event.skErrSoft === 0)) return;
    const soft = Math.abs(event.skErrSoft);
    if (!attempt.ended) {
      if (attempt.state === tcp.SYN_SENT) attempt.notedErrno = soft;
      else if (attempt.state !== tcp.ESTABLISHED) attempt.notedErrno = Math.abs(event.skErr);
    }
    const detail = soft === 0 ? null : { softError: errnoName(soft) };
    const kernelStack = this.#desk.stacks.row(event.kernelStackId);
    const timeNs = this.#desk.clock.at(event.header);
    this.#desk.journal.event(attempt, timeNs, 'error', detail, Math.abs(event.skErr), kernelStack);
  }

  destroy(event: DestroyEventReader): void {
    const cookie = cookieOf(event.socket);
    if (cookie === null) return;
    this.#scans.destroyed(cookie);
    this.#desk.listeners.remove(cookie);
    const { live, clock, journal } = this.#desk;
    const attempt = live.get(cookie);
    if (!attempt) return;
    const timeNs = clock.at(event.header);
    const { counters } = event;
    this.#desk.counts.retransmits(attempt, counters.totalRetrans, 0, timeNs);
    if (takeCounters(attempt, counters)) live.changed(attempt);
    journal.event(attempt, timeNs, 'destroy', {
      bytesSent: attempt.bytesSent,
      bytesReceived: attempt.bytesReceived,
      segmentsOut: counters.segsOut,
      segmentsIn: counters.segsIn,
      retransmits: attempt.retransmits,
    });
    if (!attempt.ended) {
      // A socket is destroyed in CLOSE only: the record of its last change is lost.
      const ending = endingNotSeen(attempt);
      attempt.incomplete = true;
      attempt.state = tcp.CLOSE;
      live.end(attempt, timeNs, ending);
    }
    live.settle(attempt);
    live.forget(cookie);
  }

  scanBegins(): void {
    this.#scans.begin();
  }

  /** Every record of the scan has been delivered. `entered`: the network namespaces it was in. */
  scanEnded(nowNs: SessionNanoseconds, entered: ReadonlySet<number>): void {
    this.#scans.end(nowNs, entered);
  }

  /** The last scan showed something that no record had told. */
  get scanMoved(): boolean {
    return this.#scans.moved;
  }

  /** Who must know that records were lost. */
  get losses(): Losses {
    return this.#desk.losses;
  }

  /** Packets were thrown away that no record tells of: whoever waits for an answer may wait for one of them. */
  dropsSkipped(): void {
    for (const attempt of this.#desk.live.values()) {
      if (!attempt.final && attempt.establishedNs === null) attempt.dropsSkipped = true;
    }
  }

  /** What time alone decides. `nowNs`: every record until this moment has been taken. */
  tick(nowNs: SessionNanoseconds): void {
    this.#desk.processes.complete();
    this.#scans.tick(nowNs);
    this.#desk.live.tick(nowNs);
    this.#desk.races.tick(nowNs);
    for (const attempt of this.#halfOpen.expired(nowNs)) {
      const detail = { inferred: 'no ACK seen' } as const;
      this.#desk.journal.state(attempt, nowNs, tcp.SYN_RECV, tcp.CLOSE, detail, 0, 0, 0);
      attempt.state = tcp.CLOSE;
      this.#desk.live.end(attempt, nowNs, { outcome: 'timed-out', failed: true, closedBy: null });
    }
  }

  /** The first scan is over and taken in: a connection that is new after this lost its begin. */
  settledIn(): void {
    this.#desk.settledIn = true;
  }

  /** Who listens where. */
  get listeners(): ListenerTable {
    return this.#desk.listeners;
  }

  /** The attempts whose sockets still exist, ended ones too. */
  attempts(): Iterable<Attempt> {
    return this.#desk.live.values();
  }

  /** Live attempts and half-open ones, in number. */
  get liveCount(): number {
    return this.#desk.live.size;
  }

  /** The capture stops: settles what ended, and returns the ids of what has not. */
  finish(nowNs: SessionNanoseconds): AttemptId[] {
    this.tick(nowNs);
    this.#desk.live.settleAll();
    const open: AttemptId[] = this.#halfOpen.attempts().map(({ id }) => id);
    for (const attempt of this.#desk.live.values()) if (!attempt.ended) open.push(attempt.id);
    return open.sort((a, b) => a - b);
  }
}
