// Which rows the table asks for, and what becomes of the answers. The cost follows the
// screen: one window of at most 500 rows, one question under way, the latest wins.
import type { AttemptsPage, AttemptsQuery } from '../../contract/api.ts';
import type { AttemptRow } from '../../contract/attempt.ts';

/** Most rows of one question (contract/api.ts). */
export const MOST_ROWS = 500;
/** Rows asked for beyond each edge of the screen, so that scrolling meets rows, not gaps. */
const OVERSCAN = 100;

export interface RowRange {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** The window to ask for when `visible` is on the screen. */
export function windowAround(visible: RowRange): { offset: number; limit: number } {
  const offset = Math.max(0, visible.first - OVERSCAN);
  return { offset, limit: Math.min(MOST_ROWS, visible.end + OVERSCAN - offset) };
}

/** Whether a page has all of the rows that are on the screen. */
export function covers(page: AttemptsPage, visible: RowRange): boolean {
  const end = Math.min(visible.end, page.total);
  return page.offset <= visible.first && end <= page.offset + page.rows.length;
}

/** Whether two questions differ in more than their window: then the old rows are of no use. */
export function sameList(a: AttemptsQuery, b: AttemptsQuery): boolean {
  return (
    a.session === b.session &&
    JSON.stringify(a.sort) === JSON.stringify(b.sort) &&
    JSON.stringify({ ...a.selection, upToId: 0 }) === JSON.stringify({ ...b.selection, upToId: 0 })
  );
}

/** The next page, with the objects of rows that did not change kept: those are not painted again. */
export function shareRows(previous: AttemptsPage | null, next: AttemptsPage): AttemptsPage {
  if (previous === null) return next;
  const known = new Map(previous.rows.map((row) => [row.id, row]));
  const rows = next.rows.map((row) => {
    const old = known.get(row.id);
    return old !== undefined && isSameRow(old, row) ? old : row;
  });
  return { ...next, rows };
}

/**
 * The next page while the pointer is over the rows: each row stays where it is and
 * takes its new values; what came or went shows once the pointer has left.
 */
export function holdOrder(previous: AttemptsPage, next: AttemptsPage): AttemptsPage {
  if (previous.offset !== next.offset || previous.rows.length > next.rows.length) return next;
  const news = new Map(next.rows.map((row) => [row.id, row]));
  const held = previous.rows.map((row) => news.get(row.id) ?? row);
  const shown = new Set(held.map((row) => row.id));
  const tail = next.rows.slice(previous.rows.length).filter((row) => !shown.has(row.id));
  return { ...next, rows: [...held, ...tail], total: Math.max(previous.total, next.total) };
}

/** Row at an index of the whole list, when the page has it. */
export function rowAt(page: AttemptsPage | null, index: number): AttemptRow | null {
  return page?.rows[index - page.offset] ?? null;
}

/** Index in the whole list of an attempt, when the page has it; else -1. */
export function indexOf(page: AttemptsPage | null, id: number | null): number {
  if (page === null || id === null) return -1;
  const index = page.rows.findIndex((row) => row.id === id);
  return index < 0 ? -1 : page.offset + index;
}

function isSameRow(a: AttemptRow, b: AttemptRow): boolean {
  return (Object.keys(b) as (keyof AttemptRow)[]).every((name) => a[name] === b[name]);
}
