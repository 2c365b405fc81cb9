import { expect, test } from 'vitest';
import type { AttemptsPage, AttemptsQuery } from '../../../contract/api.ts';
import {
  covers,
  holdOrder,
  indexOf,
  MOST_ROWS,
  rowAt,
  sameList,
  shareRows,
  windowAround,
} from '../../../renderer/store/rows.ts';
import { attempt } from './attempts.ts';

function page(ids: readonly number[], part: Partial<AttemptsPage> = {}): AttemptsPage {
  return {
    rows: ids.map((id) => attempt({ id })),
    offset: 0,
    total: ids.length,
    newestId: Math.max(...ids),
    version: 1,
    ...part,
  };
}

test('asks for what is on the screen and some rows around it, never more than the contract allows', () => {
  expect(windowAround({ first: 0, end: 30 })).toEqual({ offset: 0, limit: 130 });
  expect(windowAround({ first: 1_000, end: 1_030 })).toEqual({ offset: 900, limit: 230 });
  expect(windowAround({ first: 1_000, end: 2_000 }).limit).toBe(MOST_ROWS);
});

test('a page covers the screen up to the end of the list', () => {
  const at900 = page([1, 2, 3], { offset: 900, total: 903 });
  expect(covers(at900, { first: 900, end: 930 })).toBe(true);
  expect(covers(at900, { first: 899, end: 903 })).toBe(false);
  expect(covers(page([1, 2, 3], { total: 10 }), { first: 0, end: 5 })).toBe(false);
});

test('rows that did not change keep their object', () => {
  const before = page([3, 2, 1]);
  const after = shareRows(before, {
    ...page([4, 3, 2, 1]),
    rows: [
      attempt({ id: 4 }),
      attempt({ id: 3 }),
      attempt({ id: 2, retransmits: 1 }),
      attempt({ id: 1 }),
    ],
  });
  expect(after.rows[1]).toBe(before.rows[0]);
  expect(after.rows[2]).not.toBe(before.rows[1]);
  expect(after.rows[2]?.retransmits).toBe(1);
});

test('under the pointer each row keeps its place and takes its new values', () => {
  const next = {
    ...page([9, 3, 1, 2]),
    rows: [9, 3, 1, 2].map((id) => attempt({ id, retransmits: 7 })),
  };
  const held = holdOrder(page([3, 2, 1]), next);
  expect(held.rows.map((row) => row.id).slice(0, 3)).toEqual([3, 2, 1]);
  expect(held.rows.every((row) => row.retransmits === 7)).toBe(true);
});

test('under the pointer no row is shown twice', () => {
  const ids = holdOrder(page([3, 2, 1]), page([9, 8, 3, 2, 1])).rows.map((row) => row.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('finds rows by index of the whole list', () => {
  const some = page([30, 29, 28], { offset: 70, total: 100 });
  expect(rowAt(some, 71)?.id).toBe(29);
  expect(rowAt(some, 3)).toBeNull();
  expect(indexOf(some, 28)).toBe(72);
  expect(indexOf(some, 4)).toBe(-1);
});

test('a question is for the same list when only its window or its bound differ', () => {
  const query: AttemptsQuery = {
    session: 'live',
    selection: { filter: '', failedOnly: false, upToId: null, range: null },
    sort: { column: 'started', descending: true },
    offset: 0,
    limit: 100,
  };
  expect(sameList(query, { ...query, offset: 400 })).toBe(true);
  expect(sameList(query, { ...query, selection: { ...query.selection, upToId: 4 } })).toBe(true);
  expect(sameList(query, { ...query, selection: { ...query.selection, failedOnly: true } })).toBe(
    false,
  );
  expect(sameList(query, { ...query, sort: { column: 'rtt', descending: true } })).toBe(false);
});
