// One capture from attach to detach: batches go through the decoder and the lifecycle into
// the session file; a timer commits, scans, counts and asks for symbols. Runs in the
// writer worker (engine/workers/writer.ts).
import type { Capture, CaptureCounters, SynscopeAddon } from '../../contract/addon.ts';
import type { Alert } from '../../contract/alerts.ts';
import type { AttemptId, SessionNanoseconds } from '../../contract/units.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { listenForAlerts } from '../alerts/listen.ts';
import { SessionClock } from '../capture/clock.ts';
import { BatchDecoder } from '../capture/decode.ts';
import { KernelCounters } from '../capture/kernel-counters.ts';
import { MachineContext } from '../context/machine-context.ts';
import { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import { sumUp } from '../lifecycle/comparison.ts';
import { hostFiles } from '../lifecycle/host-files.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { OwnCounts } from '../lifecycle/own-counts.ts';
import type { LiveCounters } from '../query/status.ts';
import type { SessionBegin } from '../session/create.ts';
import { SessionWriter } from '../session/writer.ts';
import { AnnouncedEnds } from './announced-ends.ts';
import { missingFamilies, seen } from './capture-counts.ts';
import { CaptureGaps } from './capture-gaps.ts';
import { Comparisons } from './comparisons.ts';
import { EventRate } from './event-rate.ts';
import type { WriterOptions } from './messages.ts';
import { Naming } from './naming.ts';
import { RecentPeak } from './recent-peak.ts';
import { RingProgress } from './ring-progress.ts';
import { ScanRounds } from './scan-rounds.ts';
import { ThreadQuestions } from './thread-questions.ts';

/** Between commits, and everything else that time decides: while records come and shortly after, and when all is quiet. */
const TICK_MS = 50;
/** A batch that takes longer than this is interrupted for it: a flood must not keep what was seen from the file. */
const TICK_AT_LEAST_MS = 200;
const QUIET_TICK_MS = 250;
const STAY_AWAKE_NS = 500_000_000;
const SECOND_NS = 1_000_000_000;
/** Between two messages with counters. */
const TELL_NS = 95_000_000;
/** How long the end of a capture waits for the kernel's counters and our own to agree. */
const LAST_COMPARISON_MS = 1000;
/** The ring is drained in this rhythm. */
const DRAIN_MS = 10;

export interface CaptureListener {
  counters(counters: LiveCounters): void;
  ended(ids: readonly AttemptId[]): void;
  alert(alert: Alert): void;
}

export class CaptureRun {
  readonly #addon: SynscopeAddon;
  readonly #options: WriterOptions;
  readonly #listener: CaptureListener;
  readonly #clock: SessionClock;
  readonly #capture: Capture;
  readonly #writer: SessionWriter;
  readonly #diagnosis: Diagnosis;
  readonly #alerts: Alerts;
  readonly #lifecycle: Lifecycle;
  readonly #decoder: BatchDecoder;
  readonly #gaps: CaptureGaps;
  readonly #ends: AnnouncedEnds;
  readonly #rate = new EventRate();
  readonly #progress = new RingProgress();
  readonly #ringPeak = new RecentPeak();
  readonly #counts: OwnCounts;
  readonly #context: MachineContext;
  readonly #comparisons: Comparisons;
  readonly #naming: Naming;
  readonly #scans: ScanRounds;
  readonly #missing: ReadonlySet<string>;
  readonly threads: ThreadQuestions;
  #timer: NodeJS.Timeout;
  #quiet = false;
  #stopping = false;
  #awakeUntilNs: SessionNanoseconds = 0;
  #tickedMs = performance.now();
  #notes: string[];
  #lastSecondNs: SessionNanoseconds = 0;
  #version = 0;
  #told = '';
  #toldNs: SessionNanoseconds = -SECOND_NS;

  /** Attaches and makes the file; throws when either cannot be. */
  constructor(addon: SynscopeAddon, options: WriterOptions, listener: CaptureListener) {
    this.#addon = addon;
    this.#options = options;
    this.#listener = listener;
    this.#notes = [...options.notes];
    const { monotonicNs, realtimeNs } = addon.clocks();
    this.#clock = new SessionClock(monotonicNs);
    const counts = new OwnCounts();
    const kernel = new KernelCounters();
    this.#counts = counts;
    this.#comparisons = new Comparisons(counts, () => this.#now(), kernel);
    this.#capture = addon.startCapture({
      ...(options.ringBytes !== null && { ringBytes: options.ringBytes }),
      onBatch: (batch) => this.#batch(batch),
    });
    this.#comparisons.start();
    // No batch can be delivered before this returns to the event loop.
    const begin = {
      path: options.path,
      layoutHash: addon.layoutHash,
      hooks: this.#capture.hooks,
      startedUnixMs: Number(realtimeNs / 1000n) / 1000,
      startedMonotonicNs: monotonicNs,
      bounds: options.bounds,
    };
    this.#writer = this.#makeFile(begin);
    this.#diagnosis = new Diagnosis(this.#writer);
    this.#alerts = listenForAlerts(this.#writer, this.#diagnosis, begin.startedUnixMs, (alert) =>
      listener.alert(alert),
    );
    this.#lifecycle = new Lifecycle(this.#clock, this.#diagnosis, hostFiles(), counts, {
      dropReasons: addon.kernelEnum('skb_drop_reason', 'SKB_DROP_REASON_'),
      resetReasons: addon.kernelEnum('sk_rst_reason', 'SK_RST_REASON_'),
    });
    this.#lifecycle.listeners.onPressure = (pressure) => this.#alerts.pressed(pressure);
    this.#context = new MachineContext({
      kernel,
      listeners: this.#lifecycle.listeners,
      attempts: () => this.#lifecycle.attempts(),
      now: () => this.#now(),
      note: (sentence) => this.#noteInFile(sentence),
    });
    this.#lifecycle.listeners.filledQueue = this.#context.filledQueue;
    this.#diagnosis.askFrom(this.#context);
    this.#missing = missingFamilies(this.#capture.hooks);
    this.#decoder = new BatchDecoder(this.#lifecycle, () => this.#tickIfDue());
    const noteInFile = (sentence: string) => this.#noteInFile(sentence);
    this.#gaps = new CaptureGaps(this.#decoder, this.#lifecycle, noteInFile);
    this.#naming = new Naming(addon, this.#writer, (sentence) => this.#noteInFile(sentence));
    this.#naming.prepare();
    this.#ends = new AnnouncedEnds(this.#writer.stacks);
    for (const note of options.notes) this.#writer.note(0, note);
    this.#scans = new ScanRounds({
      capture: this.#capture,
      lifecycle: this.#lifecycle,
      now: () => this.#now(),
      note: (sentence) => this.#noteInFile(sentence),
    });
    this.threads = new ThreadQuestions({
      capture: this.#capture,
      threads: this.#lifecycle.threads,
      isUnnamed: (stack) => this.#writer.stacks.isPending(stack),
      commit: () => {
        if (!this.#stopping) this.#tick();
      },
    });
    this.#scans.start(true);
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #makeFile(begin: SessionBegin): SessionWriter {
    try {
      return new SessionWriter(begin, (sentence) => this.#note(sentence));
    } catch (error) {
      void this.#capture.close();
      throw error;
    }
  }

  #now(): SessionNanoseconds {
    return this.#clock.since(this.#addon.clocks().monotonicNs);
  }

  #note(sentence: string): void {
    if (this.#notes.includes(sentence)) return;
    this.#notes.push(sentence);
  }

  /** A note that is also kept in the file. */
  #noteInFile(sentence: string): void {
    if (this.#notes.includes(sentence)) return;
    this.#notes.push(sentence);
    this.#writer.note(this.#now(), sentence);
  }

  #batch(batch: ArrayBuffer): void {
    this.#decoder.decode(batch);
    this.#naming.ask();
    this.#awakeUntilNs = -1;
    if (this.#quiet) this.#schedule(TICK_MS);
  }

  /** Timers wait behind the batches that have come. */
  #tickIfDue(): void {
    if (performance.now() - this.#tickedMs >= TICK_AT_LEAST_MS) this.#tick();
  }

  #schedule(ms: number): void {
    if (this.#stopping) return;
    clearTimeout(this.#timer);
    this.#quiet = ms === QUIET_TICK_MS;
    this.#timer = setTimeout(() => this.#tick(), ms);
  }

  #tick(): void {
    this.#tickedMs = performance.now();
    const nowNs = this.#now();
    const counters = this.#capture.counters();
    this.#gaps.count(counters, nowNs, this.#now());
    this.#progress.mark(nowNs, counters.emitted);
    const handledNs = this.#progress.until(this.#handled(counters), nowNs);
    this.#context.tick(this.#counts.activity());
    this.#lifecycle.tick(handledNs);
    this.#compare(handledNs, counters);
    const scanTaken = this.#scans.taken(handledNs);
    if (scanTaken) this.#lifecycle.settledIn();
    if (nowNs - this.#lastSecondNs >= SECOND_NS) {
      this.#lastSecondNs = nowNs;
      this.#writer.counters(nowNs, seen(counters));
      this.#comparisons.begin();
      // Between two scans every record must have been handled, else states seem to differ.
      if (scanTaken) this.#scans.second(counters.emitted);
    }
    this.#alerts.tick(nowNs);
    this.#commit(nowNs, counters);
    this.#naming.ask();
    this.#tell(nowNs, counters);
    if (this.#awakeUntilNs < 0) this.#awakeUntilNs = nowNs + STAY_AWAKE_NS;
    this.#schedule(nowNs < this.#awakeUntilNs ? TICK_MS : QUIET_TICK_MS);
  }

  /** Finishes a round that waits for its records; what differs is looked at again at once. */
  #compare(handledNs: SessionNanoseconds, counters: CaptureCounters): void {
    const circumstances = { lost: this.#gaps.lost(counters), missing: this.#missing };
    if (!this.#comparisons.finish(handledNs, circumstances)) return;
    this.#writer.comparisons(handledNs, this.#comparisons.rows ?? []);
    // Once it is detached, the kernel counts on alone.
    if (this.#comparisons.doubtful && !this.#stopping) this.#comparisons.begin();
  }

  /** Records of the ring that are done with, one way or the other. */
  #handled({ scanned, lost }: CaptureCounters): number {
    return this.#decoder.records + this.#decoder.malformed + lost - scanned;
  }

  #commit(nowNs: SessionNanoseconds, counters: CaptureCounters): void {
    if (this.#writer.pending) {
      const ended = this.#writer.commit(nowNs, seen(counters));
      if (ended) this.#committed(ended);
    }
    const ids = this.#ends.ready(this.#naming.stuck);
    if (ids.length > 0) this.#listener.ended(ids);
  }

  #committed(ended: readonly Attempt[]): void {
    this.#version++;
    for (const attempt of ended) this.#ends.add(attempt);
  }

  #tell(nowNs: SessionNanoseconds, counters: CaptureCounters): void {
    const { delivered, ringPeakBytes, ringBytes } = counters;
    const lost = this.#gaps.lost(counters);
    const { rows } = this.#comparisons;
    const eventsPerSecond = this.#rate.at(nowNs, delivered);
    const peakBytes = this.#ringPeak.at(nowNs, ringPeakBytes);
    const ringFill = ringBytes === 0 ? 0 : Math.round((peakBytes / ringBytes) * 1000) / 1000;
    const state = `${this.#version} ${eventsPerSecond} ${lost} ${ringFill} ${this.#notes.length} ${this.#writer.unwritten}`;
    if (state === this.#told || nowNs - this.#toldNs < TELL_NS) return;
    this.#told = state;
    this.#toldNs = nowNs;
    this.#listener.counters({
      version: this.#version,
      events: this.#writer.events,
      eventsPerSecond,
      lost,
      ringFill,
      unwritten: this.#writer.unwritten,
      hooks: this.#capture.hooks,
      bounds: this.#options.bounds,
      notes: this.#notes,
      completeness: rows && sumUp(rows),
    });
  }

  /** Detaches and commits everything; returns the attempts that had not ended. */
  async stop(): Promise<AttemptId[]> {
    await this.#lastComparison();
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#scans.settled();
    await this.#capture.close();
    // Only now: what was still in the ring has been delivered.
    const counters = this.#capture.counters();
    const nowNs = this.#now();
    this.#gaps.count(counters, nowNs, nowNs);
    const open = this.#lifecycle.finish(nowNs);
    await this.#diagnosis.settled();
    this.#context.finish();
    this.#gaps.finish(counters);
    this.#compare(nowNs, counters);
    await this.#naming.last();
    const ended = this.#writer.finish(nowNs, seen(counters));
    this.#committed(ended);
    this.#toldNs = -SECOND_NS;
    this.#tell(nowNs, counters);
    const ids = this.#ends.all();
    if (ids.length > 0) this.#listener.ended(ids);
    return open;
  }

  /** While the hooks are still attached: afterwards the kernel counts on alone. */
  async #lastComparison(): Promise<void> {
    const deadline = performance.now() + LAST_COMPARISON_MS;
    this.#comparisons.begin(true);
    do {
      await waitMs(DRAIN_MS);
      this.#tick();
    } while (this.#comparisons.underWay && performance.now() < deadline);
  }

  /** Makes one file of the session. */
  seal(): void {
    this.#writer.close();
  }
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
}
