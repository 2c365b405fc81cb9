// Keys that work anywhere in the window, but not while typing.
import { useEffect } from 'react';
import { FAILURE_EVENT } from '../panels/table/use-row-moves.ts';
import { setRange, setView, unselect } from '../store/actions.ts';
import { togglePause } from '../store/feed.ts';
import { rowAt } from '../store/rows.ts';
import { useWindow } from '../store/state.ts';
import { copyText } from './copy.ts';
import { rowText } from './outcome.ts';

/** The list that `?` shows. */
export const KEYS: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: '↑ ↓ PgUp PgDn Home End', does: 'move through the rows' },
  { keys: 'Enter', does: 'go into the details of the row; show the attempts of a failure group' },
  { keys: '[ ]', does: 'previous and next failure' },
  { keys: '/', does: 'filter' },
  { keys: 'Space', does: 'pause and resume the rows; the capture goes on' },
  { keys: 'c', does: 'copy the row, the failure group or the stack that has the focus, as text' },
  { keys: 'Esc', does: 'leave the field, close the details, clear the time range' },
  { keys: '← →', does: 'in the tabs of the details: the next tab' },
  { keys: '↑ ↓ Enter', does: 'in a stack: from frame to frame, and what is known of one' },
  {
    keys: '← ↑ → ↓ Enter Esc f',
    does: 'in the flame graph: move, zoom in, go back, show the attempts',
  },
  { keys: '?', does: 'this list' },
];

const MOVES = new Set(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End', 'Enter']);

export function useKeys(): void {
  useEffect(() => {
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
  );
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === 'Escape') escape();
  else if (event.key === '/') focusFilter(event);
  else if (event.key === '?') useWindow.setState({ keysShown: true });
  else if (event.key === ' ') pause(event);
  else if (event.key === '[' || event.key === ']') toFailure(event.key === ']' ? 1 : -1);
  else if (event.key === 'c') copyRow();
  else if (isAtLarge(event)) toRows(event);
}

function escape(): void {
  const state = useWindow.getState();
  if (state.keysShown) useWindow.setState({ keysShown: false });
  else if (state.selectedId !== null && state.view === 'connections') {
    unselect();
    document.getElementById('rows')?.focus();
  } else if (state.range !== null) setRange(null);
}

function focusFilter(event: KeyboardEvent): void {
  event.preventDefault();
  const field = document.getElementById('filter');
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
  }
}

/** Space presses a focused button; anywhere else it pauses. */
function pause(event: KeyboardEvent): void {
  if (event.target instanceof HTMLElement && event.target.matches('button, a, [role="tab"]'))
    return;
  event.preventDefault();
  togglePause();
}

function toFailure(step: 1 | -1): void {
  if (useWindow.getState().view !== 'connections') setView('connections');
  // After the table is there to hear it.
  requestAnimationFrame(() =>
    window.dispatchEvent(new CustomEvent(FAILURE_EVENT, { detail: step })),
  );
}

/** Whether nothing has the focus, or a button of the bars, that has no use for the keys that move. */
function isAtLarge({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement) || !MOVES.has(key)) return false;
  if (target === document.body) return true;
  return key !== 'Enter' && target.matches('.top-bar button, .rail button, .grid-title button');
}

function toRows(event: KeyboardEvent): void {
  const rows = document.getElementById('rows');
  if (rows === null) return;
  event.preventDefault();
  rows.focus({ preventScroll: true });
  rows.dispatchEvent(new KeyboardEvent('keydown', { key: event.key, bubbles: true }));
}

function copyRow(): void {
  const { page, selectedIndex, selectedId, detail, view } = useWindow.getState();
  if (
    view !== 'connections' ||
    selectedId === null ||
    (window.getSelection()?.toString() ?? '') !== ''
  )
    return;
  const row = detail?.row ?? rowAt(page, selectedIndex);
  if (row !== null) void copyText(rowText(row), 'row');
}
