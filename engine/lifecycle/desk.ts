// What every part of the lifecycle works on: the clock, the tables, the journal. Made once
// by engine/lifecycle/lifecycle.ts.
import type { OwnerSource } from '../../contract/attempt.ts';
import type { SocketIdentReader, TaskIdentReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { SessionClock } from '../capture/clock.ts';
import type { Actor } from '../session/detail.ts';
import type { Attempt, Cookie } from './attempt.ts';
import type { HostFiles } from './host-files.ts';
import { Journal } from './journal.ts';
import { ListenerTable } from './listeners.ts';
import { LiveAttempts } from './live-attempts.ts';
import { Losses } from './losses.ts';
import type { LifecycleOutput } from './output.ts';
import type { OwnCounts } from './own-counts.ts';
import { OwnTraffic } from './own-traffic.ts';
import { type ProcessImage, ProcessTable } from './processes.ts';
import { Races } from './races.ts';
import { StackRows } from './stack-rows.ts';
import { Stalls } from './stalls.ts';
import * as tcp from './tcp-state.ts';
import { takeTuple } from './tuple.ts';

/** Trust in where an owner is known from, least first. */
const TRUST: readonly OwnerSource[] = ['unknown', 'listener', 'scan', 'accept', 'connect'];

export class Desk {
  readonly #output: LifecycleOutput;
  readonly clock: SessionClock;
  readonly live: LiveAttempts;
  readonly losses: Losses;
  readonly races: Races;
  readonly stalls: Stalls;
  readonly journal: Journal;
  readonly processes: ProcessTable;
  readonly listeners = new ListenerTable();
  readonly stacks = new StackRows();
  readonly counts: OwnCounts;
  readonly ownTraffic: OwnTraffic;
  readonly ephemeralPorts: { readonly first: number; readonly last: number };
  /** The sockets that existed before the capture have been looked for: one that is new to us now lost its begin. */
  settledIn = false;

  constructor(clock: SessionClock, output: LifecycleOutput, host: HostFiles, counts: OwnCounts) {
    this.counts = counts;
    this.clock = clock;
    this.races = new Races((loser) => this.#lostLate(loser, output));
    this.stalls = new Stalls(this);
    const markIncomplete = (attempt: Attempt) => {
      attempt.incomplete = true;
      this.live.changed(attempt);
    };
    this.losses = new Losses(() => this.live.values(), markIncomplete);
    this.live = new LiveAttempts(output, {
      begun: (attempt) => this.losses.begun(attempt),
      ends: (attempt) => {
        this.losses.settled(attempt);
        this.races.ended(attempt);
        this.stalls.ended(attempt);
      },
    });
    this.#output = output;
    this.journal = new Journal(output);
    this.processes = new ProcessTable(host, (image) => output.process(image));
    this.ownTraffic = new OwnTraffic(host.ownPid);
    this.ephemeralPorts = host.ephemeralPorts();
  }

  #lostLate(loser: Attempt, output: LifecycleOutput): void {
    output.attemptReconsidered?.(loser);
    this.live.changed(loser);
  }

  /** Something went wrong that the attempt survived; judged again now if it has not ended. */
  troubled(attempt: Attempt): void {
    if (!attempt.ended) this.#output.attemptTroubled?.(attempt);
  }

  /** A sentence that belongs into the file. */
  note(timeNs: SessionNanoseconds, sentence: string): void {
    this.#output.note?.(timeNs, sentence);
  }

  /** An attempt whose begin was not seen: older than the capture, or its first events are lost. */
  beginLate(
    cookie: Cookie,
    socket: SocketIdentReader,
    state: number,
    timeNs: SessionNanoseconds,
    by: 'scan' | 'event',
  ): Attempt {
    const attempt = this.live.begin(cookie, socket.netns, timeNs);
    takeTuple(attempt, socket);
    attempt.state = state;
    attempt.direction = this.#directionOf(attempt);
    attempt.incomplete ||= this.settledIn;
    const connecting = state === tcp.SYN_SENT || state === tcp.SYN_RECV;
    attempt.outcome = connecting ? 'connecting' : 'open';
    if (state === tcp.CLOSE_WAIT || state === tcp.LAST_ACK) attempt.closedBy = 'remote';
    if (state === tcp.FIN_WAIT1 || state === tcp.FIN_WAIT2) attempt.closedBy = 'local';
    attempt.finReceived =
      state === tcp.CLOSE_WAIT || state === tcp.LAST_ACK || state === tcp.CLOSING;
    if (attempt.direction === 'accepted') this.ownByListener(attempt);
    this.journal.event(attempt, timeNs, 'first-seen', { state: tcp.stateName(state), by });
    return attempt;
  }

  /** A listener at the local port accepted it; a port from the range that connect(2) chooses from called out. */
  #directionOf(attempt: Attempt): Attempt['direction'] {
    const { state, localPort } = attempt;
    if (state === tcp.SYN_SENT) return 'outgoing';
    if (state === tcp.SYN_RECV || this.listeners.has(attempt.netns, localPort)) return 'accepted';
    const { first, last } = this.ephemeralPorts;
    return localPort >= first && localPort <= last ? 'outgoing' : 'unknown';
  }

  ownByListener(attempt: Attempt): void {
    const owner = this.listeners.ownerAt(attempt.netns, attempt.localAddress, attempt.localPort);
    if (owner) this.#own(attempt, owner, 'listener');
  }

  /** The task owns the attempt, unless that is known from a better source. Softirq (tgid 0) owns nothing. */
  ownByTask(attempt: Attempt, task: TaskIdentReader, source: OwnerSource): void {
    const owner = this.processes.of(task);
    if (!owner || !this.#own(attempt, owner, source)) return;
    if (source === 'scan') return;
    attempt.tid = task.tid;
    attempt.threadComm = task.threadComm;
  }

  /** The thread that gave its owner's request to io_uring, which a thread of the kernel carried out. */
  askedBy(attempt: Attempt, task: TaskIdentReader): void {
    if (task.tgid === 0 || task.tgid !== attempt.owner?.pid) return;
    attempt.tid = task.tid;
    attempt.threadComm = task.threadComm;
  }

  #own(attempt: Attempt, owner: ProcessImage, source: OwnerSource): boolean {
    if (TRUST.indexOf(source) <= TRUST.indexOf(attempt.ownerSource)) return false;
    attempt.owner = owner;
    attempt.ownerSource = source;
    this.live.changed(attempt);
    return true;
  }

  /** The task's process when that is not the owner. */
  otherActor(attempt: Attempt, task: TaskIdentReader): Actor | null {
    if (task.tgid === 0 || task.tgid === attempt.owner?.pid) return null;
    const image = this.processes.of(task);
    return image ? { pid: image.pid, comm: image.comm } : null;
  }
}
