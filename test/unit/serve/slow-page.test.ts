// A page that asks and never reads: the server stops listening to it, keeps little for it,
// and answers everything once it reads again.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startEngine } from '../../../engine/engine.ts';
import type { Engine } from '../../../engine/engine-types.ts';
import { type PageServer, startServer } from '../../../serve/server.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const folder = temporaryDirectory();
const CALLS = 1600;
let engine: Engine;
let server: PageServer;
let session: string;

beforeAll(async () => {
  vi.stubEnv('SYNSCOPE_STATE_DIR', join(folder, 'state'));
  const file = join(folder, 'one.synscope');
  const builder = new SessionBuilder(file);
  builder.refused();
  builder.close();
  engine = await startEngine({ live: null });
  session = (await engine.call('openSession', { path: file })).session;
  server = await startServer(engine, 0);
});

afterAll(async () => {
  await server.close();
  await engine.stop();
  vi.unstubAllEnvs();
});

async function openPage(): Promise<WebSocket> {
  const answer = await fetch(server.url, { redirect: 'manual' });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const headers = { cookie, origin: `http://127.0.0.1:${server.port}` };
  const page = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, { headers });
  await new Promise((resolve, reject) => {
    page.once('open', resolve);
    page.once('error', reject);
  });
  return page;
}

/** Waits until the engine has nothing to do. */
async function engineRests(results: readonly { readonly value: unknown }[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all(results.map(({ value }) => value));
}

/** Waits until no more calls come to the engine, and gives their number. */
async function settled(calls: () => number): Promise<number> {
  for (let last = -1; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (calls() === last) return last;
    last = calls();
  }
}

test('a page that never reads does not make the server grow', async () => {
  const spy = vi.spyOn(engine, 'call');
  const selection = { filter: '', failedOnly: false, upToId: null, range: null };
  const page = await openPage();
  let answers = 0;
  page.on('message', () => {
    answers++;
  });
  page.pause();
  for (let id = 1; id <= CALLS; id++) {
    const params = { session, selection, buckets: 1000 };
    page.send(JSON.stringify({ id, method: 'overview', params }));
    // Never so many at once that they are refused for that.
    if (id % 32 === 0) await engineRests(spy.mock.results);
  }
  const asked = await settled(() => spy.mock.calls.length);
  expect(asked, 'calls that were worked on').toBeGreaterThan(32);
  expect(asked).toBeLessThan(CALLS / 2);
  page.resume();
  await vi.waitFor(() => expect(answers).toBe(CALLS), { timeout: 50_000, interval: 100 });
  page.close();
}, 90_000);
