// The server under abuse: calls of every wrong shape, broken HTTP, a thousand connections
// that ask nothing, uploads that never end. It refuses, and answers the next page.
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startEngine } from '../../../engine/engine.ts';
import type { Engine } from '../../../engine/engine-types.ts';
import { Scratch } from '../../../serve/scratch.ts';
import { type PageServer, startServer } from '../../../serve/server.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

vi.setConfig({ testTimeout: 60_000 });
const folder = temporaryDirectory();
const state = join(folder, 'state');
let engine: Engine;
let server: PageServer;
let session: string;
let cookie: string;
let origin: string;

beforeAll(async () => {
  vi.stubEnv('SYNSCOPE_STATE_DIR', state);
  const file = join(folder, 'lunch.synscope');
  const builder = new SessionBuilder(file);
  builder.refused();
  builder.close();
  engine = await startEngine({ live: null });
  session = (await engine.call('openSession', { path: file })).session;
  server = await startServer(engine, 0);
  origin = `http://127.0.0.1:${server.port}`;
  const answer = await fetch(server.url, { redirect: 'manual' });
  cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
});

afterAll(async () => {
  await server.close();
  await engine.stop();
  vi.unstubAllEnvs();
});

/** Whatever was done to it: the next page is answered. */
afterEach(async () => {
  const beganAt = performance.now();
  const page = await openPage();
  expect(await ask(page, { id: 1, method: 'status', params: { session } })).toMatchObject({
    result: { failures: 1 },
  });
  page.close();
  expect((await fetch(origin, { headers: { cookie } })).status).toBe(200);
  expect(performance.now() - beganAt).toBeLessThan(5000);
});

async function openPage(): Promise<WebSocket> {
  const page = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, {
    headers: { cookie, origin },
  });
  await new Promise((resolve, reject) => {
    page.once('open', resolve);
    page.once('error', reject);
  });
  return page;
}

/** Sends one message; resolves with the answer, or with the closing code. */
function ask(page: WebSocket, message: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const answered = (raw: unknown): void => {
      page.off('close', closed);
      resolve(JSON.parse(String(raw)));
    };
    const closed = (code: number): void => {
      page.off('message', answered);
      resolve(code);
    };
    page.once('message', answered);
    page.once('close', closed);
    page.send(message instanceof Buffer ? message : JSON.stringify(message));
  });
}

const PARAMETERS = {
  hello: {},
  status: { session: 'file-1' },
  attempts: {
    session: 'file-1',
    selection: { filter: '', failedOnly: false, upToId: null, range: null },
    sort: { column: 'started', descending: true },
    offset: 0,
    limit: 10,
  },
  attempt: { session: 'file-1', id: 1 },
  position: {
    session: 'file-1',
    selection: { filter: '', failedOnly: false, upToId: null, range: null },
    sort: { column: 'remote', descending: true },
    id: 1,
  },
  overview: {
    session: 'file-1',
    selection: { filter: '', failedOnly: false, upToId: null, range: { from: 0, to: 1 } },
    buckets: 10,
  },
  groups: {
    session: 'file-1',
    selection: { filter: '', failedOnly: true, upToId: null, range: null },
    limit: 100,
  },
  alerts: { session: 'file-1' },
  complete: { session: 'file-1', field: 'proc', prefix: '' },
};

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, true, -1, 0.5, 1e308, -1e308, 2 ** 53, '', '__proto__', [], {}, 'live'),
  fc.string({ maxLength: 200, unit: 'binary' }),
);

/** Right parameters of a method with one part of them put out of its type or range. */
const brokenCall = fc
  .constantFrom(...(Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]))
  .chain((method) => {
    const keys = Object.keys(PARAMETERS[method]);
    const key = fc.constantFrom(...keys, 'selection', 'sort', 'more');
    return fc.record({ method: fc.constant(method), key, value: odd, inner: fc.boolean() });
  })
  .map(({ method, key, value, inner }) => {
    const params: Record<string, unknown> = structuredClone(PARAMETERS[method]);
    const part = params[key];
    if (inner && typeof part === 'object' && part !== null) {
      const [name = 'filter'] = Object.keys(part);
      params[key] = { ...part, [name]: value };
    } else {
      params[key] = value;
    }
    return { method, params };
  });

