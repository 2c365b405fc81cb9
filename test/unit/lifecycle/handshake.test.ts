// What a handshake had to put up with, and listeners without room.
import { expect, test } from 'vitest';
import type { Pressure } from '../../../engine/lifecycle/listeners.ts';
import { LifecycleRecorder, told } from '../../fixtures/lifecycle-recorder.ts';
import {
  connecting,
  NETNS,
  type SocketStory,
  type StateDetails,
  socket,
} from '../../fixtures/socket-story.ts';

function accepted(details: StateDetails): SocketStory {
  return socket()
    .at('192.168.1.5:80')
    .to('10.0.0.9:50001')
    .goes('SYN_RECV', 'ESTABLISHED', details)
    .after(20);
}

test('SYNs that were sent again are counted until the connection stands', () => {
  const story = connecting('curl', '10.0.0.2:443')
    .after(1000)
    .retransmits('SYN_SENT', 1000, 1)
    .after(2000)
    .retransmits('SYN_SENT', 2000, 2)
    .establishes()
    .after(100)
    .retransmits('ESTABLISHED', 200, 3, 1);
  const { attempt } = told(story);
  expect(attempt.trouble).toMatchObject({ handshakeResent: 2, longestRow: { count: 1, ms: 200 } });
});

test('rows of timeouts: the longest is kept, a fast retransmission is none', () => {
  const story = connecting('curl', '10.0.0.2:443').establishes();
  let total = 0;
  for (const row of [1, 4, 2]) {
    for (let i = 1; i <= row; i++) {
      const rtoMs = 200 * 2 ** (i - 1);
      story.after(rtoMs).retransmits('ESTABLISHED', rtoMs, ++total, i);
    }
    story.after(50).retransmits('ESTABLISHED', 200, ++total, 0);
  }
  const { attempt } = told(story);
  expect(attempt.trouble?.longestRow).toMatchObject({ count: 4, rtoMs: 1600 });
  expect(attempt.trouble?.longestRow?.ms).toBeCloseTo(3000, 0);
});

test.each([
  ['a whole millisecond', { srttUs: 3000, synCookieMs: 40 }, true],
  ['no round-trip time, as without timestamps', { srttUs: 0, synCookieMs: 0 }, true],
  ['a round-trip time that is exact: its SYN was kept', { srttUs: 3123, synCookieMs: 40 }, false],
  ['no cookie was sent lately', { srttUs: 3000 }, false],
  ['a cookie was sent, but not when this SYN came', { srttUs: 3000, synCookieMs: 4000 }, false],
  ['a slow peer', { srttUs: 900_000, synCookieMs: 1900 }, true],
  [
    'its SYN-ACK was sent again: it was kept',
    { srttUs: 3000, synCookieMs: 4, retransmits: 1 },
    false,
  ],
])('a SYN cookie: %s', (_, details, used) => {
  const { attempt, events } = told(accepted(details));
  expect(attempt.trouble?.synCookieId != null).toBe(used);
  const cookies = events.filter(({ kind }) => kind === 'syn-cookie');
  expect(cookies).toHaveLength(used ? 1 : 0);
});

test('a connect that a cookie answered knows nothing of it', () => {
  const story = connecting('curl', '10.0.0.2:443').goes('SYN_SENT', 'ESTABLISHED', {
    srttUs: 3000,
    synCookieMs: 1,
  });
  expect(told(story).attempt.trouble).toBeNull();
});

function watching() {
  const recorder = new LifecycleRecorder();
  const pressures: Pressure[] = [];
  recorder.lifecycle.listeners.onPressure = (pressure) => pressures.push(pressure);
  const listener = socket().by('nginx', 7).at('0.0.0.0:80').to('0.0.0.0:0');
  const scan = (figures: Record<string, number> | null) => {
    recorder.lifecycle.scanBegins();
    listener.after(1000).found('LISTEN', { fd: 3 });
    if (figures) listener.foundPressed({ accept_queue_most: 128, ...figures });
    recorder.hears(listener);
    recorder.lifecycle.scanEnded(1e9, new Set([NETNS]));
  };
  return { scan, pressures };
}

test('what a listener threw away before the capture is no news', () => {
  const { scan, pressures } = watching();
  scan({ drops: 900 });
  scan({ drops: 900 });
  expect(pressures).toEqual([]);
  scan({ drops: 903, accept_queue: 129 });
  expect(pressures).toMatchObject([
    { dropped: 3, cookies: false, acceptQueue: 129, port: 80, listener: { address: '0.0.0.0' } },
  ]);
});

test('what a listener with room throws away is no news: a deferred accept counts there, too', () => {
  const { scan, pressures } = watching();
  scan(null);
  scan({ drops: 1 });
  scan({ drops: 4, accept_queue: 128, syn_queue: 127 });
  expect(pressures).toEqual([]);
  scan({ drops: 5, syn_queue: 128 });
  expect(pressures).toMatchObject([{ dropped: 1, full: 'syn' }]);
});

test('a queue that was emptied a moment ago was full', () => {
  const { scan, pressures } = watching();
  scan(null);
  scan({ accept_queue: 129 });
  expect(pressures).toEqual([]);
  scan({ drops: 2, accept_queue: 3 });
  scan({ drops: 3, accept_queue: 3 });
  expect(pressures).toMatchObject([{ dropped: 2, full: 'accept', acceptQueue: 3 }]);
});

test('the first that it throws away is news, and so is each new cookie', () => {
  const { scan, pressures } = watching();
  scan(null);
  scan({ drops: 1, accept_queue: 129 });
  expect(pressures).toMatchObject([{ dropped: 1, full: 'accept' }]);
  scan({ drops: 1, syn_cookie_ms: 101 });
  // The same one, a second older.
  scan({ drops: 1, syn_cookie_ms: 1101 });
  scan({ drops: 1, syn_cookie_ms: 51 });
  expect(pressures.map(({ cookies }) => cookies)).toEqual([false, true, true]);
});
