// What crosses between a page in a browser and serve/: WebSocket messages and the
// few HTTP routes that carry files. Spoken by renderer/shared/browser-shell.ts,
// answered by serve/. docs/decisions/serve-token.md says how a page gets in.
import type {
  ApiError,
  ExportFormat,
  MethodName,
  Methods,
  Notice,
  Selection,
  SessionStatus,
} from './api.ts';
import type { Bytes, SessionId } from './units.ts';

/** Routes, relative to the page's origin. The page's own cookie lets it in; it has nothing to add. */
export const WIRE_ROUTES = {
  /** WebSocket: `WireRequest` out, `WireMessage` in, both JSON text. */
  socket: '/socket',
  /** POST, body = bytes of a session file, header `FILE_NAME_HEADER`. Answers `SessionStatus`. */
  open: '/open',
  /** POST `SaveRequest` as JSON. Answers `SaveReady`. */
  save: '/save',
  /** POST `ExportRequest` as JSON. Answers `ExportReady`. */
  export: '/export',
} as const;

/** Name of an uploaded file, through `encodeURIComponent`. */
export const FILE_NAME_HEADER = 'x-file-name';

/** Longest message from a page; one longer ends its connection with code 1009. */
export const MAX_REQUEST_BYTES: Bytes = 64 * 1024;

/** Every failed POST answers a 4xx or 5xx with this as JSON. */
export interface WireFailure {
  readonly error: ApiError;
}

/** A call. `id` is the page's own, any number; the answer carries it. */
export type WireRequest = {
  [M in MethodName]: {
    readonly id: number;
    readonly method: M;
    readonly params: Methods[M]['params'];
  };
}[MethodName];

export type WireAnswer =
  | { readonly id: number; readonly result: Methods[MethodName]['result'] }
  | { readonly id: number; readonly error: ApiError };

/** What a page receives on the socket. */
export type WireMessage = WireAnswer | { readonly notice: Notice };

export interface SaveRequest {
  readonly session: SessionId;
}

/** A copy is ready: fetch `href` once (an `<a href download>` click) within ten minutes. */
export interface SaveReady {
  readonly name: string;
  readonly bytes: Bytes;
  readonly href: string;
}

export interface ExportRequest {
  readonly session: SessionId;
  readonly selection: Selection;
  readonly format: ExportFormat;
}

/** As `SaveReady`. */
export interface ExportReady {
  readonly name: string;
  readonly attempts: number;
  readonly href: string;
}

export type OpenReady = SessionStatus;
