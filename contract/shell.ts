// What a page sees of the shell around it: `window.synscope`. In Electron the preload
// provides it (electron/preload.ts); in a browser renderer/shared/browser-shell.ts
// does, over the WebSocket of serve/.
import type { ExportFormat, MethodName, Methods, Notice, Selection, SessionStatus } from './api.ts';
import type { Bytes, SessionId } from './units.ts';

export interface SynscopeShell {
  readonly kind: 'electron' | 'browser';
  /** Rejects with an `ApiError`. */
  call<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']>;
  /** Returns the function that stops listening. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Tells when the engine is out of reach (the server ended) and when it is back. */
  onConnection(listener: (connected: boolean) => void): () => void;
  /** Opens a session file: the dropped one, or one chosen in a dialog. Null when cancelled. */
  openSession(file: File | null): Promise<SessionStatus | null>;
  /** Saves a copy of a session where the person says. Null when cancelled. */
  saveSession(session: SessionId): Promise<{ name: string; bytes: Bytes } | null>;
  exportSession(
    session: SessionId,
    selection: Selection,
    format: ExportFormat,
  ): Promise<{ name: string; attempts: number } | null>;
}
