import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AttemptsPage, SessionStatus } from '../../../contract/api.ts';
import { holdForPointer, holdRows } from '../../../renderer/store/feed.ts';
import { useWindow } from '../../../renderer/store/state.ts';

vi.mock('../../../renderer/store/shell.ts', () => ({
  shell: { call: () => new Promise(() => {}) },
}));

const live = { session: 'live', kind: 'live' } as unknown as SessionStatus;
const page = { offset: 0, total: 3, newestId: 3, rows: [] } as unknown as AttemptsPage;
const heldAt = (): number | null => useWindow.getState().heldAt;

beforeEach(() => {
  vi.useFakeTimers();
  useWindow.setState({ sessions: [live], active: live.session, page, heldAt: null });
});
afterEach(() => {
  holdForPointer(false);
  vi.useRealTimers();
});

test('a pointer that rests on the rows holds them for ten seconds, one that moves for longer', () => {
  holdForPointer(true);
  expect(heldAt()).toBe(3);
  vi.advanceTimersByTime(9_000);
  holdForPointer(true);
  vi.advanceTimersByTime(9_000);
  expect(heldAt()).toBe(3);
  vi.advanceTimersByTime(1_000);
  expect(heldAt()).toBeNull();
  holdForPointer(true);
  expect(heldAt()).toBe(3);
});

test('rows that a person holds are held also below a pointer at rest', () => {
  holdForPointer(true);
  holdRows();
  vi.advanceTimersByTime(60_000);
  expect(heldAt()).toBe(3);
});
