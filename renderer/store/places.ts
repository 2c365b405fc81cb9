// Where rows stand in the order of the table, when the page does not have them: the next
// failure, and the selected row after the filter or the order changed.
import { shell } from './shell.ts';
import { rowSelection, useWindow } from './state.ts';
import { showError } from './toasts.ts';

/** Rows read at once when the next failure is looked for. */
const MOST_SCANNED = 500;

/** The next or previous failure in the order of the table, from an index on. -1 when there is none. */
export async function findFailure(from: number, step: 1 | -1): Promise<number> {
  const state = useWindow.getState();
  if (state.active === null) return -1;
  let at = from + step;
  while (at >= 0) {
    const offset = step === 1 ? at : Math.max(0, at - MOST_SCANNED + 1);
    const limit = step === 1 ? MOST_SCANNED : at - offset + 1;
    const page = await shell.call('attempts', {
      session: state.active,
      selection: rowSelection(state),
      sort: state.sort,
      offset,
      limit,
    });
    const failed = page.rows.map((row) => row.failed);
    const found = step === 1 ? failed.indexOf(true) : failed.lastIndexOf(true);
    if (found >= 0) return offset + found;
    at = step === 1 ? offset + page.rows.length : offset - 1;
    if (page.rows.length < limit) return -1;
  }
  return -1;
}

/**
 * Asks the table to show the selected row in a new list, or the top when there is none.
 * @param list the list's number, see feed.ts.
 */
export async function revealSelected(list: number): Promise<void> {
  const state = useWindow.getState();
  const { active: session, selectedId: id, sort } = state;
  if (session === null || id === null) {
    useWindow.setState({ reveal: { index: 0, list } });
    return;
  }
  try {
    const selection = rowSelection(state);
    const place = await shell.call('position', { session, selection, sort, id });
    if (useWindow.getState().selectedId !== id) return;
    const index = place?.offset ?? -1;
    useWindow.setState({ selectedIndex: index, reveal: { index: Math.max(0, index), list } });
  } catch (thrown) {
    showError(thrown);
  }
}
