// The host's end of a reader worker: calls by number, notices as they come. One worker
// reads the live session; file-readers.ts gives each session file one of its own. Used by
// engine/engine.ts.
import { Worker } from 'node:worker_threads';
import type { Notice } from '../../contract/api.ts';
import type { Milliseconds, SessionId } from '../../contract/units.ts';
import type { EngineMethods } from '../engine-types.ts';
import { Problem } from '../problem.ts';
import type { LiveCounters } from '../query/status.ts';
import { type FromReader, LIVE, type ToReader } from './messages.ts';
import { workerUrl } from './worker-url.ts';

interface PendingCall {
  resolve(result: unknown): void;
  reject(problem: Problem): void;
}

export interface ReaderHostOptions {
  /** Id that a file gets when it is opened; null for the reader of the live session. */
  readonly file: SessionId | null;
  /** The worker's heap; beyond it the worker ends, and nothing else does. */
  readonly memoryMb?: number;
  /** Called once, when the worker ended without being asked to. */
  readonly onDeath?: (problem: Problem) => void;
}

const MEMORY_MB = 2048;

export class ReaderHost {
  /** The live session has a file that can be read. */
  readonly liveReady: Promise<void>;
  readonly #worker: Worker;
  readonly #onNotice: (notice: Notice) => void;
  readonly #onDeath: (problem: Problem) => void;
  readonly #file: SessionId | null;
  readonly #calls = new Map<number, PendingCall>();
  readonly #waiting = new Map<FromReader['type'], () => void>();
  #markLive: () => void = () => {};
  #live: LiveCounters | null = null;
  /** Said of the live session by others than its writer. */
  readonly #notes: string[] = [];
  #lastCall = 0;
  /** Why nothing is answered any more; null while the worker lives. */
  #over: Problem | null = null;

  constructor(onNotice: (notice: Notice) => void, options: ReaderHostOptions) {
    this.#onNotice = onNotice;
    this.#file = options.file;
    this.#onDeath = options.onDeath ?? (() => {});
    this.liveReady = new Promise((resolve) => {
      this.#markLive = resolve;
    });
    this.#worker = new Worker(workerUrl('reader'), {
      name: 'synscope-reader',
      workerData: options.file,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb ?? MEMORY_MB },
    });
    this.#worker.on('message', (message: FromReader) => this.#take(message));
    this.#worker.on('error', (error: unknown) => this.#died(error));
    this.#worker.on('exit', () => this.#died(new Error('it ended')));
    this.#worker.unref();
  }

  #post(message: ToReader): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromReader): void {
    if (message.type === 'result') this.#settle(message.id)?.resolve(message.result);
    else if (message.type === 'error') this.#settle(message.id)?.reject(asProblem(message.error));
    else if (message.type === 'notice') this.#notice(message.notice);
    else this.#waiting.get(message.type)?.();
  }

  #notice(notice: Notice): void {
    if (notice.kind === 'changed' && notice.status.session === LIVE) this.#markLive();
    this.#onNotice(notice);
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker.unref();
    return call;
  }

  #died(error: unknown): void {
    if (this.#over) return;
    const message = error instanceof Error ? error.message : String(error);
    const problem = new Problem(
      'reader',
      this.#file === null
        ? `The engine's reader failed: ${message}`
        : `The session file broke its reader, so it was closed: ${message}`,
      this.#file === null ? 'Start Synscope again.' : 'Open it again, or copy it again.',
    );
    this.#end(problem);
    this.#onDeath(problem);
  }

  #end(problem: Problem): void {
    this.#over = problem;
    for (const call of this.#calls.values()) call.reject(problem);
    this.#calls.clear();
    for (const answered of this.#waiting.values()) answered();
    this.#markLive();
  }

  async call<M extends keyof EngineMethods>(
    method: M,
    params: EngineMethods[M]['params'],
  ): Promise<EngineMethods[M]['result']> {
    if (this.#over) throw this.#over;
    this.#lastCall++;
    const id = this.#lastCall;
    const result = await new Promise<unknown>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.ref();
      this.#post({ type: 'call', id, method, params });
    });
    // The reader answers each method with its own type: engine/workers/reader-methods.ts.
    return result as EngineMethods[M]['result'];
  }

  /** What the writer counted; at the first time the live session's file is opened. */
  counters(path: string, told: LiveCounters): void {
    const counters = { ...told, notes: [...told.notes, ...this.#notes] };
    this.#post(this.#live ? { type: 'counters', counters } : { type: 'live', path, counters });
    this.#live = counters;
  }

  /** Adds a sentence to the live session. */
  note(sentence: string): void {
    if (this.#notes.includes(sentence)) return;
    this.#notes.push(sentence);
    if (!this.#live) return;
    this.#live = { ...this.#live, notes: [...this.#live.notes, sentence] };
    this.#post({ type: 'counters', counters: this.#live });
  }

  release(): Promise<void> {
    return this.#ask({ type: 'release' }, 'released');
  }

  reopen(): Promise<void> {
    return this.#ask({ type: 'reopen' }, 'reopened');
  }

  async #ask(message: ToReader, answer: FromReader['type']): Promise<void> {
    if (this.#over) return;
    await new Promise<void>((resolve) => {
      this.#waiting.set(answer, resolve);
      this.#worker.ref();
      this.#post(message);
    });
    this.#waiting.delete(answer);
    if (this.#calls.size === 0) this.#worker.unref();
  }

  /** Ends the worker after what it is doing now; calls that wait are rejected at once. */
  async stop(problem = new Problem('stopped', 'The engine has been stopped.')): Promise<void> {
    if (!this.#over) this.#end(problem);
    // A worker that computes in SQLite ends when that is done: nobody waits for it.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    await Promise.race([this.#worker.terminate(), patience]);
    clearTimeout(timer);
    this.#worker.unref();
  }
}

const STOP_MS: Milliseconds = 1000;

function asProblem({
  code,
  sentence,
  fix,
  at,
}: {
  code: string;
  sentence: string;
  fix: string | null;
  at?: { from: number; to: number };
}): Problem {
  return new Problem(code, sentence, fix, at ?? null);
}
