// The engine as a shell uses it: starts the worker that captures and writes, and the one
// that reads; passes calls, notices and ended attempts on. The stop before is
// engine/workers/, the stop after electron/, serve/ or cli/.
import { existsSync } from 'node:fs';
import type { AskedThread, Hello, Notice } from '../contract/api.ts';
import type { AttemptId, SessionId } from '../contract/units.ts';
import type { Engine, EngineMethods, EngineOptions, LiveOptions } from './engine-types.ts';
import { Problem } from './problem.ts';
import { FileReaders, PATIENCE_MS } from './workers/file-readers.ts';
import { newLiveFile } from './workers/live-files.ts';
import { LIVE } from './workers/messages.ts';
import { ReaderHost } from './workers/reader-host.ts';
import { WriterHost } from './workers/writer-host.ts';

/** Ended attempts kept for a listener that comes after the capture has begun. */
const UNHEARD = 100_000;

type CaptureProblem = NonNullable<Hello['captureProblem']>;

/** Attaches, when there is something to capture, and resolves once it is in force or known why not. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const engine = new RunningEngine(options);
  if (options.live) await engine.capture(options.live);
  return engine;
}

class RunningEngine implements Engine {
  captureProblem: CaptureProblem | null = null;
  livePath: string | null = null;
  readonly #noticeListeners = new Set<(notice: Notice) => void>();
  readonly #endListeners = new Set<(ids: readonly AttemptId[]) => void>();
  readonly #reader: ReaderHost;
  readonly #files: FileReaders;
  /** Announced before anyone listened; null once someone has. */
  #unheard: AttemptId[] | null = [];
  #writer: WriterHost | null = null;
  #stopped: Promise<void> | null = null;

  constructor({ filePatienceMs = PATIENCE_MS }: EngineOptions) {
    const tell = (notice: Notice): void => this.#tell(notice);
    this.#reader = new ReaderHost(tell, { file: null });
    this.#files = new FileReaders(tell, filePatienceMs);
  }

  #tell(notice: Notice): void {
    for (const listener of this.#noticeListeners) listener(notice);
  }

  /** Starts the capture; a reason why there is none is kept in `captureProblem`. */
  async capture(live: LiveOptions): Promise<void> {
    try {
      if (live.path !== null && existsSync(live.path)) {
        throw new Problem('exists', `${live.path} exists already.`, 'Choose another name.');
      }
      const { path, notes } = live.path === null ? newLiveFile() : { path: live.path, notes: [] };
      const { bounds, ringBytes = null } = live;
      this.#writer = await WriterHost.start(
        { path, bounds, ringBytes, notes },
        {
          counters: (counters) => this.#reader.counters(path, counters),
          ended: (ids) => this.#tellEnded(ids),
          stuck: (sentence) => this.#reader.note(sentence),
          alert: (alert) => this.#tell({ kind: 'alert', session: LIVE, alert }),
          died: (problem) => this.#captureDied(problem),
        },
      );
      this.livePath = path;
      await this.#reader.liveReady;
    } catch (error) {
      const { sentence, fix } = error instanceof Problem ? error : asDefect(error);
      this.captureProblem = { sentence, fix: fix ?? '' };
    }
  }

  async call<M extends keyof EngineMethods>(
    method: M,
    params: EngineMethods[M]['params'],
  ): Promise<EngineMethods[M]['result']> {
    if (method === 'hello') return (await this.#hello()) as EngineMethods[M]['result'];
    if ('path' in params && !('session' in params)) {
      return (await this.#files.open(params.path)) as EngineMethods[M]['result'];
    }
    const { session } = params as { session: SessionId };
    if (session === LIVE && method === 'askThread') {
      const { id } = params as EngineMethods['askThread']['params'];
      return (await this.#askThread(id)) as EngineMethods[M]['result'];
    }
    if (session === LIVE) return await this.#reader.call(method, params);
    return await this.#files.call(session, method, params);
  }

  async #hello(): Promise<Hello> {
    const hello = await this.#reader.call('hello', {});
    const sessions = [...hello.sessions, ...this.#files.statuses()];
    return { ...hello, sessions, captureProblem: this.captureProblem };
  }

  #askThread(attempt: AttemptId): Promise<AskedThread> {
    if (this.#writer && !this.#stopped && !this.captureProblem) {
      return this.#writer.askThread(attempt);
    }
    const fix = this.captureProblem?.fix ?? 'Start Synscope again.';
    throw new Problem('no-capture', 'Nothing is captured now, so no thread can be asked.', fix);
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  onEnded(listener: (ids: readonly AttemptId[]) => void): () => void {
    this.#endListeners.add(listener);
    const ids = this.#unheard ?? [];
    this.#unheard = null;
    if (ids.length > 0) queueMicrotask(() => listener(ids));
    return () => this.#endListeners.delete(listener);
  }

  #tellEnded(ids: readonly AttemptId[]): void {
    for (const id of this.#unheard && this.#unheard.length < UNHEARD ? ids : []) {
      this.#unheard?.push(id);
    }
    for (const listener of this.#endListeners) listener(ids);
  }

  #captureDied(problem: CaptureProblem): void {
    this.captureProblem = problem;
    this.#reader.note(`The capture ended by itself: ${problem.sentence}`);
  }

  stopCapture(): Promise<void> {
    this.#stopped ??= this.#stopWriter();
    return this.#stopped;
  }

  async #stopWriter(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    const open = await writer.stop();
    await this.#reader.release();
    await writer.seal();
    await this.#reader.reopen();
    if (open.length > 0) this.#tellEnded(open);
  }

  async stop(): Promise<void> {
    await this.stopCapture();
    await Promise.all([this.#reader.stop(), this.#files.stop()]);
  }
}

function asDefect(error: unknown): { sentence: string; fix: string } {
  const sentence = error instanceof Error ? error.message : String(error);
  return { sentence, fix: 'Run synscope doctor: it tells what works on this machine.' };
}
