import { expect, test } from 'vitest';
import { connected, refused } from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';
import { WrittenSession } from '../../fixtures/written-session.ts';

const peer = '10.0.0.2:443';
const directory = temporaryDirectory();
const MINUTE_MS = 60_000;

test('ended attempts older than the bound are dropped with their events; open ones stay', () => {
  const session = new WrittenSession(directory, {
    maxAgeMs: 60 * MINUTE_MS,
    maxBytes: 1e9,
  });
  session.hears(connected('ssh', peer), refused('curl', peer));
  session.commitAt(1000);
  session.hears(refused('wget', peer).after(0));
  session.commitAt(59 * MINUTE_MS);
  expect(session.rows('SELECT id FROM attempt')).toHaveLength(3);
  session.hears(connected('late', peer));
  session.commitAt(61 * MINUTE_MS);
  expect(session.rows('SELECT outcome FROM attempt')).toEqual([
    { outcome: 'open' },
    { outcome: 'open' },
  ]);
  expect(session.rows('SELECT DISTINCT attempt_id FROM event ORDER BY 1')).toEqual([
    { attempt_id: 1 },
    { attempt_id: 4 },
  ]);
  expect(session.rows('SELECT dropped_attempts FROM session')).toEqual([{ dropped_attempts: 2 }]);
  session.finishAt(62 * MINUTE_MS);
});

test('a session beyond its size drops the oldest and stays below', () => {
  const maxBytes = 400_000;
  const session = new WrittenSession(directory, { maxAgeMs: 60 * MINUTE_MS, maxBytes });
  for (let round = 1; round <= 60; round++) {
    session.hears(...Array.from({ length: 50 }, () => refused('curl', peer)));
    session.commitAt(round * 100);
  }
  const [{ used } = {}] = session.rows(
    'SELECT (page_count - freelist_count) * page_size AS used FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
  );
  expect(used).toBeLessThan(maxBytes * 1.2);
  const [{ attempts, oldest, dropped } = {}] = session.rows(
    'SELECT count(*) AS attempts, min(id) AS oldest, (SELECT dropped_attempts FROM session) AS dropped FROM attempt',
  );
  expect(Number(attempts) + Number(dropped)).toBe(3000);
  expect(oldest).toBe(Number(dropped) + 1);
  session.finishAt(10_000);
});

test('a recording without bounds keeps everything', () => {
  const session = new WrittenSession(directory).hears(refused('curl', peer));
  session.commitAt(1000);
  session.commitAt(600 * MINUTE_MS);
  expect(session.rows('SELECT id FROM attempt')).toHaveLength(1);
  session.finishAt(600 * MINUTE_MS);
});
