// The shell of a page in a browser: contract/shell.ts over the WebSocket and the few
// HTTP routes of serve/ (contract/wire.ts). In Electron the preload stands here.
import type { ApiError, MethodName, Methods, Notice, SessionStatus } from '../../contract/api.ts';
import type { SynscopeShell } from '../../contract/shell.ts';
import {
  type ExportReady,
  type ExportRequest,
  FILE_NAME_HEADER,
  type SaveReady,
  type SaveRequest,
  WIRE_ROUTES,
  type WireMessage,
} from '../../contract/wire.ts';
import { isRecord } from './storage.ts';

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 5_000;

const GONE: ApiError = {
  code: 'DISCONNECTED',
  sentence: 'Synscope’s engine does not answer: its program has ended or was restarted.',
  fix: 'Start it again with `npm start`, or `synscope serve`, and open the address that it prints.',
};

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ApiError): void;
}

/** Connects to the server that this page came from, and again whenever it is lost. */
export function connectBrowserShell(): SynscopeShell {
  const notices = new Set<(notice: Notice) => void>();
  const connections = new Set<(connected: boolean) => void>();
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | null = null;
  let opened: Promise<void> = Promise.resolve();
  let retryMs = FIRST_RETRY_MS;
  let nextId = 1;

  const failAll = (): void => {
    for (const each of waiting.values()) each.reject(GONE);
    waiting.clear();
  };

  const receive = (message: WireMessage): void => {
    if ('notice' in message) {
      for (const listener of notices) listener(message.notice);
      return;
    }
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ('error' in message) asked?.reject(message.error);
    else asked?.resolve(message.result);
  };

  const connect = (): void => {
    const current = new WebSocket(socketAddress());
    socket = current;
    opened = new Promise((resolve, reject) => {
      current.onopen = () => {
        retryMs = FIRST_RETRY_MS;
        resolve();
        for (const listener of connections) listener(true);
      };
      current.onclose = () => {
        reject(GONE);
        failAll();
        for (const listener of connections) listener(false);
        setTimeout(connect, retryMs);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      };
    });
    // A call that waits gets the rejection; without one it is not an unhandled error.
    opened.catch(() => undefined);
    current.onmessage = (event) => receive(JSON.parse(String(event.data)));
  };

  const call = async <M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']> => {
    await opened;
    return new Promise((resolve, reject) => {
      if (socket === null || socket.readyState !== WebSocket.OPEN) {
        reject(GONE);
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve: (result) => resolve(result as Methods[M]['result']), reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  };

  connect();
  return {
    kind: 'browser',
    call,
    onNotice: (listener) => subscribe(notices, listener),
    onConnection: (listener) => subscribe(connections, listener),
    openSession: uploadSession,
    async saveSession(session) {
      const request: SaveRequest = { session };
      const ready = await post<SaveReady>(WIRE_ROUTES.save, request);
      download(ready.href, ready.name);
      return { name: ready.name, bytes: ready.bytes };
    },
    async exportSession(session, selection, format) {
      const request: ExportRequest = { session, selection, format };
      const ready = await post<ExportReady>(WIRE_ROUTES.export, request);
      download(ready.href, ready.name);
      return { name: ready.name, attempts: ready.attempts };
    },
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function socketAddress(): string {
  const address = new URL(WIRE_ROUTES.socket, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

async function uploadSession(file: File | null): Promise<SessionStatus | null> {
  const chosen = file ?? (await chooseFile());
  if (chosen === null) return null;
  return answer<SessionStatus>(WIRE_ROUTES.open, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      [FILE_NAME_HEADER]: encodeURIComponent(chosen.name),
    },
    body: chosen,
  });
}

function chooseFile(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.synscope';
    input.onchange = () => resolve(input.files?.[0] ?? null);
    input.oncancel = () => resolve(null);
    input.click();
  });
}

function post<T>(route: string, request: SaveRequest | ExportRequest): Promise<T> {
  return answer<T>(route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
}

async function answer<T>(route: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(route, request);
  } catch {
    // fetch gives one TypeError for every way in which a server cannot be reached.
    throw GONE;
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    if (isRecord(body) && isRecord(body['error'])) throw body['error'];
    const error: ApiError = {
      code: `HTTP_${response.status}`,
      sentence: `Synscope’s server answered ${response.status} ${response.statusText}.`,
      fix: 'Reload this page from the address that `synscope serve` printed.',
    };
    throw error;
  }
  return body as T;
}

function download(href: string, name: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}
