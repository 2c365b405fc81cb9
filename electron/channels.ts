// The one contract between the preload and the main process: the channels, what goes in
// and what comes back. electron/preload.ts calls, electron/ipc.ts answers.
import type {
  ApiError,
  ExportFormat,
  MethodName,
  Methods,
  Selection,
  SessionStatus,
} from '../contract/api.ts';
import type { Bytes, SessionId } from '../contract/units.ts';

/** Page → main, each answered once. */
export interface Requests {
  'synscope:call': {
    args: [method: MethodName, params: Methods[MethodName]['params']];
    result: Methods[MethodName]['result'];
  };
  /** Null asks the person. */
  'synscope:open': { args: [path: string | null]; result: SessionStatus | null };
  'synscope:save': {
    args: [session: SessionId];
    result: { readonly name: string; readonly bytes: Bytes } | null;
  };
  'synscope:export': {
    args: [session: SessionId, selection: Selection, format: ExportFormat];
    result: { readonly name: string; readonly attempts: number } | null;
  };
}

export type Channel = keyof Requests;

/** Main → page. */
export const NOTICE_CHANNEL = 'synscope:notice';

/** An answer. Errors are values: Electron would keep only the message of one that is thrown. */
export type Answer<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly error: ApiError };
