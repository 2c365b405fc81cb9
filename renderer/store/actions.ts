// What a person can do in the window. Each changes the state and asks for what it shows.
import type { Alert } from '../../contract/alerts.ts';
import type {
  ApiError,
  AskedThread,
  ExportFormat,
  SessionStatus,
  Sort,
} from '../../contract/api.ts';
import type { AttemptRow } from '../../contract/attempt.ts';
import type { FailureGroup } from '../../contract/groups.ts';
import type { AttemptId, SessionId } from '../../contract/units.ts';
import { toApiError } from '../shared/api-error.ts';
import { parseFilter } from '../shared/filter-syntax.ts';
import { formatSize, plural } from '../shared/format.ts';
import { frameFilter } from '../shared/function-name.ts';
import { groupsLookedAt } from './failure-groups.ts';
import { detailWanted, holdRows, releaseRows, selectionChanged, sessionSwitched } from './feed.ts';
import { findFailure } from './places.ts';
import { shell } from './shell.ts';
import { activeStatus, NEWEST_FIRST, openSelection, useWindow, type View } from './state.ts';
import { showDone, showError } from './toasts.ts';

const TYPING_MS = 150;
let typing: ReturnType<typeof setTimeout> | undefined;

/** Takes the filter as typed; it selects once it is valid and the typing rests. */
export function typeFilter(text: string): void {
  const error = parseFilter(text);
  useWindow.setState({ filterText: text, filterError: error });
  clearTimeout(typing);
  if (error === null) typing = setTimeout(() => applyFilter(text), TYPING_MS);
}

/** Sets the filter at once: from a chart, a button or the completion list. */
export function setFilter(text: string): void {
  clearTimeout(typing);
  useWindow.setState({ filterText: text, filterError: parseFilter(text) });
  if (parseFilter(text) === null) applyFilter(text);
}

function applyFilter(filter: string): void {
  if (useWindow.getState().filter === filter) return;
  useWindow.setState({ filter });
  selectionChanged();
}

export function setFailedOnly(failedOnly: boolean): void {
  useWindow.setState({ failedOnly });
  selectionChanged();
}

export function setRange(range: { from: number; to: number } | null): void {
  if (range === useWindow.getState().range) return;
  useWindow.setState({ range });
  selectionChanged();
}

/** Shows the whole session again. */
export function clearNarrowing(): void {
  clearTimeout(typing);
  useWindow.setState({
    filterText: '',
    filter: '',
    filterError: null,
    failedOnly: false,
    range: null,
  });
  selectionChanged();
}

export function setSort(sort: Sort): void {
  useWindow.setState({ sort, heldAt: null, newerCount: 0 });
  selectionChanged();
}

/** Brings a panel up. Back at the failures, the filter of the group that was opened has done its work. */
export function setView(view: View): void {
  const { view: left, openedGroup, filter } = useWindow.getState();
  if (left === 'failures' && view !== 'failures') groupsLookedAt();
  useWindow.setState({ view });
  if (view === 'failures' && openedGroup !== null && openedGroup.filter === filter) {
    const { before } = openedGroup;
    useWindow.setState({ filterText: before, filter: before, filterError: null });
  }
  selectionChanged();
}

/** Shows those of the selected attempts that a filter selects too. */
export function narrowTo(own: string): void {
  const before = useWindow.getState().filter.trim();
  const isNew = before !== own && !before.endsWith(`and (${own})`);
  useWindow.setState({ view: 'connections' });
  if (isNew && before !== '') setFilter(`(${before}) and (${own})`);
  else if (isNew) setFilter(own);
  else selectionChanged();
}

/** Shows the attempts of a failure group, of those that were selected before, or their stacks; `title` names it above them. */
export function openGroup(
  { id, filter: own }: FailureGroup,
  title: string,
  view: 'connections' | 'flame' = 'connections',
): void {
  const before = useWindow.getState().filter.trim();
  const filter = before === '' ? own : `(${before}) and (${own})`;
  clearTimeout(typing);
  groupsLookedAt();
  unselect();
  useWindow.setState({
    view,
    openedGroup: { id, title, filter, before },
    filterText: filter,
    filter,
    filterError: null,
  });
  selectionChanged();
}

/** Shows the attempts that an alert is about; without a filter the failures as they group. */
export function showAlert({ filter }: Alert): void {
  if (filter !== null) setFilter(filter);
  setView(filter === null ? 'failures' : 'connections');
}

