// Connections that wait, as scans find them: when it began, how long it lasted, what is told.
import { expect, test } from 'vitest';
import type { ZeroWindowDetail } from '../../../engine/session/detail.ts';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import {
  connected,
  NETNS,
  type SocketStory,
  type TimerStory,
} from '../../fixtures/socket-story.ts';

const PEER = '10.0.0.2:443';
/** As before 5.11: the kernel probes, and does not say since when. */
const CLOSED = { snd_wnd: 0, unsent: 9000, unacked: 0, backoff: 1 };
const IN_SCAN: ReadonlySet<number> = new Set([NETNS]);

class Scans {
  readonly recorder = new LifecycleRecorder();
  readonly story: SocketStory;
  #ms = 21;

  constructor(story: SocketStory = connected('curl', PEER)) {
    this.story = story;
    this.recorder.hears(story);
  }

  /** A second later: waiting for something, or for nothing. */
  second(timers: TimerStory | null, limitedMs = 0, ms = 1000): this {
    const { lifecycle } = this.recorder;
    this.story.after(ms);
    this.#ms += ms;
    lifecycle.scanBegins();
    if (timers) this.story.foundWaiting('ESTABLISHED', timers, limitedMs);
    else this.story.foundGoing('ESTABLISHED', limitedMs);
    this.recorder.hears(this.story);
    lifecycle.scanEnded((this.#ms + 1) * 1e6, IN_SCAN);
    this.recorder.waitsUntil(this.#ms + 2);
    return this;
  }

  closes(): this {
    this.story.goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
    this.recorder.hears(this.story).waitsUntil(this.#ms + 1000);
    return this;
  }

  windows(): (ZeroWindowDetail & { atMs: number })[] {
    return this.recorder.events
      .filter(({ kind }) => kind === 'zero-window')
      .map(({ detail, timeNs }) => ({
        ...(detail as ZeroWindowDetail),
        atMs: Math.round(timeNs / 1e6),
      }));
  }

  get trouble() {
    return this.recorder.attempt.trouble;
  }
}

test("the peer's window: since the kernel probes, for as long as the kernel counted", () => {
  const scans = new Scans()
    .second({ ...CLOSED, probing_ms: 600 }, 700)
    .second({ ...CLOSED, probing_ms: 1600 }, 1700)
    .second(null, 2200);
  expect(scans.windows()).toMatchObject([
    { side: 'peer', phase: 'began', waiting: 9000, atMs: 421 },
    { side: 'peer', phase: 'ended', forMs: 2100, atMs: 2521 },
  ]);
  expect(scans.trouble?.peerWindow).toMatchObject({ stalls: 1, longestMs: 2100, totalMs: 2100 });
});

test('a kernel that does not count ends it at the next scan', () => {
  const scans = new Scans().second(CLOSED, 5000).second(CLOSED, 99_000).second(null, 99_000);
  expect(scans.windows().at(-1)).toMatchObject({ phase: 'ended', forMs: 2001 });
});

test('our own window: since the last data came, until it was last seen closed', () => {
  const scans = new Scans().second({ rcv_wnd: 0, data_ms: 500 });
  scans.second({ rcv_wnd: 0, data_ms: 1500 }).second(null);
  expect(scans.windows()).toMatchObject([
    { side: 'own', phase: 'began', atMs: 521 },
    { side: 'own', phase: 'ended', forMs: 1500, atMs: 3022 },
  ]);
  expect(scans.trouble?.ownWindow).toMatchObject({ stalls: 1 });
  expect(scans.trouble?.peerWindow).toBeNull();
});

test('it began no earlier than the connection', () => {
  const scans = new Scans().second({ ...CLOSED, probing_ms: 90_000 }, 0, 500);
  expect(scans.windows()).toMatchObject([{ phase: 'began', atMs: 21 }]);
});

test('closed when the connection ended: told as such, within the verdict', () => {
  const scans = new Scans().second(CLOSED).second(CLOSED).closes();
  expect(scans.windows().at(-1)).toMatchObject({ phase: 'ended', unresolved: true });
  expect(scans.recorder.ended).toHaveLength(1);
});

test('several stalls: each has its events, the longest is kept', () => {
  const scans = new Scans().second(CLOSED).second(null, 10);
  for (let i = 0; i < 3; i++) scans.second(CLOSED, 10);
  scans.second(null, 9000);
  expect(scans.windows().map(({ phase }) => phase)).toEqual(['began', 'ended', 'began', 'ended']);
  expect(scans.trouble?.peerWindow?.stalls).toBe(2);
  expect(scans.trouble?.peerWindow?.longestMs).toBeCloseTo(3001, 0);
  expect(scans.windows().at(-1)?.forMs).toBe(3001);
});

test('open for a moment between two scans: two stalls', () => {
  const scans = new Scans()
    .second({ ...CLOSED, probing_ms: 600 }, 600)
    .second({ ...CLOSED, probing_ms: 300 }, 1500)
    .second({ rcv_wnd: 0, data_ms: 400 })
    .second({ rcv_wnd: 0, data_ms: 700 });
  expect(scans.windows().map(({ side, phase }) => `${side} ${phase}`)).toEqual([
    ...['peer began', 'peer ended', 'peer began', 'own began'],
    ...['peer ended', 'own ended', 'own began'],
  ]);
  expect(scans.trouble).toMatchObject({ peerWindow: { stalls: 2 }, ownWindow: { stalls: 2 } });
});

test.each([
  ['nothing to send', { snd_wnd: 0 }],
  ['full for a moment: nothing has been probed', { snd_wnd: 0, unsent: 9000 }],
  ['our own is full for a moment', { rcv_wnd: 0, data_ms: 3 }],
])('no stall: %s', (_, timers) => {
  const scans = new Scans().second(timers).second(timers);
  expect(scans.windows()).toEqual([]);
  expect(scans.trouble).toBeNull();
});

test('keep-alive probes: from the second on, and when they are answered', () => {
  const probing = (out: number) => ({ keepalive: 1, probes_out: out });
  const scans = new Scans().second(probing(2)).second(probing(3)).second(null);
  const details = scans.recorder.events.filter(({ kind }) => kind === 'keep-alive');
  expect(details.map(({ detail }) => detail)).toMatchObject([{ unanswered: 2 }, { unanswered: 0 }]);
  expect(scans.trouble?.keepAlive).toMatchObject({ most: 3 });
});

test('scans go on in their rhythm while something stalls, and no longer than a minute', () => {
  const scans = new Scans().second(CLOSED);
  expect(scans.recorder.lifecycle.scanMoved).toBe(true);
  scans.second(CLOSED);
  expect(scans.recorder.lifecycle.scanMoved).toBe(true);
  scans.second(CLOSED, 0, 90_000).second(CLOSED);
  expect(scans.recorder.lifecycle.scanMoved).toBe(false);
});

test('ten thousand stalls at once: a bounded number of events, and a note', () => {
  const recorder = new LifecycleRecorder();
  const notes: string[] = [];
  Object.assign(recorder, { note: (_: number, sentence: string) => notes.push(sentence) });
  const stories = Array.from({ length: 2000 }, (_, i) => connected('curl', `10.0.0.2:${i + 1}`));
  recorder.hears(...stories);
  recorder.lifecycle.scanBegins();
  recorder.hears(...stories.map((story) => story.foundWaiting('ESTABLISHED', CLOSED)));
  expect(recorder.events.filter(({ kind }) => kind === 'zero-window')).toHaveLength(500);
  expect(recorder.attempts.every(({ trouble }) => trouble?.peerWindow?.stalls === 1)).toBe(true);
  expect(notes).toHaveLength(1);
});
