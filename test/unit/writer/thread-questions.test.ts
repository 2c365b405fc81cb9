// "Ask its thread for its stack now": what becomes of the question where there is no answer.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ThreadWanted } from '../../../contract/addon.ts';
import { EventKind, ThreadPlace } from '../../../contract/generated/events.ts';
import { startEngine } from '../../../engine/engine.ts';
import type { Engine } from '../../../engine/engine-types.ts';
import { ThreadQuestions } from '../../../engine/workers/thread-questions.ts';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import { type FieldValue, record } from '../../fixtures/records.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import {
  connecting,
  NETNS,
  type SocketStory,
  STORY_START_NS,
  socket,
} from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const PEER = '10.0.0.2:443';
const directory = temporaryDirectory();
const HOOK = {
  family: 'thread-stack',
  hook: 'iter.s/task',
  attached: true,
  required: false,
  problem: null,
};

type Fields = Readonly<Record<string, FieldValue>>;

/** Of curl (100), the process of the stories. */
const CURL: Fields = { 'task.tgid': 100, 'task.tid': 100, 'task.start_ns': 100_000_000n };

/** Asks about the first attempt of a recorder; the kernel gives these answers in turn. */
function asking(recorder: LifecycleRecorder, ...answers: (Fields | null)[]) {
  const wanted: ThreadWanted[] = [];
  const unnamed = new Set<number>();
  let commits = 0;
  const questions = new ThreadQuestions({
    capture: {
      hooks: [HOOK],
      askThread: async (question) => {
        const answer = answers[Math.min(wanted.push(question), answers.length) - 1];
        const fields = { 'task.thread_comm': 'curl', request: BigInt(question.request), ...answer };
        const timeNs = STORY_START_NS + 900_000_000n;
        if (answer)
          recorder.decoder.decode(
            record('thread_stack_event', EventKind.THREAD_STACK, timeNs, fields),
          );
      },
    },
    threads: recorder.lifecycle.threads,
    isUnnamed: (stack) => unnamed.delete(stack),
    commit: () => {
      commits++;
    },
  });
  const ask = (id = 1) => questions.ask(id);
  return { ask, wanted, unnamed, commits: () => commits };
}

const waiting: Fields = {
  ...CURL,
  place: ThreadPlace.IN_CONNECT,
  kernel_stack_id: 7n,
  user_stack_id: 8n,
};
const running: Fields = { ...CURL, place: ThreadPlace.RUNNING };

function recording(story = connecting('curl', PEER)): LifecycleRecorder {
  return new LifecycleRecorder().hears(story);
}

/** Found by the first scan. */
function scanned(story: SocketStory): LifecycleRecorder {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.scanBegins();
  recorder.hears(story);
  recorder.lifecycle.scanEnded(10e6, new Set([NETNS]));
  return recorder.waitsUntil(210);
}

test('a thread that waits: its stacks are an event, in the file and named when it is answered', async () => {
  const recorder = recording();
  const { ask, wanted, unnamed, commits } = asking(recorder, waiting);
  unnamed.add(2);
  const { event } = await ask();
  expect(wanted).toMatchObject([
    { tgid: 100, tid: 100, cookie: BigInt(recorder.attempt.cookie ?? 0) },
  ]);
  expect(recorder.events[event - 1]).toMatchObject({
    attemptId: 1,
    timeNs: 900_000_000,
    kind: 'thread-stack',
    detail: { tid: 100, in: 'connect' },
    kernelStack: 2,
    userStack: 1,
  });
  expect(unnamed.size).toBe(0);
  expect(commits()).toBe(1);
  // Where it stands later is not what asked for the connection.
  expect(recorder.attempt.userStack).toBe(0);
});

test('another thread, without a stack that could be read, out of any call', async () => {
  const recorder = recording();
  const worker = { ...waiting, 'task.tid': 117, 'task.thread_comm': 'worker', user_stack_id: 0n };
  await asking(recorder, { ...worker, place: ThreadPlace.IN_PROGRAM }).ask();
  expect(recorder.events.at(-1)?.detail).toEqual({
    tid: 117,
    thread: 'worker',
    in: 'no call',
    stack: 'unreadable',
  });
});

