// Who listened, as long as a failure may be asked about it.
import { expect, test } from 'vitest';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { NETNS, STORY_START_NS, socket } from '../../fixtures/socket-story.ts';

test('a listener that is closed is remembered with its time, and listens no more', () => {
  const lifecycle = new Lifecycle(
    new SessionClock(STORY_START_NS),
    new LifecycleRecorder(),
    quietHost,
  );
  const decoder = new BatchDecoder(lifecycle);
  const story = socket()
    .by('nginx', 50)
    .at('[::1]:80')
    .to('[::]:0')
    .goes('CLOSE', 'LISTEN', { by: 'owner' })
    .after(10)
    .goes('LISTEN', 'CLOSE', { by: 'owner' });
  const end = story.records.at(-1);
  if (!end) throw new Error('no records');
  for (const record of story.records.slice(0, -1)) decoder.decode(record);
  const { listeners } = lifecycle;
  expect(listeners.onPort(NETNS, 80)).toHaveLength(1);
  expect(listeners.pastOnPort(NETNS, 80)).toEqual([]);
  decoder.decode(end);
  expect(listeners.onPort(NETNS, 80)).toEqual([]);
  const [past, ...more] = listeners.pastOnPort(NETNS, 80);
  expect(more).toEqual([]);
  expect(past?.address).toBe('::1');
  // A record of a story takes a microsecond.
  expect((past?.untilNs ?? 0) - (past?.sinceNs ?? 0)).toBe(10e6 + 1000);
  expect(listeners.pastOnPort(NETNS, 81)).toEqual([]);
});
