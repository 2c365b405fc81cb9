// The questions that keep the window filled: rows, details, strip, overview. Each has
// its pace; a notice of the engine or a person's action asks, the answer is painted.
import type { AttemptsQuery } from '../../contract/api.ts';
import { pace } from '../shared/pacing.ts';
import { alertsSwitched } from './alerts.ts';
import { groupsChanged, groupsSwitched, groupsWanted } from './failure-groups.ts';
import { flameChanged, flameSwitched, flameWanted } from './flame.ts';
import { revealSelected } from './places.ts';
import {
  covers,
  holdOrder,
  indexOf,
  type RowRange,
  sameList,
  shareRows,
  windowAround,
} from './rows.ts';
import { rowsFailed } from './rows-failed.ts';
import { shell } from './shell.ts';
import {
  activeStatus,
  canFollow,
  isNarrowed,
  openSelection,
  rowSelection,
  useWindow,
  type WindowState,
} from './state.ts';

const STRIP_BUCKETS = 180;
const OVERVIEW_BUCKETS = 60;
/** A pointer that does not move for longer has been left lying on the table. */
const POINTER_REST_MS = 10_000;

let visible: RowRange = { first: 0, end: 40 };
let pointerOver = false;
let pointerRest: ReturnType<typeof setTimeout> | undefined;
/** Counts the lists of rows that were wanted: another filter, order or session is another list. */
let list = 0;
/** What holds the rows: the pointer over them, until it leaves; or a choice, until it is taken back. */
let heldBy: 'pointer' | 'choice' = 'choice';
let shownQuery: AttemptsQuery | null = null;

const rows = pace(askRows, 100);
const newer = pace(askNewer, 500);
const detail = pace(askDetail, 400);
const strip = pace(() => askOverview('strip'), 1_000);
const overview = pace(() => askOverview('overview'), 1_000);

/** The engine has news of the session that is looked at. */
export function sessionChanged(): void {
  const state = useWindow.getState();
  strip.request();
  groupsChanged();
  flameChanged();
  if (state.pausedAt === null) {
    if (state.view === 'connections') rows.request();
    if (state.view === 'overview') overview.request();
    if (state.selectedId !== null) detail.request();
  }
  if (state.pausedAt !== null || state.heldAt !== null) newer.request();
}

/** Something that selects or orders the rows was changed by a person. */
export function selectionChanged(): void {
  list += 1;
  // Another list begins at its top: nothing holds it there but a selected row.
  const { selectedId } = useWindow.getState();
  if (selectedId === null) {
    useWindow.setState({ heldAt: null, newerCount: 0 });
    visible = { first: 0, end: visible.end - visible.first };
  }
  rows.now();
  void revealSelected(list);
  if (useWindow.getState().view === 'overview') overview.now();
  groupsWanted();
  flameWanted();
}

/** Another session is looked at. */
export function sessionSwitched(): void {
  list += 1;
  rows.now();
  strip.now();
  overview.now();
  groupsSwitched();
  flameSwitched();
  alertsSwitched();
}

/** Another attempt is looked at. */
export function detailWanted(): void {
  detail.now();
}

/** The table tells which rows it shows. */
export function showRows(range: RowRange): void {
  visible = range;
  const { page } = useWindow.getState();
  if (page !== null && !covers(page, range)) rows.now();
}

/**
 * The table tells that the pointer came over its rows or moved there: then they keep their
 * places, until it leaves or has rested for so long that nobody is about to click.
 */
export function holdForPointer(over: boolean): void {
  clearTimeout(pointerRest);
  if (over) pointerRest = setTimeout(() => holdForPointer(false), POINTER_REST_MS);
  if (pointerOver === over) return;
  pointerOver = over;
  if (over) {
    holdBy('pointer');
  } else {
    if (heldBy === 'pointer') followNewest();
    rows.request();
  }
}

function isStale(asked: AttemptsQuery, state: WindowState): boolean {
  return (
    asked.session !== state.active ||
    asked.selection.upToId !== rowSelection(state).upToId ||
    !sameList(asked, { ...asked, selection: rowSelection(state), sort: state.sort })
  );
}

