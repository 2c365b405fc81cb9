import { expect, test } from 'vitest';
import { RecentPeak } from '../../../engine/workers/recent-peak.ts';

const SECOND = 1_000_000_000;

test('a burst is seen for five seconds, and no longer', () => {
  const peak = new RecentPeak();
  expect(peak.at(0, 0.48)).toBe(0.48);
  expect(peak.at(SECOND, 0.1)).toBe(0.48);
  expect(peak.at(4.9 * SECOND, 0)).toBe(0.48);
  expect(peak.at(5 * SECOND, 0)).toBe(0.1);
  expect(peak.at(6 * SECOND, 0.2)).toBe(0.2);
  expect(peak.at(12 * SECOND, 0)).toBe(0);
});
