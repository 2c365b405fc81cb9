// Failure groups: those of the selection for the panel, and which of the whole session came
// since they were last looked at, for the count in the rail.
import type { Selection } from '../../contract/api.ts';
import { pace } from '../shared/pacing.ts';
import { freshGroups } from './group-order.ts';
import { rowsFailed } from './rows-failed.ts';
import { shell } from './shell.ts';
import { activeStatus, isNarrowed, openSelection, useWindow } from './state.ts';

/** Groups that the panel has room for; there are seldom more than a screen of them. */
export const MOST_GROUPS = 200;
/** Groups among which news are looked for (most that one question may ask for). */
const MOST_WATCHED = 500;
const WHOLE: Selection = { filter: '', failedOnly: false, upToId: null, range: null };

/** Groups of the live session that are no news; null before its first answer. */
let known: ReadonlySet<string> | null = null;
/** Failures that the session had when news were last looked for. */
let failuresSeen = -1;

const shown = pace(askShown, 1_000);
const watched = pace(askWatched, 2_000);

/** The engine has news of the session. */
export function groupsChanged(): void {
  const state = useWindow.getState();
  const status = activeStatus(state);
  if (status?.kind === 'live' && status.failures !== failuresSeen) watched.request();
  if (state.view === 'failures' && state.pausedAt === null) shown.request();
}

/** The panel came up, or what it selects changed. */
export function groupsWanted(): void {
  if (useWindow.getState().view === 'failures') shown.now();
}

/** Another session is looked at. */
export function groupsSwitched(): void {
  known = null;
  failuresSeen = -1;
  useWindow.setState({ groups: null, freshGroups: new Set() });
  groupsWanted();
  groupsChanged();
}

/** The panel was left: what it had is no news any more. */
export function groupsLookedAt(): void {
  const { freshGroups: fresh } = useWindow.getState();
  if (fresh.size === 0) return;
  known = new Set([...(known ?? []), ...fresh]);
  useWindow.setState({ freshGroups: new Set() });
}

async function askShown(): Promise<void> {
  const state = useWindow.getState();
  const { active: session } = state;
  if (session === null) return;
  const selection = openSelection(state);
  try {
    const groups = await shell.call('groups', { session, selection, limit: MOST_GROUPS });
    const now = useWindow.getState();
    const isWanted =
      now.active === session && JSON.stringify(openSelection(now)) === JSON.stringify(selection);
    if (!isWanted) shown.now();
    else
      useWindow.setState({ groups, groupsNarrowed: isNarrowed({ ...state, failedOnly: false }) });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

async function askWatched(): Promise<void> {
  const state = useWindow.getState();
  const { active: session } = state;
  const status = activeStatus(state);
  if (session === null || status === null) return;
  try {
    const query = { session, selection: WHOLE, limit: MOST_WATCHED };
    const { groups } = await shell.call('groups', query);
    if (useWindow.getState().active !== session) return;
    failuresSeen = status.failures;
    const fresh = freshGroups(known, groups);
    known ??= new Set(groups.map(({ id }) => id).filter((id) => !fresh.has(id)));
    useWindow.setState({ freshGroups: fresh });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}
