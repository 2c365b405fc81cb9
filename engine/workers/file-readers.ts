// The session files that are open, each read by a worker of its own: one that takes for
// ever or breaks its reader is closed with a sentence, and the live session goes on.
// Between engine/engine.ts and reader-host.ts.
import type { Notice, SessionStatus } from '../../contract/api.ts';
import type { Milliseconds, SessionId } from '../../contract/units.ts';
import type { EngineMethods } from '../engine-types.ts';
import { Problem } from '../problem.ts';
import { ReaderHost } from './reader-host.ts';

/** How long an answer may take: a sort of ten million attempts has ten seconds. */
export const PATIENCE_MS: Milliseconds = 60_000;
/** Files at once; each has a thread and its caches. */
const MAX_OPEN = 16;
/** Copying as much as there is may take as long as the disk does. */
const UNTIMED: ReadonlySet<keyof EngineMethods> = new Set(['saveSession', 'exportSession']);

interface OpenFile {
  readonly reader: ReaderHost;
  readonly status: SessionStatus;
}

export class FileReaders {
  readonly #onNotice: (notice: Notice) => void;
  readonly #patienceMs: Milliseconds;
  readonly #open = new Map<SessionId, OpenFile>();
  /** Being opened now. */
  readonly #opening = new Set<ReaderHost>();
  #opened = 0;

  constructor(onNotice: (notice: Notice) => void, patienceMs: Milliseconds) {
    this.#onNotice = onNotice;
    this.#patienceMs = patienceMs;
  }

  /** What each said when it was opened: a file does not change. */
  statuses(): SessionStatus[] {
    return [...this.#open.values()].map(({ status }) => status);
  }

  /** Opens a file. Rejects with a `Problem` that says why it cannot be. */
  async open(path: string): Promise<SessionStatus> {
    if (this.#open.size + this.#opening.size >= MAX_OPEN) {
      const sentence = `${MAX_OPEN} session files are open, and no more can be.`;
      throw new Problem('too-many-sessions', sentence, 'Close one of them first.');
    }
    this.#opened++;
    const session = `file-${this.#opened}`;
    const reader = new ReaderHost(this.#onNotice, {
      file: session,
      onDeath: () => this.#forget(session),
    });
    this.#opening.add(reader);
    try {
      const status = await this.#timed(reader, () => reader.call('openSession', { path }));
      this.#open.set(session, { reader, status });
      return status;
    } catch (error) {
      void reader.stop();
      throw error;
    } finally {
      this.#opening.delete(reader);
    }
  }

  /** Asks one of them; it is closed when it does not answer in time. */
  async call<M extends keyof EngineMethods>(
    session: SessionId,
    method: M,
    params: EngineMethods[M]['params'],
  ): Promise<EngineMethods[M]['result']> {
    const file = this.#open.get(session);
    if (!file) {
      const sentence = `The session ${session} is not open.`;
      throw new Problem('no-such-session', sentence, 'Open its file again.');
    }
    const { reader } = file;
    if (method === 'closeSession') {
      this.#forget(session);
      void reader.stop(new Problem('closed', 'The session was closed.'));
      return null as EngineMethods[M]['result'];
    }
    const ask = () => reader.call(method, params);
    if (UNTIMED.has(method)) return await ask();
    return await this.#timed(reader, ask, session);
  }

  async #timed<T>(reader: ReaderHost, ask: () => Promise<T>, session?: SessionId): Promise<T> {
    const timer = setTimeout(() => {
      if (session !== undefined) this.#forget(session);
      void reader.stop(this.#tooSlow());
    }, this.#patienceMs);
    try {
      return await ask();
    } finally {
      clearTimeout(timer);
    }
  }

  #tooSlow(): Problem {
    return new Problem(
      'too-slow',
      `The session file gave no answer within ${this.#patienceMs / 1000} s, so it was closed.`,
      'Open it again. If that happens each time, the file is too large, or was made to do this.',
    );
  }

  #forget(session: SessionId): void {
    if (this.#open.delete(session)) this.#onNotice({ kind: 'closed', session });
  }

  async stop(): Promise<void> {
    const readers = [...this.#open.values()].map(({ reader }) => reader);
    await Promise.all([...readers, ...this.#opening].map((reader) => reader.stop()));
    this.#open.clear();
  }
}