async function askRows(): Promise<void> {
  const state = useWindow.getState();
  if (state.active === null) return;
  const asked = list;
  const query: AttemptsQuery = {
    session: state.active,
    selection: rowSelection(state),
    sort: state.sort,
    ...windowAround(visible),
  };
  try {
    const answer = await shell.call('attempts', query);
    const now = useWindow.getState();
    if (isStale(query, now)) {
      rows.now();
      return;
    }
    const isSameList = shownQuery !== null && sameList(shownQuery, query);
    shownQuery = query;
    const previous = isSameList ? now.page : null;
    const holds = pointerOver && previous !== null;
    const page = shareRows(previous, holds ? holdOrder(previous, answer) : answer);
    const at = indexOf(page, now.selectedId);
    const freshAfter = previous === null ? page.newestId : previous.newestId;
    useWindow.setState({
      page,
      shownList: asked,
      freshAfter,
      ...(at >= 0 ? { selectedIndex: at } : {}),
    });
    if (pointerOver) holdBy('pointer');
    if (!covers(page, visible) && page.rows.length > 0) rows.request();
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

/** How many attempts of the selection are newer than the rows that are held. */
async function askNewer(): Promise<void> {
  const state = useWindow.getState();
  const bound = rowSelection(state).upToId;
  if (state.active === null || bound === null) return;
  const { active: session, sort } = state;
  const query = { session, sort, offset: 0, limit: 1 };
  try {
    const [held, all] = await Promise.all([
      shell.call('attempts', { ...query, selection: rowSelection(state) }),
      shell.call('attempts', { ...query, selection: openSelection(state) }),
    ]);
    if (rowSelection(useWindow.getState()).upToId !== bound) return;
    useWindow.setState({ newerCount: Math.max(0, all.total - held.total) });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

async function askDetail(): Promise<void> {
  const { active: session, selectedId: id } = useWindow.getState();
  if (session === null || id === null) return;
  try {
    const found = await shell.call('attempt', { session, id });
    const state = useWindow.getState();
    if (state.selectedId === id && state.active === session) useWindow.setState({ detail: found });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

async function askOverview(part: 'strip' | 'overview'): Promise<void> {
  const state = useWindow.getState();
  const { active: session } = state;
  if (session === null) return;
  const whole = { filter: '', failedOnly: false, upToId: null, range: null };
  const selection = part === 'strip' ? whole : openSelection(state);
  const buckets = part === 'strip' ? STRIP_BUCKETS : OVERVIEW_BUCKETS;
  try {
    const answer = await shell.call('overview', { session, selection, buckets });
    if (useWindow.getState().active === session) useWindow.setState({ [part]: answer });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

/** Holds the rows still, when they were following the newest: one was chosen, or scrolled to. */
export function holdRows(): void {
  holdBy('choice');
  heldBy = 'choice';
}

function holdBy(reason: 'pointer' | 'choice'): void {
  const state = useWindow.getState();
  if (!canFollow(state) || state.heldAt !== null || state.page === null) return;
  if (state.page.total === 0) return;
  heldBy = reason;
  useWindow.setState({ heldAt: state.page.newestId, newerCount: 0 });
}

/** The reason to hold may be gone: at the top with nothing selected, the rows follow again. */
export function releaseRows(): void {
  const { selectedId, heldAt } = useWindow.getState();
  if (heldAt === null || selectedId !== null || visible.first > 0) return;
  if (pointerOver) heldBy = 'pointer';
  else followNewest();
}

/** Lets the rows follow the newest again. */
export function followNewest(): void {
  if (useWindow.getState().heldAt === null) return;
  useWindow.setState({ heldAt: null, newerCount: 0 });
  rows.now();
}

/** Pause holds every row as it is; the capture goes on. */
export function togglePause(): void {
  const state = useWindow.getState();
  if (activeStatus(state)?.kind !== 'live') return;
  if (state.pausedAt !== null) {
    useWindow.setState({ pausedAt: null, newerCount: 0 });
    rows.now();
    overview.request();
    groupsChanged();
    flameChanged();
    detail.request();
  } else if (state.page !== null) {
    useWindow.setState({ pausedAt: state.page.newestId, newerCount: 0 });
  }
}

/** Whether nothing at all is in the session, or only nothing that is selected. */
export function emptiness(state: WindowState): 'none' | 'no-match' | null {
  if (state.page === null || state.page.total > 0) return null;
  return isNarrowed(state) ? 'no-match' : 'none';
}
