// The methods of the engine on the sessions that are open: a thin dispatcher around
// engine/query/, engine/session/ and engine/export/. Runs in engine/workers/reader.ts.
import { basename } from 'node:path';
import type { Hello, Notice } from '../../contract/api.ts';
import type { SessionId } from '../../contract/units.ts';
import type { EngineMethods } from '../engine-types.ts';
import { exportSession } from '../export/export.ts';
import { Problem } from '../problem.ts';
import { SessionReader } from '../query/reader.ts';
import type { LiveCounters } from '../query/status.ts';
import { saveSession } from '../session/save.ts';
import { SYNSCOPE_VERSION } from '../version.ts';
import { LIVE } from './messages.ts';

type Implementation = {
  [M in keyof EngineMethods]: (
    params: EngineMethods[M]['params'],
  ) => EngineMethods[M]['result'] | Promise<EngineMethods[M]['result']>;
};

export class ReaderMethods {
  readonly #tell: (notice: Notice) => void;
  readonly #file: SessionId;
  readonly #sessions = new Map<SessionId, SessionReader>();
  #livePath: string | null = null;
  #counters: LiveCounters | null = null;

  readonly implementation: Implementation = {
    hello: () => this.#hello(),
    status: ({ session }) => this.#of(session).status(),
    attempts: (query) => this.#of(query.session).attempts(query),
    attempt: ({ session, id }) => this.#of(session).attempt(id),
    pick: ({ session, ids, filter }) => this.#of(session).pick(ids, filter),
    details: ({ session, ids }) => this.#of(session).details(ids),
    position: ({ session, selection, sort, id }) => this.#of(session).position(selection, sort, id),
    overview: ({ session, selection, buckets }) => this.#of(session).overview(selection, buckets),
    groups: ({ session, selection, limit }) => this.#of(session).groups(selection, limit),
    flame: ({ session, selection }) => this.#of(session).flame(selection),
    alerts: ({ session }) => this.#of(session).alerts(),
    complete: ({ session, field, prefix }) => this.#of(session).complete(field, prefix),
    askThread: ({ session }) => this.#cannotAsk(session),
    closeSession: ({ session }) => this.#close(session),
    openSession: ({ path }) => this.#open(path),
    saveSession: ({ session, path }) => saveSession(this.#of(session), path),
    exportSession: ({ session, selection, format, path }) =>
      exportSession(this.#of(session), selection, format, path, {
        onProgress: (done, total) => tellProgress(this.#tell, done, total),
      }),
  };

  /** `file` is the id that a session file gets here. */
  constructor(tell: (notice: Notice) => void, file: SessionId = 'file') {
    this.#tell = tell;
    this.#file = file;
  }

  #of(session: SessionId): SessionReader {
    const reader = this.#sessions.get(session);
    if (reader) return reader;
    throw new Problem(
      'no-such-session',
      session === LIVE ? 'There is no live session.' : `The session ${session} is not open.`,
      session === LIVE ? 'Open a session file.' : 'Open its file again.',
    );
  }

  #hello(): Hello {
    const live = this.#sessions.has(LIVE) ? LIVE : null;
    const sessions = [...this.#sessions.values()].map((reader) => reader.status());
    return { synscopeVersion: SYNSCOPE_VERSION, live, captureProblem: null, sessions };
  }

  #open(path: string) {
    const session = this.#file;
    const reader = SessionReader.open(path, {
      session,
      kind: 'file',
      name: basename(path),
      live: () => null,
    });
    try {
      const status = reader.status();
      this.#sessions.set(session, reader);
      return status;
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  #close(session: SessionId): null {
    if (session === LIVE) {
      throw new Problem('live', 'The live session cannot be closed while it is recorded.');
    }
    this.#of(session).close();
    this.#sessions.delete(session);
    return null;
  }

  /** Of the live session the writer is asked: engine/engine.ts. */
  #cannotAsk(session: SessionId): never {
    this.#of(session);
    throw new Problem(
      'not-live',
      'This session is a file: its threads ran when it was recorded, and cannot be asked any more.',
      'Ask in a live session, while the connection is being made.',
    );
  }

  /** The live session has a file, which the writer is writing. */
  openLive(path: string, counters: LiveCounters): void {
    this.#livePath = path;
    this.#counters = counters;
    this.reopenLive();
  }

  reopenLive(): void {
    if (this.#livePath === null || this.#sessions.has(LIVE)) return;
    const live = () => this.#counters;
    const reader = SessionReader.open(this.#livePath, {
      session: LIVE,
      kind: 'live',
      name: null,
      live,
    });
    this.#sessions.set(LIVE, reader);
    this.tellLive();
  }

  /** Closes the file of the live session; `reopenLive` opens it again. */
  releaseLive(): void {
    this.#sessions.get(LIVE)?.close();
    this.#sessions.delete(LIVE);
  }

  takeCounters(counters: LiveCounters): void {
    this.#counters = counters;
    this.tellLive();
  }

  tellLive(): void {
    const status = this.#sessions.get(LIVE)?.status();
    if (status) this.#tell({ kind: 'changed', status });
  }
}

function tellProgress(tell: (notice: Notice) => void, done: number, total: number): void {
  tell({ kind: 'progress', task: 'export', done, total });
}
