// What is told beyond the rows: through the diagnosis and a real session file, with the
// machine's answers given.
import { expect, test } from 'vitest';
import type { Alert } from '../../../contract/alerts.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';
import { LAYOUT_HASH } from '../../../contract/generated/events.ts';
import type { Alerts } from '../../../engine/alerts/alerts.ts';
import { listenForAlerts } from '../../../engine/alerts/listen.ts';
import type { MachineLimits } from '../../../engine/alerts/machine-limits.ts';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { Diagnosis } from '../../../engine/diagnosis/diagnosis.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import { SessionWriter } from '../../../engine/session/writer.ts';
import { quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { openFile, selecting, windowOf } from '../../fixtures/query.ts';
import {
  connected,
  connecting,
  refused,
  type SocketStory,
  STORY_START_NS,
  socket,
} from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const NOTHING_LOST = { emitted: 0, delivered: 0, lost: 0, missed: 0 };
let made = 0;

class Watched {
  readonly alerts: Alert[] = [];
  readonly path = `${directory}/alerts-${++made}.synscope`;
  readonly writer: SessionWriter;
  readonly lifecycle: Lifecycle;
  readonly decoder: BatchDecoder;
  readonly engine: Alerts;
  context: ContextDetail[] = [];
  descriptors = { used: 10, most: 100 };
  tracked: { used: number; most: number } | null = null;

  constructor() {
    const begin = { layoutHash: LAYOUT_HASH, hooks: [], bounds: null, path: this.path };
    const clocks = { startedUnixMs: 1_700_000_000_000, startedMonotonicNs: STORY_START_NS };
    this.writer = new SessionWriter({ ...begin, ...clocks }, () => {});
    const diagnosis = new Diagnosis(this.writer);
    diagnosis.askFrom({ ask: () => this.context });
    const limits: MachineLimits = {
      descriptors: () => this.descriptors,
      conntrack: () => this.tracked,
    };
    const tell = (alert: Alert) => void this.alerts.push(alert);
    this.engine = listenForAlerts(this.writer, diagnosis, clocks.startedUnixMs, tell, limits);
    this.lifecycle = new Lifecycle(new SessionClock(STORY_START_NS), diagnosis, quietHost);
    this.decoder = new BatchDecoder(this.lifecycle);
  }

  hears(...stories: SocketStory[]): this {
    for (const story of stories) this.decoder.decode(story.batch());
    return this;
  }

  /** The clock goes on, second by second. */
  until(fromSecond: number, toSecond: number): this {
    for (let second = fromSecond; second <= toSecond; second++) {
      this.lifecycle.tick(second * 1e9);
      this.engine.tick(second * 1e9);
      this.writer.commit(second * 1e9, NOTHING_LOST);
    }
    return this;
  }

  kinds(): string[] {
    return this.alerts.map(({ kind }) => kind);
  }
}

const late = (story: () => SocketStory, ms: number) => {
  const told = story();
  for (const record of told.records) {
    const view = new DataView(record);
    view.setBigUint64(0, view.getBigUint64(0, true) + BigInt(ms) * 1_000_000n, true);
  }
  return told;
};
const fails = (ms: number, to = '10.0.0.2:443') => late(() => refused('curl', to), ms);
const works = (ms: number, to = '10.0.0.2:443') => late(() => connected('curl', to), ms);

test('a kind of failure that is new after the first minute, once', () => {
  const watched = new Watched().hears(fails(1000)).until(1, 90);
  expect(watched.alerts).toEqual([]);
  watched.hears(fails(90_500), fails(90_600, '10.0.0.3:80')).until(91, 100);
  expect(watched.kinds()).toEqual(['new-failure']);
  const [alert] = watched.alerts;
  expect(alert?.text).toContain('curl, 10.0.0.3:80: refused by the peer (ECONNREFUSED)');
  expect(alert?.title).toBe('New kind of failure');
  watched.hears(fails(101_000, '10.0.0.3:80')).until(102, 110);
  expect(watched.alerts).toHaveLength(1);
  const reader = openFile(watched.path);
  expect(reader.alerts()).toEqual(watched.alerts);
  expect(windowOf(reader, alert?.filter ?? '').total).toBe(2);
  const { groups } = reader.groups(selecting(''), 10);
  expect(groups.map(({ remotePort, isNew }) => [remotePort, isNew])).toEqual([
    [80, true],
    [443, false],
  ]);
  reader.close();
});

test('another program that fails where one had failed before is news', () => {
  const watched = new Watched().hears(fails(1000)).until(1, 90);
  const byNc = () =>
    socket()
      .by('nc', 200)
      .to('10.0.0.2:443')
      .connects()
      .goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' })
      .connectReturned('ECONNREFUSED');
  watched.hears(late(byNc, 90_500)).until(91, 100);
  expect(watched.kinds()).toEqual(['new-failure']);
  expect(watched.alerts[0]?.text).toContain('nc, 10.0.0.2:443: refused by the peer');
});

test('one that gave way to another address is no news', () => {
  const loser = late(
    () => connecting('curl', '[fd00::2]:443').after(300).goes('SYN_SENT', 'CLOSE', { by: 'owner' }),
    70_000,
  );
  const watched = new Watched().hears(loser).until(70, 71);
  const winner = late(() => connecting('curl', '10.0.0.2:443').after(900).establishes(), 70_310);
  watched.hears(winner).until(72, 90);
  expect(watched.alerts).toEqual([]);
});

test('many new kinds at once are told as many', () => {
  const scan = Array.from({ length: 40 }, (_, nth) => fails(70_000, `10.0.0.2:${5000 + nth}`));
  const watched = new Watched().hears(...scan).until(70, 100);
  expect(watched.alerts).toHaveLength(6);
  expect(watched.alerts.at(-1)?.text).toContain('There are more');
});

test('half of the attempts to a destination fail', () => {
  const few = new Watched()
    .hears(...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((ms) => fails(ms)))
    .until(1, 5);
  expect(few.alerts).toEqual([]);
  const mostWork = new Watched()
    .hears(...Array.from({ length: 20 }, (_, nth) => works(nth)))
    .hears(...Array.from({ length: 10 }, (_, nth) => fails(100 + nth)))
    .until(1, 5);
  expect(mostWork.alerts).toEqual([]);
  const half = new Watched()
    .hears(...Array.from({ length: 10 }, (_, nth) => works(nth)))
    .hears(...Array.from({ length: 10 }, (_, nth) => fails(100 + nth)))
    .until(1, 5);
  expect(half.kinds()).toEqual(['failure-rate']);
  expect(half.alerts[0]?.text).toContain('10 of 20 attempts to 10.0.0.2:443');
});

test('failures of more than a minute ago do not count', () => {
  const watched = new Watched()
    .hears(...Array.from({ length: 9 }, (_, nth) => fails(nth)))
    .until(1, 75)
    .hears(...[80_000, 80_001].map((ms) => fails(ms)))
    .until(80, 85);
  expect(watched.kinds()).toEqual([]);
});

test('what is nearly used up', () => {
  const watched = new Watched();
  watched.context = [
    { about: 'ports', first: 1, last: 100, used: 95, timeWait: 0, holders: [] },
    { about: 'conntrack-table', entries: 50, most: 100 },
  ];
  watched.hears(fails(1000)).until(1, 3);
  expect(watched.kinds()).toEqual(['ports']);
  watched.descriptors = { used: 99, most: 100 };
  watched.tracked = { used: 3000, most: 3100 };
  watched.until(4, 20);
  expect(watched.kinds().toSorted()).toEqual(['conntrack', 'descriptors', 'ports']);
  expect(watched.alerts.find(({ kind }) => kind === 'descriptors')?.text).toContain(
    'curl (pid 100) uses 99 of 100 file descriptors (99 %)',
  );
  watched.until(21, 60);
  expect(watched.alerts).toHaveLength(3);
});

test('every filter of an alert can be read', () => {
  const watched = new Watched();
  watched.context = [{ about: 'ports', first: 1, last: 100, used: 95, timeWait: 0, holders: [] }];
  watched.hears(fails(70_000, '[fd00::7]:443')).until(70, 90);
  expect(watched.alerts.length).toBeGreaterThan(1);
  const reader = openFile(watched.path);
  for (const { filter } of watched.alerts) {
    expect(parseFilter(filter ?? '')).toMatchObject({ ok: true });
    expect(windowOf(reader, filter ?? '').total).toBe(1);
  }
  reader.close();
});

test('a listener without room: who it is, and what it threw away', () => {
  const watched = new Watched();
  watched.lifecycle.listeners.onPressure = (pressure) => watched.engine.pressed(pressure);
  const listener = socket().by('nginx', 812).at('0.0.0.0:80').to('0.0.0.0:0');
  watched.hears(listener.goes('CLOSE', 'LISTEN', { by: 'owner' })).until(1, 2);
  listener.records.length = 0;
  const full = { accept_queue: 129, accept_queue_most: 128, drops: 41 };
  watched.hears(listener.foundPressed(full)).until(3, 4);
  expect(watched.kinds()).toEqual(['listener']);
  const [alert] = watched.alerts;
  expect(alert?.text).toBe(
    'The listener of nginx (pid 812) at 0.0.0.0:80 threw away 41 packets of handshakes, since it had no room; its accept queue is full, with 129 connections of at most 128.',
  );
  expect(parseFilter(alert?.filter ?? '')).toMatchObject({ ok: true });
  // The same again is no news for a while.
  listener.records.length = 0;
  watched.hears(listener.foundPressed({ ...full, drops: 99 })).until(5, 20);
  expect(watched.alerts).toHaveLength(1);
});

test.each([
  ['accept', 'its accept queue was full, and now has 0 connections of at most 1.'],
  ['syn', 'its SYN queue was full, and now has 0 handshakes.'],
  [null, null],
] as const)('a burst that was over before the scan, and the counters say %s', (queue, told) => {
  const watched = new Watched();
  const { listeners } = watched.lifecycle;
  listeners.onPressure = (pressure) => watched.engine.pressed(pressure);
  listeners.filledQueue = () => queue;
  const listener = socket().by('nginx', 812).at('0.0.0.0:80').to('0.0.0.0:0');
  watched.hears(listener.goes('CLOSE', 'LISTEN', { by: 'owner' })).until(1, 2);
  listener.records.length = 0;
  watched.hears(listener.foundPressed({ accept_queue_most: 1, drops: 3 })).until(3, 4);
  const texts = watched.alerts.map(({ text }) => text);
  expect(texts).toHaveLength(told === null ? 0 : 1);
  if (told !== null) expect(texts[0]).toContain(told);
});

test.each([
  [129, 'its SYN queue is full.'],
  [3, 'its SYN queue was full, or net.ipv4.tcp_syncookies is 2 (always).'],
])('a listener that answers by cookies, with %i handshakes', (synQueue, why) => {
  const watched = new Watched();
  watched.lifecycle.listeners.onPressure = (pressure) => watched.engine.pressed(pressure);
  const listener = socket().by('nginx', 812).at('[::]:80').to('[::]:0').after(3000);
  watched.hears(listener.goes('CLOSE', 'LISTEN', { by: 'owner' }));
  listener.records.length = 0;
  const cookie = { accept_queue_most: 128, syn_cookie_ms: 21, syn_queue: synQueue };
  watched.hears(listener.after(500).foundPressed(cookie)).until(4, 6);
  expect(watched.alerts.map(({ text }) => text)).toEqual([
    `The listener of nginx (pid 812) at [::]:80 answers by SYN cookies: ${why}`,
  ]);
});
