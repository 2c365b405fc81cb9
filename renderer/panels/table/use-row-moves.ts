// Moving through the rows by keyboard. A row that the page does not have yet is scrolled
// to, and selected when it arrives.
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef } from 'react';
import { neighbourFailure, selectRow } from '../../store/actions.ts';
import { holdRows } from '../../store/feed.ts';
import { rowAt } from '../../store/rows.ts';
import { useWindow } from '../../store/state.ts';
import { moveOf, ROW_HEIGHT, scrollToShow } from './row-window.ts';

/** Asked by keys elsewhere in the window (shared/keys): select the next or previous failure. */
export const FAILURE_EVENT = 'synscope-failure';

export function useRowMoves(
  grid: RefObject<HTMLElement | null>,
  viewport: number,
): (event: KeyboardEvent) => void {
  const awaited = useRef<number | null>(null);
  const page = useWindow((state) => state.page);

  const goTo = useCallback(
    (index: number): void => {
      const state = useWindow.getState();
      const node = grid.current;
      if (node === null || state.page === null) return;
      holdRows();
      node.scrollTop = scrollToShow(index, node.scrollTop, viewport, state.page.total);
      const row = rowAt(state.page, index);
      awaited.current = row === null ? index : null;
      if (row !== null) selectRow(row, index);
    },
    [grid, viewport],
  );

  useEffect(() => {
    const row = awaited.current === null ? null : rowAt(page, awaited.current);
    if (row === null || awaited.current === null) return;
    selectRow(row, awaited.current);
    awaited.current = null;
  }, [page]);

  const reveal = useWindow((state) => state.reveal);
  const shownList = useWindow((state) => state.shownList);
  useEffect(() => {
    const node = grid.current;
    if (reveal === null || node === null || reveal.list !== shownList) return;
    const total = useWindow.getState().page?.total ?? 0;
    node.scrollTop = scrollToShow(reveal.index, node.scrollTop, viewport, total);
    useWindow.setState({ reveal: null });
  }, [grid, reveal, shownList, viewport]);

  useEffect(() => {
    const onFailure = (event: Event): void => {
      const step = event instanceof CustomEvent && event.detail === -1 ? -1 : 1;
      void neighbourFailure(step).then((index) => {
        if (index !== null) goTo(index);
      });
    };
    window.addEventListener(FAILURE_EVENT, onFailure);
    return () => window.removeEventListener(FAILURE_EVENT, onFailure);
  }, [goTo]);

  return (event) => {
    const { selectedId, selectedIndex, page: now } = useWindow.getState();
    if (event.target !== event.currentTarget) return;
    const at = awaited.current ?? (selectedId === null ? -1 : selectedIndex);
    const pageRows = Math.max(1, Math.floor(viewport / ROW_HEIGHT) - 1);
    const target = moveOf(event.key, at, now?.total ?? 0, pageRows);
    if (target !== null) {
      event.preventDefault();
      goTo(target);
    } else if (event.key === 'Enter' && selectedId !== null) {
      event.preventDefault();
      document.getElementById('details')?.focus();
    }
  };
}