test('calls with parameters of every wrong type are answered', async () => {
  const page = await openPage();
  let [refused, answered, id] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(brokenCall, async (call) => {
      id++;
      const answer = (await ask(page, { id, ...call })) as { id: number; error?: { code: string } };
      expect(answer.id).toBe(id);
      expect(answer.error?.code).not.toBe('internal');
      if (answer.error) refused++;
      else answered++;
    }),
    { numRuns: 600, seed: 20261121 },
  );
  expect(refused).toBeGreaterThan(300);
  expect(answered).toBeGreaterThan(0);
  page.close();
});

test('messages that are no calls end the connection', async () => {
  const messages = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('', '[]', 'null', '{"id":"1"}', '{"id":1e999}', '['.repeat(30_000))
      .map(Buffer.from),
  );
  await fc.assert(
    fc.asyncProperty(messages, fc.boolean(), async (bytes, binary) => {
      const page = await openPage();
      const code = await new Promise((resolve) => {
        page.once('close', resolve);
        page.once('message', resolve);
        page.send(bytes, { binary });
      });
      if (typeof code === 'number') expect([1007, 1008]).toContain(code);
      page.terminate();
    }),
    { numRuns: 80, seed: 20261121 },
  );
});

function raw(text: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      const answer = new Promise<string>((done) => {
        let heard = '';
        socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
        socket.on('close', () => done(heard));
      });
      socket.write(text);
      resolve({ socket, answer });
    });
    socket.on('error', () => socket.destroy());
  });
}

test('HTTP that is none, huge headers and odd addresses are refused', async () => {
  const host = `Host: 127.0.0.1:${server.port}\r\n`;
  for (const [text, status] of [
    ['\0\x01\x02\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}\r\n\r\n`, '431'],
    [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`, '431'],
    [`GET // HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, '400'],
    ['GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', '421'],
    [`TRACE / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, '405'],
    [`POST /open HTTP/1.1\r\n${host}Content-Length: 999999999\r\n\r\n`, '403'],
    [
      `POST /open HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
      '400',
    ],
  ] as const) {
    const { answer } = await raw(text);
    expect(await answer, text.slice(0, 40)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test('a refused upgrade that is torn at once harms nobody', async () => {
  for (let left = 50; left > 0; left--) {
    const { socket } = await raw(
      `GET /socket HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.resetAndDestroy();
  }
});

test('a thousand connections that ask nothing, or slowly, are ended', async () => {
  const idle = await Promise.all(
    Array.from({ length: 1000 }, (_, at) => raw(at % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nHost: 127')),
  );
  expect((await fetch(origin, { headers: { cookie } })).status).toBe(200);
  await Promise.all(idle.map(({ answer }) => answer));
});

test('no more pages than there is room for', async () => {
  const pages = await Promise.all(Array.from({ length: 16 }, openPage));
  await expect(openPage()).rejects.toThrow('503');
  for (const page of pages) page.terminate();
  await vi.waitFor(() => expect(server.pages()).toBe(0));
});

function scratchFiles(): string[] {
  return readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /pages-[^/]*\/f-/.test(name),
  );
}

test('uploads that are torn, and more at once than are taken, leave no files', async () => {
  const head = `POST /open HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\nOrigin: ${origin}\r\nContent-Length: 50000000\r\n\r\n`;
  const uploads = await Promise.all(
    Array.from({ length: 12 }, () => raw(`${head}${'x'.repeat(100_000)}`)),
  );
  await vi.waitFor(() => expect(scratchFiles().length).toBeGreaterThan(0), { timeout: 5000 });
  // Each has a folder and a file in it.
  expect(scratchFiles().length).toBeLessThanOrEqual(8);
  for (const { socket } of uploads) socket.destroy();
  await vi.waitFor(() => expect(scratchFiles()).toEqual([]), { timeout: 5000 });
});

test('an upload that is no session leaves no file', async () => {
  const answer = await fetch(`${origin}/open`, {
    method: 'POST',
    headers: { cookie, origin, 'x-file-name': '..%2f..%2fetc%2fpasswd%00%ff' },
    body: 'x'.repeat(3_000_000),
  });
  expect(answer.status).toBe(400);
  expect(scratchFiles()).toEqual([]);
});

test('a file that is larger than what is taken is refused while it comes, and gone', async () => {
  const scratch = new Scratch();
  let sent = 0;
  const endless = async function* (): AsyncGenerator<Buffer> {
    for (; ; sent++) yield Buffer.alloc(64 * 1024);
  };
  await expect(scratch.store(endless(), 'endless.synscope', 1_000_000)).rejects.toMatchObject({
    code: 'too-large',
  });
  expect(sent).toBeLessThan(30);
  expect(scratchFiles()).toEqual([]);
  scratch.close();
});
