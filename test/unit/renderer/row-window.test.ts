import { expect, test } from 'vitest';
import {
  contentHeight,
  MOST_HEIGHT,
  moveOf,
  ROW_HEIGHT,
  rowWindow,
  scrollToShow,
} from '../../../renderer/panels/table/row-window.ts';

test('the rows on the screen follow the scroll position', () => {
  expect(rowWindow(0, 280, 1_000)).toEqual({ first: 0, end: 11, top: 0 });
  const lower = rowWindow(10 * ROW_HEIGHT + 5, 280, 1_000);
  expect(lower).toEqual({ first: 10, end: 21, top: 10 * ROW_HEIGHT });
});

test('a million rows fit unscaled', () => {
  expect(contentHeight(1_000_000)).toBe(1_000_000 * ROW_HEIGHT);
});

test('past what a browser can lay out, the last row is still reached, at the bottom of the screen', () => {
  const total = 5_000_000;
  const viewport = 280;
  expect(contentHeight(total)).toBe(MOST_HEIGHT);
  const bottom = rowWindow(MOST_HEIGHT - viewport, viewport, total);
  expect(bottom.end).toBe(total);
  const lastTop = bottom.top + (total - 1 - bottom.first) * ROW_HEIGHT;
  expect(lastTop + ROW_HEIGHT).toBeCloseTo(MOST_HEIGHT, 0);
});

test.each([100, 5_000_000])('of %i rows, any can be brought onto the screen', (total) => {
  const viewport = 280;
  for (const index of [0, 1, 50, total - 1]) {
    const top = scrollToShow(index, 700, viewport, total);
    const shown = rowWindow(top, viewport, total);
    const y = shown.top + (index - shown.first) * ROW_HEIGHT - top;
    expect(y).toBeGreaterThanOrEqual(-1);
    expect(y + ROW_HEIGHT).toBeLessThanOrEqual(viewport + 1);
  }
});

test('a row that is on the screen does not move it', () => {
  expect(scrollToShow(30, 29 * ROW_HEIGHT, 280, 100)).toBe(29 * ROW_HEIGHT);
});

test('keys move by one, by a screen, to the ends, and stay in the list', () => {
  expect(moveOf('ArrowDown', -1, 50, 9)).toBe(0);
  expect(moveOf('ArrowDown', 49, 50, 9)).toBe(49);
  expect(moveOf('ArrowUp', 0, 50, 9)).toBe(0);
  expect(moveOf('PageDown', 3, 50, 9)).toBe(12);
  expect(moveOf('PageUp', 3, 50, 9)).toBe(0);
  expect(moveOf('Home', 30, 50, 9)).toBe(0);
  expect(moveOf('End', 30, 50, 9)).toBe(49);
  expect(moveOf('x', 30, 50, 9)).toBeNull();
  expect(moveOf('ArrowDown', -1, 0, 9)).toBeNull();
});