test('a thread that runs is asked again, and told as running in the end', async () => {
  const { ask, wanted } = asking(recording(), running, running, waiting);
  await ask();
  expect(wanted).toHaveLength(3);
  const never = asking(recording(), running);
  await expect(never.ask()).rejects.toMatchObject({ code: 'thread-running', fix: 'Ask again.' });
  expect(never.wanted).toHaveLength(5);
});

test('a thread that is gone, or whose number is now of another process', async () => {
  const gone = { code: 'no-thread', sentence: 'Thread 100 of curl (100) has ended.' };
  const recorder = recording();
  await expect(asking(recorder, null).ask()).rejects.toMatchObject(gone);
  const other = { ...waiting, 'task.start_ns': 900_000_000n };
  await expect(asking(recorder, other).ask()).rejects.toMatchObject(gone);
  expect(recorder.events.map(({ kind }) => kind)).not.toContain('thread-stack');
});

test('of a connect that is older than the capture any thread that makes it will do', async () => {
  const older = socket().by('curl').to(PEER).found('SYN_SENT').found('SYN_SENT', { fd: 7 });
  const recorder = scanned(older);
  const { ask, wanted } = asking(recorder, null, waiting);
  await expect(ask()).rejects.toMatchObject({
    code: 'no-thread',
    sentence: expect.stringContaining('No thread of curl (100) waits in connect(2)'),
  });
  await ask();
  expect(wanted[1]).toMatchObject({ tgid: 100, tid: 0 });
});

test('an attempt that is over, or of nobody that is known, is not asked about', async () => {
  const over = recording(
    connecting('curl', PEER).goes('SYN_SENT', 'CLOSE', { error: 'ETIMEDOUT' }),
  );
  const { ask, wanted } = asking(over, waiting);
  await expect(ask()).rejects.toMatchObject({ code: 'attempt-over' });
  await expect(ask(99)).rejects.toMatchObject({ code: 'attempt-over' });
  const nobody = scanned(socket().to(PEER).found('SYN_SENT'));
  await expect(asking(nobody, waiting).ask()).rejects.toMatchObject({
    code: 'no-thread',
    sentence: 'Which thread makes this connection is not known.',
  });
  expect(wanted).toEqual([]);
});

test('a kernel that lacks it, and a capture that ends, say so', async () => {
  const { threads } = recording().lifecycle;
  const parts = { threads, isUnnamed: () => false, commit: () => {} };
  const problem = 'this kernel does not have it; a thread cannot be asked';
  const askThread = () => Promise.reject(new Error('ECANCELED'));
  const lacking = { hooks: [{ ...HOOK, attached: false, problem }], askThread };
  await expect(new ThreadQuestions({ ...parts, capture: lacking }).ask(1)).rejects.toMatchObject({
    code: 'not-supported',
    sentence: expect.stringContaining(`iter.s/task: ${problem}`),
  });
  const closing = { hooks: [HOOK], askThread };
  await expect(new ThreadQuestions({ ...parts, capture: closing }).ask(1)).rejects.toMatchObject({
    code: 'no-capture',
  });
});

let engine: Engine;
afterEach(() => engine?.stop());

test('a session file has no threads, and without a capture there are none either', async () => {
  const path = join(directory, 'some.synscope');
  const builder = new SessionBuilder(path);
  builder.refused();
  builder.close();
  engine = await startEngine({ live: null });
  const { session } = await engine.call('openSession', { path });
  await expect(engine.call('askThread', { session, id: 1 })).rejects.toMatchObject({
    code: 'not-live',
    sentence: expect.stringContaining('This session is a file'),
  });
  await expect(engine.call('askThread', { session: 'live', id: 1 })).rejects.toMatchObject({
    code: 'no-capture',
  });
});
