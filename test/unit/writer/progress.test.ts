import { expect, test } from 'vitest';
import { RingProgress } from '../../../engine/workers/ring-progress.ts';

test('time goes on only as far as records have been handled', () => {
  const progress = new RingProgress();
  progress.mark(100, 10);
  progress.mark(200, 25);
  expect(progress.until(9, 200)).toBe(0);
  expect(progress.until(10, 200)).toBe(100);
  expect(progress.until(24, 200)).toBe(100);
  expect(progress.until(25, 200)).toBe(200);
});

test('records that never come hold time up for five seconds, once', () => {
  const progress = new RingProgress();
  progress.mark(0, 10);
  expect(progress.until(8, 1e9)).toBe(0);
  progress.mark(1e9, 12);
  expect(progress.until(10, 5e9)).toBe(0);
  expect(progress.until(10, 10e9)).toBe(1e9);
  progress.mark(11e9, 20);
  expect(progress.until(18, 11e9)).toBe(11e9);
});

test('being behind is not missing: as long as records are handled, time waits for them', () => {
  const progress = new RingProgress();
  progress.mark(0, 100);
  for (let second = 1; second < 60; second++) expect(progress.until(second, second * 1e9)).toBe(0);
  expect(progress.until(100, 60e9)).toBe(0);
  progress.mark(61e9, 101);
  expect(progress.until(101, 61e9)).toBe(61e9);
});

test('records that only came late do not let time run ahead later', () => {
  const progress = new RingProgress();
  progress.mark(0, 100);
  progress.mark(1e9, 100);
  expect(progress.until(0, 6e9)).toBe(1e9);
  progress.mark(7e9, 100);
  expect(progress.until(100, 7e9)).toBe(7e9);
  progress.mark(8e9, 200);
  expect(progress.until(150, 8e9)).toBe(7e9);
});
