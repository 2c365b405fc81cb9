// The server over real HTTP and WebSocket, on a session file: who gets in, who does not,
// and what a page can and cannot reach.
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startEngine } from '../../../engine/engine.ts';
import type { Engine } from '../../../engine/engine-types.ts';
import { checkPort, type PageServer, startServer } from '../../../serve/server.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const folder = temporaryDirectory();
const file = join(folder, 'lunch.synscope');
let engine: Engine;
let server: PageServer;
let session: string;
let cookie: string;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Like a browser, but free to lie in every header. */
function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body: string | Buffer = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function own(): Record<string, string> {
  return { cookie, origin: `http://127.0.0.1:${server.port}` };
}

async function post(path: string, value: unknown): Promise<Answer> {
  return await ask(path, own(), 'POST', JSON.stringify(value));
}

beforeAll(async () => {
  vi.stubEnv('SYNSCOPE_STATE_DIR', join(folder, 'state'));
  const builder = new SessionBuilder(file);
  builder.refused();
  builder.close();
  engine = await startEngine({ live: null });
  session = (await engine.call('openSession', { path: file })).session;
  server = await startServer(engine, 0);
  const { headers } = await ask(`/${new URL(server.url).search}`);
  cookie = String(headers['set-cookie']).split(';')[0] ?? '';
});

afterAll(async () => {
  await server.close();
  await engine.stop();
  vi.unstubAllEnvs();
});

test('the token becomes a cookie that scripts and other sites cannot use', async () => {
  const answer = await ask(`/${new URL(server.url).search}`);
  expect(answer.status).toBe(303);
  expect(answer.headers['location']).toBe('/');
  expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
  expect(new URL(server.url).searchParams.get('token')).toHaveLength(43);
});

test('without the token, or with another, nothing is given', async () => {
  expect((await ask('/')).status).toBe(401);
  expect((await ask('/index.html')).status).toBe(401);
  expect((await ask('/?token=wrong')).status).toBe(401);
  expect((await ask('/', { cookie: `${cookie}x` })).status).toBe(401);
});

test('another name for this address is refused, whatever it knows', async () => {
  const { search } = new URL(server.url);
  expect((await ask(`/${search}`, { host: 'evil.example' })).status).toBe(421);
  expect((await ask('/', { cookie, host: `evil.example:${server.port}` })).status).toBe(421);
});

test('the page cannot be left for other files', async () => {
  for (const path of [
    '/../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/%00',
    '//etc/passwd',
    '/%ff',
  ]) {
    expect((await ask(path, { cookie })).status, path).toBe(404);
  }
});

test('every answer forbids inline scripts and guessing of types', async () => {
  for (const answer of [await ask('/'), await ask('/nothing.js', { cookie })]) {
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  }
});

test('a POST of another origin, or of none, is refused', async () => {
  for (const headers of [
    { cookie },
    { cookie, origin: 'http://evil.example' },
    { origin: own()['origin'] ?? '' },
  ]) {
    expect((await ask('/save', headers, 'POST', JSON.stringify({ session }))).status).toBe(403);
  }
});

test('a session is saved as a download, once', async () => {
  const ready = JSON.parse((await post('/save', { session })).body);
  expect(ready.name).toBe('lunch.synscope');
  const download = await ask(ready.href, { cookie });
  expect(download.headers['content-disposition']).toContain('lunch.synscope');
  expect(download.body.startsWith('SQLite format 3')).toBe(true);
  expect(download.body).toHaveLength(ready.bytes);
  expect((await ask(ready.href, { cookie })).status).toBe(404);
});

test('an export is a download with as many attempts as it says', async () => {
  const selection = { filter: '', failedOnly: true, upToId: null, range: null };
  const ready = JSON.parse((await post('/export', { session, selection, format: 'jsonl' })).body);
  expect(ready.attempts).toBe(1);
  const { body } = await ask(ready.href, { cookie });
  expect(JSON.parse(body)).toMatchObject({ outcome: 'refused', error: 'ECONNREFUSED' });
});

