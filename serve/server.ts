// The engine behind http://127.0.0.1: the built page, the WebSocket of serve/socket.ts
// and the file routes of serve/files.ts, for whoever was given the token. Started by
// cli/viewer.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MAX_REQUEST_BYTES, WIRE_ROUTES } from '../contract/wire.ts';
import type { Engine } from '../engine/engine-types.ts';
import { asApiError, Problem } from '../engine/problem.ts';
import { readPage } from '../engine/shells/page.ts';
import { Access } from './access.ts';
import { refuse, send, sendFailure, sendJson } from './answer.ts';
import { FileRoutes } from './files.ts';
import { PageSocket } from './socket.ts';

/** Pages at once; each costs the engine its queries. */
const MAX_PAGES = 16;
const ASK_FOR_TOKEN = 'Open the address with ?token=… that Synscope has printed.';

export interface PageServer {
  /** With the token: whoever has it sees everything. */
  readonly url: string;
  readonly port: number;
  /** Pages that are connected now. */
  pages(): number;
  /** Called when the last page has gone. */
  onEmpty(listener: () => void): void;
  /** Ends every connection and removes the files of pages. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Port 0 = any. Throws a `Problem` when the port cannot be had. */
export async function startServer(engine: Engine, port: number): Promise<PageServer> {
  // An upload may take its time; a connection that asks nothing may not.
  const http = createServer({
    requestTimeout: 0,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2000,
  });
  const bound = await listen(http, port);
  return new Serving(engine, http, bound);
}

/** Throws the `Problem` of a port that cannot be had, before anything is begun for it. */
export async function checkPort(port: number): Promise<void> {
  const http = createServer();
  await listen(http, port);
  await new Promise((resolve) => http.close(resolve));
}

async function listen(http: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(
        new Problem(
          error.code ?? 'listen',
          `Port ${port} of 127.0.0.1 cannot be had: ${why}.`,
          'Choose another with --port, or leave it out.',
        ),
      );
    });
    http.listen(port, '127.0.0.1', resolve);
  });
  return (http.address() as AddressInfo).port;
}

class Serving implements PageServer {
  readonly port: number;
  private readonly engine: Engine;
  private readonly http: Server;
  private readonly access: Access;
  private readonly files: FileRoutes;
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_REQUEST_BYTES });
  private readonly connected = new Set<PageSocket>();
  private emptied: () => void = () => {};

  constructor(engine: Engine, http: Server, port: number) {
    this.engine = engine;
    this.http = http;
    this.port = port;
    this.access = new Access(port);
    this.files = new FileRoutes(engine);
    http.on('request', (request, response) => void this.answer(request, response));
    http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    engine.onNotice((notice) => {
      for (const page of this.connected) page.notify(notice);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/?token=${this.access.token}`;
  }

  pages(): number {
    return this.connected.size;
  }

  onEmpty(listener: () => void): void {
    this.emptied = listener;
  }

  async close(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
    this.files.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.access.hostIsOurs(request)) {
        refuse(response, 421, 'This is not the address of this server.');
      } else if (!this.access.originIsOurs(request, false)) {
        refuse(response, 403, 'Only a page of this server may ask this.');
      } else if (request.method === 'POST') {
        await this.post(request, response);
      } else if (request.method === 'GET' || request.method === 'HEAD') {
        await this.get(request, response);
      } else {
        refuse(response, 405, 'Nothing here answers that.');
      }
    } catch (thrown) {
      if (response.headersSent) response.destroy();
      else sendFailure(response, thrown instanceof Problem ? 400 : 500, asApiError(thrown));
    }
  }

  private async get(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', `http://127.0.0.1:${this.port}`);
    if (url === null) {
      refuse(response, 400, 'This is no address.');
    } else if (url.pathname === '/' && url.searchParams.has('token')) {
      this.letIn(url.searchParams.get('token'), response);
    } else if (!this.access.cookieIsRight(request)) {
      refuse(response, 401, ASK_FOR_TOKEN);
    } else if (!(await this.files.download(url.pathname, response))) {
      const page = await readPage(url.pathname);
      if (page === null) refuse(response, 404, 'There is no such file.');
      else send(response, 200, page.type, page.body);
    }
  }

  /** The token becomes a cookie, and leaves the address bar. */
  private letIn(token: string | null, response: ServerResponse): void {
    if (!this.access.tokenIsRight(token)) {
      refuse(response, 401, `The token is not of this run. ${ASK_FOR_TOKEN}`);
      return;
    }
    const headers = { location: '/', 'set-cookie': this.access.setCookie };
    send(response, 303, 'text/plain; charset=utf-8', '', headers);
  }

  private async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.access.originIsOurs(request, true) || !this.access.cookieIsRight(request)) {
      const sentence = 'Only a page of this server may ask this.';
      sendFailure(response, 403, { code: 'forbidden', sentence, fix: ASK_FOR_TOKEN });
    } else if (request.url === WIRE_ROUTES.open) {
      sendJson(response, 200, await this.files.open(request));
    } else if (request.url === WIRE_ROUTES.save) {
      sendJson(response, 200, await this.files.save(request));
    } else if (request.url === WIRE_ROUTES.export) {
      sendJson(response, 200, await this.files.export(request));
    } else {
      refuse(response, 404, 'There is no such route.');
    }
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { access } = this;
    // A connection that is torn now is nobody else's to notice.
    socket.on('error', () => socket.destroy());
    const allowed =
      request.url === WIRE_ROUTES.socket &&
      access.hostIsOurs(request) &&
      access.originIsOurs(request, true) &&
      access.cookieIsRight(request);
    if (!allowed || this.connected.size >= MAX_PAGES) {
      socket.end(`HTTP/1.1 ${allowed ? 503 : 403} Refused\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const page = new PageSocket(webSocket, this.engine);
      this.connected.add(page);
      webSocket.on('close', () => {
        this.connected.delete(page);
        if (this.connected.size === 0) this.emptied();
      });
    });
  }
}
