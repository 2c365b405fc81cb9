// The routes that carry files: a page uploads a session to open, asks for a copy or an
// export, and fetches it once. The engine's FileMethods stay out of a page's reach.
import { randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bytes, Milliseconds } from '../contract/units.ts';
import { checkFormat, checkSelection, checkSession } from '../contract/validate.ts';
import {
  type ExportReady,
  FILE_NAME_HEADER,
  MAX_REQUEST_BYTES,
  type OpenReady,
  type SaveReady,
} from '../contract/wire.ts';
import type { Engine } from '../engine/engine-types.ts';
import { asApiError, Problem } from '../engine/problem.ts';
import { PAGE_HEADERS } from '../engine/shells/page.ts';
import { readJson, refuse } from './answer.ts';
import { fileName, Scratch } from './scratch.ts';

const MAX_UPLOAD_BYTES: Bytes = 4 * 1024 ** 3;
const DOWNLOAD_LIFE_MS: Milliseconds = 10 * 60_000;
const MAX_DOWNLOADS = 8;
/** Uploads at once. */
const MAX_UPLOADS = 4;
const DOWNLOAD = '/download/';

interface Download {
  readonly path: string;
  readonly name: string;
  readonly expires: NodeJS.Timeout;
}

function badRequest(): Problem {
  return new Problem('bad-request', 'The request is not of its type.');
}

/** `2026-11-21-0924`, for names of files. */
function stamp(): string {
  return new Date().toISOString().slice(0, 16).replace('T', '-').replace(':', '');
}

function contentDisposition(name: string): string {
  const plain = name.replaceAll(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll("'", '%27');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

export class FileRoutes {
  private readonly engine: Engine;
  private readonly scratch = new Scratch();
  private readonly downloads = new Map<string, Download>();
  /** Uploaded files by the session that they are. */
  private readonly uploads = new Map<string, string>();
  private uploading = 0;

  constructor(engine: Engine) {
    this.engine = engine;
    engine.onNotice((notice) => {
      if (notice.kind === 'closed') this.forgetUpload(notice.session);
    });
  }

  /** POST /open: the body is a session file. */
  async open(request: IncomingMessage): Promise<OpenReady> {
    const given = request.headers[FILE_NAME_HEADER];
    const name = fileName(decode(typeof given === 'string' ? given : ''), 'opened.synscope');
    const path = await this.store(request, name);
    try {
      const status = await this.engine.call('openSession', { path });
      this.uploads.set(status.session, path);
      return status;
    } catch (error) {
      return this.giveUp(error, path);
    }
  }

  private async store(request: IncomingMessage, name: string): Promise<string> {
    if (this.uploading >= MAX_UPLOADS) {
      throw new Problem('busy', 'Too many files are on their way.', 'Try again in a while.');
    }
    this.uploading += 1;
    try {
      return await this.scratch.store(request, name, MAX_UPLOAD_BYTES);
    } finally {
      this.uploading -= 1;
    }
  }

  /** POST /save: prepares a copy of a session. */
  async save(request: IncomingMessage): Promise<SaveReady> {
    const body = await readJson(request, MAX_REQUEST_BYTES);
    if (!isRecord(body) || !checkSession(body.session)) throw badRequest();
    const status = await this.engine.call('status', { session: body.session });
    const name = status.name ?? `${fileName(status.host, 'session')}-${stamp()}.synscope`;
    const path = this.roomFor(name);
    const saved = await this.engine
      .call('saveSession', { session: body.session, path })
      .catch((error: unknown) => this.giveUp(error, path));
    return { name, bytes: saved.bytes, href: this.offer(path, name) };
  }

  /** POST /export: prepares a file of attempts. */
  async export(request: IncomingMessage): Promise<ExportReady> {
    const body = await readJson(request, MAX_REQUEST_BYTES);
    if (!isRecord(body)) throw badRequest();
    const { session, selection, format } = body;
    if (!checkSession(session) || !checkSelection(selection) || !checkFormat(format))
      throw badRequest();
    const name = `attempts-${stamp()}.${format}`;
    const path = this.roomFor(name);
    const exported = await this.engine
      .call('exportSession', { session, selection, format, path })
      .catch((error: unknown) => this.giveUp(error, path));
    return { name, attempts: exported.attempts, href: this.offer(path, name) };
  }

  /** GET of what `save` or `export` has offered, once. False when the path is none of these. */
  async download(path: string, response: ServerResponse): Promise<boolean> {
    if (!path.startsWith(DOWNLOAD)) return false;
    const id = path.slice(DOWNLOAD.length);
    const download = this.downloads.get(id);
    if (download === undefined) {
      refuse(response, 404, 'This download is gone. Ask for it again in Synscope.');
      return true;
    }
    this.downloads.delete(id);
    clearTimeout(download.expires);
    response.writeHead(200, {
      ...PAGE_HEADERS,
      'cache-control': 'no-store',
      'content-type': 'application/octet-stream',
      'content-length': statSync(download.path).size,
      'content-disposition': contentDisposition(download.name),
    });
    try {
      await pipeline(createReadStream(download.path), response);
    } finally {
      this.scratch.remove(download.path);
    }
    return true;
  }

  /** Removes every file. */
  close(): void {
    for (const download of this.downloads.values()) clearTimeout(download.expires);
    this.downloads.clear();
    this.scratch.close();
  }

  private roomFor(name: string): string {
    if (this.downloads.size >= MAX_DOWNLOADS) {
      throw new Problem('busy', 'Too many downloads wait to be fetched.', 'Try again in a while.');
    }
    return this.scratch.place(name);
  }

  private giveUp(error: unknown, path: string): never {
    this.scratch.remove(path);
    throw named(error, path);
  }

  private offer(path: string, name: string): string {
    const id = randomBytes(16).toString('base64url');
    const expires = setTimeout(() => {
      this.downloads.delete(id);
      this.scratch.remove(path);
    }, DOWNLOAD_LIFE_MS);
    expires.unref();
    this.downloads.set(id, { path, name: basename(name), expires });
    return `${DOWNLOAD}${id}`;
  }

  private forgetUpload(session: string): void {
    const path = this.uploads.get(session);
    if (path === undefined) return;
    this.uploads.delete(session);
    this.scratch.remove(path);
  }
}

/** A problem with a file of this server, by the name that the page knows: where it lies is nobody's business. */
function named(thrown: unknown, path: string): Problem {
  const { code, sentence, fix } = asApiError(thrown);
  const unplaced = (text: string): string =>
    text.replaceAll(path, basename(path)).replaceAll(dirname(path), '.');
  return new Problem(code, unplaced(sentence), fix && unplaced(fix));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
