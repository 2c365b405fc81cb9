// Happy Eyeballs: which attempts count as one logical connect.
import { expect, test } from 'vitest';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import { Diagnosis } from '../../../engine/diagnosis/diagnosis.ts';
import type { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { SocketStory, STORY_START_NS } from '../../fixtures/socket-story.ts';

/** Stories whose records are heard in the order of their times. */
function raced(...stories: SocketStory[]): Attempt[] {
  const recorder = new LifecycleRecorder();
  const clock = new SessionClock(STORY_START_NS);
  const lifecycle = new Lifecycle(clock, new Diagnosis(recorder), quietHost);
  const decoder = new BatchDecoder(lifecycle);
  const records = stories.flatMap((story) => story.records);
  const timeOf = (record: ArrayBuffer) => new DataView(record).getBigUint64(0, true);
  records.sort((a, b) => Number(timeOf(a) - timeOf(b)));
  for (const record of records) {
    lifecycle.tick(Number(timeOf(record) - STORY_START_NS));
    decoder.decode(record);
  }
  lifecycle.tick(60_000 * 1e6);
  return recorder.attempts;
}

const V6 = '[fd00::9]:443';
const V4 = '10.0.0.9:443';
const story = (to: string, beginMs: number, pid = 7) => {
  return new SocketStory().by('browser', pid).to(to).after(beginMs).connects();
};
const establishes = (to: string, beginMs: number) => story(to, beginMs).after(1).establishes();
const abandons = (each: SocketStory, ms: number) => {
  return each.after(ms).goes('SYN_SENT', 'CLOSE', { by: 'owner' });
};
const summary = (attempts: readonly Attempt[]) => {
  return attempts.map(({ id, race, verdict }) => [id, race?.id ?? null, verdict?.rule ?? null]);
};

test('the slower family is dropped when the other one is connected', () => {
  const loser = abandons(story(V6, 0), 290);
  const winner = story(V4, 250).after(30).establishes();
  const attempts = raced(loser, winner);
  expect(summary(attempts)).toEqual([
    [1, 2, 'lost-race'],
    [2, null, null],
  ]);
  expect(attempts[0]?.verdict?.finding).toMatchObject({
    confidence: 'likely',
    params: { winner: 2, address: '10.0.0.9', otherFamily: true },
    events: { end: expect.any(Number) },
  });
});

test('one that was dropped and told before the next one began is judged again', () => {
  const loser = abandons(story(V6, 0), 300);
  const winner = story(V4, 310).after(900).establishes();
  const [first] = raced(loser, winner);
  expect(first?.verdict?.rule).toBe('lost-race');
  expect(first?.verdict?.finding.events).toHaveProperty('end');
});

test('a refused family keeps its own cause, and gave way all the same', () => {
  const loser = story(V6, 0).after(1).goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' });
  const winner = story(V4, 2).after(1).establishes();
  const [first] = raced(loser, winner);
  expect(first?.race?.id).toBe(2);
  expect(first?.verdict?.rule).not.toBe('lost-race');
  expect(first?.verdict).not.toBeNull();
});

test('two addresses of one family race too, when the loser is dropped at once', () => {
  const race = raced(
    abandons(story('10.0.0.8:443', 0), 290),
    story(V4, 250).after(30).establishes(),
  );
  expect(race[0]?.verdict).toMatchObject({
    rule: 'lost-race',
    finding: { confidence: 'possible' },
  });
});

test.each([
  ['nobody won', [abandons(story(V6, 0), 500), abandons(story(V4, 250), 250)]],
  ['the same address again', [abandons(story(V4, 0), 290), story(V4, 250).after(30).establishes()]],
  ['another process', [abandons(story(V6, 0), 290), story(V4, 250, 8).after(30).establishes()]],
  [
    'another port',
    [abandons(story('[fd00::9]:80', 0), 290), story(V4, 250).after(30).establishes()],
  ],
  ['begun much later', [abandons(story(V6, 0), 1600), story(V4, 1500).after(30).establishes()]],
  ['dropped long after', [abandons(story(V6, 0), 3000), story(V4, 250).after(30).establishes()]],
  [
    'one family, and dropped by an own timeout',
    [abandons(story('10.0.0.8:443', 0), 900), story(V4, 250).after(30).establishes()],
  ],
  [
    'one family, and refused',
    [
      story('10.0.0.8:443', 0).after(1).goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' }),
      story(V4, 2).after(1).establishes(),
    ],
  ],
])('no race: %s', (_, stories) => {
  for (const { race, verdict } of raced(...stories)) {
    expect(race).toBeNull();
    expect(verdict?.rule).not.toBe('lost-race');
  }
});

const refuses = (each: SocketStory) => {
  return each.after(1).goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' });
};
const byThread = (to: string, beginMs: number, tid: number) => {
  return new SocketStory().by('browser', 7, 7, tid).to(to).after(beginMs).connects();
};

test('127.0.0.1 and ::1 are one host, in whichever order and by whichever thread', () => {
  const race = raced(
    refuses(byThread('127.0.0.1:443', 0, 7)),
    byThread('[::1]:443', 50, 8).after(1).establishes(),
  );
  expect(race.map((attempt) => attempt.race?.id ?? null)).toEqual([2, null]);
});

test('the dropped one is known by its moment, whichever thread had it', () => {
  const winner = byThread(V4, 250, 8).after(30).establishes();
  const [first] = raced(abandons(byThread(V6, 0, 7), 290), winner);
  expect(first?.race?.id).toBe(2);
});

test.each([
  [
    'another host that happens to have the other family',
    [refuses(story(V4, 0)), establishes(V6, 50)],
  ],
  ['the host itself and another one', [refuses(story('[::1]:443', 0)), establishes(V4, 2)]],
  ['another host and this one', [refuses(story(V6, 0)), establishes('127.0.0.1:443', 2)]],
  ['another thread', [refuses(byThread(V6, 0, 7)), byThread(V4, 2, 8).after(1).establishes()]],
  [
    'another connection between them',
    [refuses(story(V6, 0)), establishes('[fd00::7]:443', 2), establishes(V4, 20)],
  ],
  [
    'another thread, and dropped some time later',
    [abandons(byThread(V6, 0, 7), 900), byThread(V4, 250, 8).after(30).establishes()],
  ],
])('an attempt to another host excuses nothing: %s', (_, stories) => {
  for (const { race } of raced(...stories)) expect(race).toBeNull();
});

test('several addresses of one family may be refused before the other family connects', () => {
  const others = [refuses(story('[fd00::8]:443', 0)), refuses(story(V6, 2)), establishes(V4, 4)];
  expect(raced(...others).map(({ race }) => race?.id ?? null)).toEqual([3, 3, null]);
});

test('a program with very many connections to one port is not searched through', () => {
  const stories = Array.from({ length: 200 }, (_, nth) => story(`10.0.${nth}.1:443`, nth));
  const attempts = raced(
    ...stories,
    abandons(story(V6, 300), 290),
    story(V4, 550).after(30).establishes(),
  );
  expect(attempts.filter(({ race }) => race !== null)).toHaveLength(1);
});
