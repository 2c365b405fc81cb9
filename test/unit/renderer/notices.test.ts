import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useWindow } from '../../../renderer/store/state.ts';
import { keep, showError } from '../../../renderer/store/toasts.ts';

const shown = (): string[] => useWindow.getState().toasts.map(({ sentence }) => sentence);
const fail = (sentence: string): void => showError({ code: 'FAILED', sentence, fix: 'Try again.' });

beforeEach(() => {
  vi.useFakeTimers();
  useWindow.setState({ toasts: [] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('of many errors the newest two are shown, and they go after ten seconds', () => {
  for (const name of ['first', 'second', 'third']) fail(name);
  expect(shown()).toEqual(['second', 'third']);
  vi.advanceTimersByTime(10_000);
  expect(shown()).toEqual([]);
});

test('one that is read stays until it is let go', () => {
  fail('read');
  const id = useWindow.getState().toasts[0]?.id ?? -1;
  keep(id, true);
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(['read']);
  keep(id, false);
  vi.advanceTimersByTime(3_000);
  expect(shown()).toEqual([]);
});
