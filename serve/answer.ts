// How the server answers over HTTP: headers that every answer carries, errors as an
// ApiError, request bodies within a limit. Used by serve/server.ts and serve/files.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiError } from '../contract/api.ts';
import type { Bytes } from '../contract/units.ts';
import type { WireFailure } from '../contract/wire.ts';
import { Problem } from '../engine/problem.ts';
import { PAGE_HEADERS } from '../engine/shells/page.ts';

/** A whole answer. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...PAGE_HEADERS,
    'cache-control': 'no-store',
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    // Whoever was refused may still be sending: nobody waits for the rest.
    ...(status >= 400 ? { connection: 'close' } : {}),
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

/** What went wrong, as JSON. */
export function sendFailure(response: ServerResponse, status: number, error: ApiError): void {
  const failure: WireFailure = { error };
  sendJson(response, status, failure);
}

/** What went wrong, as a line for a person who looks at it in a browser. */
export function refuse(response: ServerResponse, status: number, sentence: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${sentence}\n`);
}

/** The JSON of a request's body; throws a `Problem` when it is longer than `limit`, or none. */
export async function readJson(request: IncomingMessage, limit: Bytes): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Problem('too-large', 'The request is longer than any real one.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Problem('bad-request', 'The request is not JSON.');
  }
}
