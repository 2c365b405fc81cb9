// Connects that were asked of io_uring: carried out by another thread, completed later.
import { expect, test } from 'vitest';
import { LifecycleRecorder, told } from '../../fixtures/lifecycle-recorder.ts';
import { connecting, socket } from '../../fixtures/socket-story.ts';

const WORKER = { pid: 100, tid: 177, comm: 'iou-wrk-100' };

test('a connect that fails before any SYN is an attempt of its own, without blocking', () => {
  const { attempt, ended, events } = told(
    socket().by('curl').to('10.9.9.9:80').connectCompleted('ENETUNREACH', { cookie: 0n }),
  );
  expect(attempt).toMatchObject({
    outcome: 'unreachable',
    remoteAddress: '10.9.9.9',
    remotePort: 80,
    fd: 3,
    async: true,
    ownerSource: 'connect',
    owner: { comm: 'curl', pid: 100 },
  });
  expect(events[0]?.detail).toMatchObject({ via: 'io_uring', result: 'ENETUNREACH', fd: 3 });
  expect(ended).toEqual([attempt.id]);
});

test('refused after its SYN: the completion belongs to the attempt that there is', () => {
  const story = connecting('curl', '10.0.0.2:443')
    .goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' })
    .after(1)
    .connectCompleted('ECONNREFUSED')
    .destroyed();
  const { attempt, attempts, ended } = told(story);
  expect(attempts).toHaveLength(1);
  expect(attempt).toMatchObject({ outcome: 'refused', errno: 111, async: true, fd: 3 });
  expect(ended).toEqual([attempt.id]);
});

test('carried out by a worker: the thread is the one that asked', () => {
  const story = socket()
    .by('curl')
    .to('10.0.0.2:443')
    .goes('CLOSE', 'SYN_SENT', { by: WORKER, localPort: 0 })
    .establishes()
    .connectCompleted(0, { state: 'ESTABLISHED' });
  const { attempt } = told(story);
  expect(attempt).toMatchObject({ outcome: 'open', tid: 100, threadComm: 'curl', async: true });
  expect(attempt.owner?.pid).toBe(100);
});

test('taken back while it connects: no answer, and abandoned once its socket is closed', () => {
  const story = connecting('curl', '10.0.0.2:81')
    .after(150)
    .connectCompleted('ECANCELED', { state: 'SYN_SENT' });
  const recorder = new LifecycleRecorder().hears(story);
  expect(recorder.attempt).toMatchObject({ outcome: 'connecting', failed: false, async: true });
  recorder.hears(story.goes('SYN_SENT', 'CLOSE', { by: 'owner' }).destroyed());
  expect(recorder.attempt).toMatchObject({ outcome: 'abandoned', errno: 0, failed: true });
});

test('taken back before it was carried out: nothing happened', () => {
  const { attempts } = told(socket().by('curl').to('10.0.0.2:81').connectCompleted('ECANCELED'));
  expect(attempts).toEqual([]);
});

test('what was asked is not known: nothing is said of it', () => {
  const { attempt, events } = told(
    socket().to('0.0.0.0:0').connectCompleted('EINVAL', { fd: -1, asked: false }),
  );
  expect(attempt).toMatchObject({ outcome: 'failed', fd: null, remotePort: 0 });
  expect(events[0]?.detail).toEqual({ result: 'EINVAL', via: 'io_uring' });
});