/** Opens the details of a row. The rows then stand still; the capture goes on. */
export function selectRow(row: AttemptRow, index: number): void {
  holdRows();
  const { detail } = useWindow.getState();
  useWindow.setState({
    selectedId: row.id,
    selectedIndex: index,
    markedEvent: null,
    detail: detail?.row.id === row.id ? detail : null,
  });
  detailWanted();
}

export function unselect(): void {
  useWindow.setState({ selectedId: null, detail: null, markedEvent: null });
  releaseRows();
}

/** Chooses the moment whose stack is shown. */
export function setMoment(moment: string): void {
  useWindow.setState({ moment });
}

/** Asks the thread of an attempt for its stack. Gives the event that has it, or why there is none. */
export async function askThread(id: AttemptId): Promise<AskedThread | ApiError> {
  const { active: session } = useWindow.getState();
  try {
    const asked = await shell.call('askThread', { session: session ?? '', id });
    detailWanted();
    return asked;
  } catch (thrown) {
    return toApiError(thrown);
  }
}

/** Shows all attempts of the session that have this function in a stack. */
export function showFrame(name: string): void {
  const filter = frameFilter(name);
  clearTimeout(typing);
  useWindow.setState({
    view: 'connections',
    filterText: filter,
    filter,
    filterError: null,
    failedOnly: false,
    range: null,
  });
  selectionChanged();
}

/** Points an event of the attempt out in the timeline and in the list; null takes it back. */
export function markEvent(id: number | null): void {
  useWindow.setState(({ marks }) => ({ markedEvent: id, marks: marks + 1 }));
}

/** The same, with the list of events brought up: the proof of a claim. */
export function showEvent(id: number): void {
  useWindow.setState({ detailsTab: 'events' });
  markEvent(id);
}

/** Index of the next (1) or previous (-1) failure from the selected row; null when there is none. */
export async function neighbourFailure(step: 1 | -1): Promise<number | null> {
  holdRows();
  const { selectedId, selectedIndex, page } = useWindow.getState();
  const from = selectedId === null ? (step === 1 ? -1 : (page?.total ?? 0)) : selectedIndex;
  try {
    const found = await findFailure(from, step);
    return found < 0 ? null : found;
  } catch (thrown) {
    showError(thrown);
    return null;
  }
}

/** Looks at another open session. */
export function lookAt(session: SessionId): void {
  if (useWindow.getState().active === session) return;
  useWindow.setState({
    active: session,
    page: null,
    detail: null,
    selectedId: null,
    selectedIndex: -1,
    markedEvent: null,
    strip: null,
    overview: null,
    range: null,
    pausedAt: null,
    heldAt: null,
    newerCount: 0,
    sort: NEWEST_FIRST,
  });
  sessionSwitched();
}

/** Opens a session file: the dropped one, or one that is chosen in a dialog. */
export async function openSession(file: File | null): Promise<void> {
  try {
    const status = await shell.openSession(file);
    if (status !== null) addSession(status);
  } catch (thrown) {
    showError(thrown);
  }
}

function addSession(status: SessionStatus): void {
  const others = useWindow.getState().sessions.filter((each) => each.session !== status.session);
  useWindow.setState({ sessions: [...others, status] });
  lookAt(status.session);
}

/** Closes an opened file and goes back to another session. */
export async function closeSession(session: SessionId): Promise<void> {
  try {
    await shell.call('closeSession', { session });
    removeSession(session);
  } catch (thrown) {
    showError(thrown);
  }
}

/** Takes a session that was closed off the window. */
export function removeSession(session: SessionId): void {
  const sessions = useWindow.getState().sessions.filter((each) => each.session !== session);
  useWindow.setState({ sessions });
  if (useWindow.getState().active !== session) return;
  const next = sessions[0];
  if (next !== undefined) lookAt(next.session);
  else
    useWindow.setState({ active: null, page: null, detail: null, selectedId: null, strip: null });
}

export async function saveSession(): Promise<void> {
  const status = activeStatus(useWindow.getState());
  if (status === null) return;
  try {
    const saved = await shell.saveSession(status.session);
    if (saved !== null) showDone(`Saved ${saved.name}, ${formatSize(saved.bytes)}.`);
  } catch (thrown) {
    showError(thrown);
  }
}

/** Exports what is selected: the filter, "failed only" and the time range hold. */
export async function exportSession(format: ExportFormat): Promise<void> {
  const state = useWindow.getState();
  if (state.active === null) return;
  try {
    const done = await shell.exportSession(state.active, openSelection(state), format);
    if (done !== null) showDone(`Exported ${plural(done.attempts, 'attempt')} to ${done.name}.`);
  } catch (thrown) {
    showError(thrown);
  }
}
