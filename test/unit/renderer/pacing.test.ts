import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pace } from '../../../renderer/shared/pacing.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a thousand requests in a second become ten runs', async () => {
  let runs = 0;
  const pacer = pace(async () => {
    runs += 1;
  }, 100);
  for (let at = 0; at < 1_000; at++) {
    pacer.request();
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(runs).toBeGreaterThanOrEqual(9);
  expect(runs).toBeLessThanOrEqual(11);
  pacer.stop();
});

test('one run at a time, and the latest wish is not lost', async () => {
  const finish: (() => void)[] = [];
  const pacer = pace(() => new Promise<void>((resolve) => finish.push(resolve)), 10);
  pacer.request();
  await vi.advanceTimersByTimeAsync(1);
  pacer.now();
  pacer.request();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(finish).toHaveLength(1);
  finish[0]?.();
  await vi.advanceTimersByTimeAsync(20);
  expect(finish).toHaveLength(2);
  finish[1]?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(finish).toHaveLength(2);
});

test('a person does not wait for the interval', async () => {
  let runs = 0;
  const pacer = pace(async () => {
    runs += 1;
  }, 10_000);
  pacer.request();
  await vi.advanceTimersByTimeAsync(1);
  pacer.request();
  await vi.advanceTimersByTimeAsync(50);
  expect(runs).toBe(1);
  pacer.now();
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  pacer.stop();
});
