import { expect, test } from 'vitest';
import type { Overview } from '../../../contract/api.ts';
import {
  errorBars,
  processBars,
  timeBars,
} from '../../../renderer/panels/overview/overview-rows.ts';
import {
  dragRange,
  OPEN_END,
  stripBars,
  stripTimes,
} from '../../../renderer/panels/strip/strip-layout.ts';
import { parseFilter } from '../../../renderer/shared/filter-syntax.ts';

const overview: Overview = {
  from: 1_000_000,
  to: 1_004_000,
  buckets: [
    { at: 1_000_000, attempts: 1_000, failures: 1 },
    { at: 1_001_000, attempts: 0, failures: 0 },
    { at: 1_002_000, attempts: 500, failures: 500 },
    { at: 1_003_000, attempts: 1, failures: 0 },
  ],
  byError: [
    { error: 'ECONNREFUSED', outcome: 'refused', count: 3 },
    { error: '', outcome: 'abandoned', count: 1 },
  ],
  byProcess: [{ comm: 'a b', attempts: 5, failures: 2 }],
  attempts: 1_501,
  failures: 501,
};

test('bars are to scale, and one failure in a thousand is still seen', () => {
  const bars = stripBars(overview, 400, 50);
  expect(bars.map((bar) => bar.attempts)).toEqual([50, 0, 25, 2]);
  expect(bars.map((bar) => bar.failures)).toEqual([2, 0, 25, 0]);
  expect(stripBars({ ...overview, buckets: [] }, 400, 50)).toEqual([]);
});

test('times below the bars are round and apart', () => {
  const minute = 60_000;
  const times = stripTimes(0, 16 * minute, 1_000);
  expect(times.length).toBeGreaterThan(3);
  for (const [index, next] of times.slice(1).entries()) {
    expect(next.x - (times[index]?.x ?? 0)).toBeGreaterThanOrEqual(90);
  }
});

test('a drag selects a range in either direction; a click does not', () => {
  expect(dragRange(overview, 400, { start: 100, end: 300 }, false)).toEqual({
    from: 1_001_000,
    to: 1_003_000,
  });
  expect(dragRange(overview, 400, { start: 300, end: 100 }, false)).toEqual({
    from: 1_001_000,
    to: 1_003_000,
  });
  expect(dragRange(overview, 400, { start: 300, end: 301 }, false)).toBeNull();
});

test('in a live session a drag to the right edge goes on with it', () => {
  expect(dragRange(overview, 400, { start: 300, end: 420 }, true)?.to).toBe(OPEN_END);
  expect(dragRange(overview, 400, { start: 300, end: 420 }, false)?.to).toBe(1_004_000);
});

test('the charts stack failures and the rest, and each bar has a filter that can be read', () => {
  expect(timeBars(overview)[0]).toMatchObject({ rest: 999, failures: 1, end: 1_001_000 });
  const bars = [...errorBars(overview), ...processBars(overview)];
  expect(bars.map((bar) => bar.filter)).toEqual([
    'error = ECONNREFUSED and outcome = refused',
    'failed and outcome = abandoned',
    'proc = "a b"',
  ]);
  for (const bar of bars) expect(parseFilter(bar.filter)).toBeNull();
});
