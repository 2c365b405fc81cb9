// When the kernel gives up a connect, against the sums that its documentation names.
import { expect, test } from 'vitest';
import { givesUpAfterMs } from '../../../engine/context/gives-up.ts';

test.each([
  // ip-sysctl: 6 retries are 127 s with doubling alone, and 131 s with four equal timeouts first.
  { retries: 6, linear: 0, seconds: 127 },
  { retries: 6, linear: 4, seconds: 131 },
  { retries: 5, linear: 0, seconds: 63 },
  { retries: 1, linear: 0, seconds: 3 },
  { retries: 0, linear: 0, seconds: 1 },
  { retries: 2, linear: 1, seconds: 8 },
  // Measured on 6.18: the doubling alone would have ended by then.
  { retries: 1, linear: 4, seconds: 3 },
  { retries: 2, linear: 4, seconds: 7 },
  // Beyond 64 s a timeout is 120 s.
  { retries: 7, linear: 0, seconds: 247 },
  { retries: 8, linear: 0, seconds: 367 },
])('$retries retries, $linear of equal length before: $seconds s', (setting) => {
  expect(givesUpAfterMs(setting)).toBe(setting.seconds * 1000);
});

test('tcp_rto_max_ms makes it shorter', () => {
  expect(givesUpAfterMs({ retries: 6, linear: 0, longestMs: 1000 })).toBe(7000);
  expect(givesUpAfterMs({ retries: 6, linear: 0, longestMs: 8000 })).toBe(
    1000 * (1 + 2 + 4 + 8 * 4),
  );
});

test('no more retries than the kernel takes', () => {
  const most = givesUpAfterMs({ retries: 127, linear: 0 });
  expect(givesUpAfterMs({ retries: 1e9, linear: -3 })).toBe(most);
});
