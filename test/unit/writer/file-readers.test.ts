// A session file that takes too long, or breaks the worker that reads it: it is closed with
// a sentence, and everything else goes on.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Notice } from '../../../contract/api.ts';
import { startEngine } from '../../../engine/engine.ts';
import type { Engine } from '../../../engine/engine-types.ts';
import { ReaderHost } from '../../../engine/workers/reader-host.ts';
import { selecting } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const small = join(directory, 'small.synscope');
const builder = new SessionBuilder(small);
builder.refused();
builder.close();
const large = join(directory, 'large.synscope');
const many = new SessionBuilder(large);
fillSession(many, 100_000, 0);
many.close();

let engine: Engine;
afterEach(() => engine?.stop());

test('a file that gives no answer in time is closed; another one stays', async () => {
  engine = await startEngine({ live: null, filePatienceMs: 2000 });
  const notices: Notice[] = [];
  engine.onNotice((notice) => notices.push(notice));
  const { session } = await engine.call('openSession', { path: small });
  const slow = await engine.call('openSession', { path: large });
  // Many questions at once: the last of them has to wait for longer than it may.
  const questions = Array.from({ length: 400 }, (_, at) =>
    engine.call('overview', {
      session: slow.session,
      selection: selecting(`cmd ~ x${at} or remote = 10.0.${at % 250}.0/24`),
      buckets: 2000,
    }),
  );
  const answers = await Promise.allSettled(questions);
  const refused = answers.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({
    reason: { code: 'too-slow', sentence: expect.stringContaining('so it was closed') },
  });
  expect(notices).toContainEqual({ kind: 'closed', session: slow.session });
  await expect(engine.call('status', { session: slow.session })).rejects.toMatchObject({
    code: 'no-such-session',
  });
  expect(await engine.call('status', { session })).toMatchObject({ attempts: 1 });
  expect((await engine.call('hello', {})).sessions).toHaveLength(1);
}, 60_000);

test('a reader that runs out of memory rejects what waits, and the process goes on', async () => {
  let deaths = 0;
  const reader = new ReaderHost(() => {}, {
    file: 'file-1',
    memoryMb: 8,
    onDeath: () => {
      deaths++;
    },
  });
  const asked = async () => {
    await reader.call('openSession', { path: large });
    const sort = { column: 'process', descending: false } as const;
    const query = { session: 'file-1', selection: selecting(''), sort, offset: 0, limit: 500 };
    for (let pid = 1; pid < 20; pid++) {
      await reader.call('attempts', { ...query, selection: selecting(`pid != ${pid}`) });
    }
  };
  await expect(asked()).rejects.toMatchObject({ code: 'reader' });
  await expect(reader.call('hello', {})).rejects.toMatchObject({ code: 'reader' });
  expect(deaths).toBe(1);
}, 60_000);

test('no more files than can be read at once', async () => {
  engine = await startEngine({ live: null });
  const open = () => engine.call('openSession', { path: small });
  const opened = await Promise.all(Array.from({ length: 16 }, open));
  await expect(open()).rejects.toMatchObject({ code: 'too-many-sessions' });
  await engine.call('closeSession', { session: opened[0]?.session ?? '' });
  await expect(open()).resolves.toMatchObject({ attempts: 1 });
}, 60_000);