test('bad requests for files get a sentence', async () => {
  for (const [path, body] of [
    ['/save', {}],
    ['/save', { session: 'nobody' }],
    ['/export', { session, format: 'xml' }],
  ] as const) {
    const answer = await post(path, body);
    expect(answer.status, path).toBe(400);
    expect(JSON.parse(answer.body).error.sentence).not.toBe('');
  }
});

test('an uploaded session opens, and what is none is refused', async () => {
  const headers = { ...own(), 'x-file-name': encodeURIComponent('../mittag ü.synscope') };
  const opened = await ask('/open', headers, 'POST', readFileSync(file));
  expect(JSON.parse(Buffer.from(opened.body, 'latin1').toString())).toMatchObject({
    name: 'mittag ü.synscope',
    failures: 1,
  });
  const named = { ...own(), 'x-file-name': encodeURIComponent('evil<b>.txt') };
  const refused = await ask('/open', named, 'POST', 'hello');
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.body).error.sentence).toMatch(
    /^evil<b>\.txt is not a Synscope session/,
  );
  expect(refused.body).not.toContain('pages-');
});

function connect(headers: Readonly<Record<string, string>>): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${server.port}/socket`, { headers });
}

/** Resolves with the HTTP status of a refused upgrade, or with 101. */
function upgrade(headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(headers);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
  });
}

test('the socket is for the pages of this server', async () => {
  expect(await upgrade(own())).toBe(101);
  expect(await upgrade({ cookie })).toBe(403);
  expect(await upgrade({ cookie, origin: 'http://evil.example' })).toBe(403);
  expect(await upgrade({ origin: own()['origin'] ?? '' })).toBe(403);
  expect(await upgrade({ ...own(), host: 'evil.example' })).toBe(403);
});

/** Sends texts on one socket and resolves with what came back, or with the closing code. */
function talk(texts: readonly string[]): Promise<{ answers: unknown[]; code: number | null }> {
  return new Promise((resolve) => {
    const socket = connect(own());
    const answers: unknown[] = [];
    socket.on('open', () => {
      for (const text of texts) socket.send(text);
    });
    socket.on('message', (raw) => {
      answers.push(JSON.parse(raw.toString()));
      if (answers.length === texts.length) {
        resolve({ answers, code: null });
        socket.close();
      }
    });
    socket.on('close', (code) => resolve({ answers, code }));
  });
}

test('calls are answered with their id', async () => {
  const { answers } = await talk([
    JSON.stringify({ id: 7, method: 'status', params: { session } }),
  ]);
  expect(answers).toMatchObject([{ id: 7, result: { name: 'lunch.synscope', failures: 1 } }]);
});

test('methods of the shells and wrong parameters are refused, and the page goes on', async () => {
  const { answers } = await talk([
    JSON.stringify({ id: 1, method: 'openSession', params: { path: '/etc/passwd' } }),
    JSON.stringify({ id: 2, method: 'status', params: { session, path: '/' } }),
    JSON.stringify({ id: 3, method: '__proto__', params: {} }),
  ]);
  expect(answers).toHaveLength(3);
  for (const answer of answers) expect(answer).toMatchObject({ error: { code: 'bad-call' } });
});

test('an oversized message and one that is no call end the connection', async () => {
  expect((await talk(['x'.repeat(70_000)])).code).toBe(1009);
  expect((await talk(['{}'])).code).toBe(1008);
  expect((await talk(['not JSON'])).code).toBe(1008);
});

test('a port is checked before anything is begun for it', async () => {
  await expect(checkPort(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await checkPort(0);
});

test('a port that is taken is a problem with a fix', async () => {
  await expect(startServer(engine, server.port)).rejects.toMatchObject({
    code: 'EADDRINUSE',
    fix: expect.stringContaining('--port'),
  });
});
