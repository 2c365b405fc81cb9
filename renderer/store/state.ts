// Everything that the window knows, in one zustand store. Panels read it through
// selectors; the functions in the files beside this one are the only ones to write it.
import { create } from 'zustand';
import type { Alert } from '../../contract/alerts.ts';
import type {
  ApiError,
  AttemptsPage,
  Hello,
  Overview,
  Selection,
  SessionStatus,
  Sort,
} from '../../contract/api.ts';
import type { AttemptDetail } from '../../contract/attempt.ts';
import type { Flame } from '../../contract/flame.ts';
import type { FailureGroups } from '../../contract/groups.ts';
import type { AttemptId, SessionId } from '../../contract/units.ts';
import { parseFilter } from '../shared/filter-syntax.ts';
import { isRecord, load, store } from '../shared/storage.ts';

export type View = 'connections' | 'failures' | 'overview' | 'flame' | 'session';

export interface Toast {
  readonly id: number;
  readonly tone: 'error' | 'done';
  readonly sentence: string;
  readonly fix: string | null;
}

export interface OpenedGroup {
  readonly id: string;
  /** In words, for who looks at its attempts. */
  readonly title: string;
  /** Filter text that shows them, and the one whose place it took. */
  readonly filter: string;
  readonly before: string;
}

export interface WindowState {
  /** False while the engine is out of reach. */
  readonly connected: boolean;
  /** Null until the first answer. */
  readonly hello: Hello | null;
  /** Sessions that are open, live first. */
  readonly sessions: readonly SessionStatus[];
  /** The session that is looked at. */
  readonly active: SessionId | null;
  readonly view: View;

  /** The filter as typed. */
  readonly filterText: string;
  /** The last text that was a valid filter: what the rows are selected by. */
  readonly filter: string;
  /** What is wrong with `filterText`. */
  readonly filterError: ApiError | null;
  readonly failedOnly: boolean;
  readonly range: Selection['range'];
  readonly sort: Sort;

  /** Newest id when Pause was pressed; null while running. */
  readonly pausedAt: AttemptId | null;
  /** Newest id shown while the rows are held still (scrolled away, or a row selected). */
  readonly heldAt: AttemptId | null;
  /** Attempts of the selection that began after `heldAt` or `pausedAt`. */
  readonly newerCount: number;

  readonly page: AttemptsPage | null;
  /** Which list of rows `page` is of; see feed.ts. */
  readonly shownList: number;
  /** A row to scroll to once the page is of that list. */
  readonly reveal: { readonly index: number; readonly list: number } | null;
  /** Rows with a higher id came with the last answer: a failure among them is pointed out. */
  readonly freshAfter: AttemptId;
  readonly selectedId: AttemptId | null;
  /** Where the selected row stands; kept as the place to go on from when it leaves the selection. */
  readonly selectedIndex: number;
  readonly detail: AttemptDetail | null;
  /** Id of the event that is pointed out in the timeline and in the list. */
  readonly markedEvent: number | null;
  /** How many times one was pointed out: also the same one again, to be scrolled to. */
  readonly marks: number;
  /** Tab of the details that was chosen last; one that an attempt does not have shows its first. */
  readonly detailsTab: string;
  /** Moment of the stack that was chosen last; an attempt that does not have it shows its first. */
  readonly moment: string;

  /** The whole session, for the strip. */
  readonly strip: Overview | null;
  /** What the selection has, for the overview panel. */
  readonly overview: Overview | null;
  /** The stacks of the selection as a tree; null until they are known. */
  readonly flame: Flame | null;

  /** Failures of the selection that are the same trouble; null until they are known. */
  readonly groups: FailureGroups | null;
  /** Whether `groups` are of less than the whole session; “Failed only” leaves all of them. */
  readonly groupsNarrowed: boolean;
  /** Groups of the live session that came while nobody looked. */
  readonly freshGroups: ReadonlySet<string>;
  /** The group that was opened last. */
  readonly openedGroup: OpenedGroup | null;

  /** Alerts of the session, newest first. */
  readonly alerts: readonly Alert[];
  /** Id of the newest alert that was read. */
  readonly alertsReadTo: number;

  readonly toasts: readonly Toast[];
  readonly progress: { task: string; done: number; total: number | null } | null;
  readonly keysShown: boolean;
}

/** Name of the setting. */
const NARROWING = 'filter';

/** The filter of the last time, when it still can be read. */
function storedNarrowing(): { filter: string; failedOnly: boolean } {
  const { filter, failedOnly } = load(NARROWING, isRecord, {});
  const isValid = typeof filter === 'string' && parseFilter(filter) === null;
  return { filter: isValid ? filter : '', failedOnly: failedOnly === true };
}

const narrowing = storedNarrowing();

export const NEWEST_FIRST: Sort = { column: 'started', descending: true };

export const useWindow = create<WindowState>()(() => ({
  connected: true,
  hello: null,
  sessions: [],
  active: null,
  view: 'connections',
  filterText: narrowing.filter,
  filter: narrowing.filter,
  filterError: null,
  failedOnly: narrowing.failedOnly,
  range: null,
  sort: NEWEST_FIRST,
  pausedAt: null,
  heldAt: null,
  newerCount: 0,
  page: null,
  shownList: 0,
  reveal: null,
  freshAfter: 0,
  selectedId: null,
  selectedIndex: -1,
  detail: null,
  markedEvent: null,
  marks: 0,
  detailsTab: 'stack',
  moment: 'connect',
  strip: null,
  overview: null,
  flame: null,
  groups: null,
  groupsNarrowed: false,
  freshGroups: new Set(),
  openedGroup: null,
  alerts: [],
  alertsReadTo: 0,
  toasts: [],
  progress: null,
  keysShown: false,
}));

useWindow.subscribe((state, before) => {
  if (state.filter === before.filter && state.failedOnly === before.failedOnly) return;
  store(NARROWING, { filter: state.filter, failedOnly: state.failedOnly });
});

/** Status of the session that is looked at; null before the first answer. */
export function activeStatus(state: WindowState): SessionStatus | null {
  return state.sessions.find((each) => each.session === state.active) ?? null;
}

/** Whether the rows may follow the newest: live, running, newest first. */
export function canFollow(state: WindowState): boolean {
  return (
    activeStatus(state)?.kind === 'live' &&
    state.pausedAt === null &&
    state.sort.column === 'started' &&
    state.sort.descending
  );
}

/** What selects the rows of the table now. */
export function rowSelection(state: WindowState): Selection {
  return {
    filter: state.filter,
    failedOnly: state.failedOnly,
    upToId: state.pausedAt ?? state.heldAt,
    range: state.range,
  };
}

/** The same without the bound that holds the rows still. */
export function openSelection(state: WindowState): Selection {
  return { ...rowSelection(state), upToId: null };
}

/** Whether anything but the whole session is selected. */
export function isNarrowed(state: WindowState): boolean {
  return state.filter.trim() !== '' || state.failedOnly || state.range !== null;
}

/** What selects, named: only what is set is to blame. */
export function narrowedBy({
  filter,
  failedOnly,
  range,
}: Pick<WindowState, 'filter' | 'failedOnly' | 'range'>): string {
  const set = [
    ...(filter.trim() === '' ? [] : ['the filter']),
    ...(failedOnly ? ['“Failed only”'] : []),
    ...(range === null ? [] : ['the time range']),
  ];
  if (set.length < 2) return set[0] ?? 'what is set';
  return `${set.slice(0, -1).join(', ')} and ${set.at(-1)} together`;
}
