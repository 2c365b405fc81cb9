// Arithmetic of the virtual rows: which are on the screen and where they stand. All rows
// have one height, so nothing is kept per row: the cost is the same for 100 and 1,000,000.
import type { RowRange } from '../../store/rows.ts';

export const ROW_HEIGHT = 28;

/** Chromium cuts elements off at about 33.5 million px; past this the scale is compressed. */
export const MOST_HEIGHT = 30_000_000;

/** Height of the scrolled content, px. */
export function contentHeight(total: number): number {
  return Math.min(total * ROW_HEIGHT, MOST_HEIGHT);
}

/** How many px of rows one px of scrolling passes; 1 until the content is too high for the browser. */
function stretch(total: number, viewport: number): number {
  const all = total * ROW_HEIGHT;
  if (all <= MOST_HEIGHT) return 1;
  return (all - viewport) / (MOST_HEIGHT - viewport);
}

export interface RowWindow extends RowRange {
  /** Where the first of these rows begins in the content, px. */
  readonly top: number;
}

/** The rows that a viewport shows when scrolled to `scrollTop`. */
export function rowWindow(scrollTop: number, viewport: number, total: number): RowWindow {
  const inRows = Math.max(0, scrollTop) * stretch(total, viewport);
  const first = Math.min(Math.floor(inRows / ROW_HEIGHT), Math.max(0, total - 1));
  const end = Math.min(total, first + Math.ceil(viewport / ROW_HEIGHT) + 1);
  return { first, end, top: scrollTop - (inRows - first * ROW_HEIGHT) };
}

/** The nearest scroll position at which the row is on the screen as a whole. */
export function scrollToShow(
  index: number,
  scrollTop: number,
  viewport: number,
  total: number,
): number {
  const factor = stretch(total, viewport);
  const from = index * ROW_HEIGHT;
  const shownFrom = scrollTop * factor;
  if (from < shownFrom) return from / factor;
  const leastTop = from + ROW_HEIGHT - viewport;
  return leastTop > shownFrom ? Math.max(0, leastTop / factor) : scrollTop;
}

/** Target of a key, as an index of the whole list; null when the key moves nothing. */
export function moveOf(key: string, at: number, total: number, pageRows: number): number | null {
  const last = total - 1;
  const clamp = (index: number): number => Math.max(0, Math.min(last, index));
  if (total === 0) return null;
  if (key === 'ArrowDown') return clamp(at + 1);
  if (key === 'ArrowUp') return clamp(at < 0 ? 0 : at - 1);
  if (key === 'PageDown') return clamp(Math.max(0, at) + pageRows);
  if (key === 'PageUp') return clamp(at - pageRows);
  if (key === 'Home') return 0;
  return key === 'End' ? last : null;
}
