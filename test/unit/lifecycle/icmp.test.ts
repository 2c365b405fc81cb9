import { expect, test } from 'vitest';
import { EventKind } from '../../../contract/generated/events.ts';
import { icmpMeaning } from '../../../engine/lifecycle/icmp.ts';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import { batchOf, record } from '../../fixtures/records.ts';
import { connecting, STORY_START_NS } from '../../fixtures/socket-story.ts';

test.each([
  [4, 3, 1, 'host unreachable'],
  [4, 3, 13, 'communication administratively prohibited'],
  [4, 11, 0, 'time exceeded'],
  [6, 1, 1, 'communication administratively prohibited'],
  [6, 1, 4, 'port unreachable'],
  [6, 3, 0, 'time exceeded'],
  [4, 3, 99, 'type 3, code 99'],
] as const)('ICMPv%i type %i code %i is %s', (version, type, code, meaning) => {
  expect(icmpMeaning(version, type, code)).toBe(meaning);
});

test('it belongs to the attempt of its socket, with its sender', () => {
  const story = connecting('curl', '10.0.0.2:443');
  const recorder = new LifecycleRecorder().hears(story);
  const fields = {
    'socket.cookie': story.cookie,
    from: [10, 0, 0, 254],
    version: 4,
    type: 3,
    code: 1,
  };
  const timeNs = STORY_START_NS + 2_000_000n;
  recorder.decoder.decode(batchOf([record('icmp_event', EventKind.ICMP, timeNs, fields)]));
  expect(recorder.events.at(-1)).toMatchObject({
    kind: 'icmp',
    attemptId: recorder.attempt.id,
    detail: { from: '10.0.0.254', version: 4, type: 3, code: 1, meaning: 'host unreachable' },
  });
});
