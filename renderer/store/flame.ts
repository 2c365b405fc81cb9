// The stacks of the selection as a tree, for the flame graph. A person who has gone into it
// keeps it as it is: news wait until they have gone out again.
import type { Flame } from '../../contract/flame.ts';
import { pace } from '../shared/pacing.ts';
import { rowsFailed } from './rows-failed.ts';
import { shell } from './shell.ts';
import { openSelection, useWindow } from './state.ts';

let held = false;
/** What the tree that is drawn was asked for with. */
let drawn = '';
const shown = pace(ask, 2_000);

/** The engine has news of the session. */
export function flameChanged(): void {
  const { view, pausedAt } = useWindow.getState();
  if (view === 'flame' && pausedAt === null && !held) shown.request();
}

/** The panel came up, or what it selects changed. */
export function flameWanted(): void {
  if (useWindow.getState().view === 'flame') shown.now();
}

/** Another session is looked at. */
export function flameSwitched(): void {
  drawn = '';
  useWindow.setState({ flame: null });
  flameWanted();
}

/** Keeps the tree as it is, or lets news in again. */
export function holdFlame(hold: boolean): void {
  if (held === hold) return;
  held = hold;
  if (!hold) flameChanged();
}

function isSameTree(a: Flame | null, b: Flame): boolean {
  return (
    a !== null && JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 })
  );
}

async function ask(): Promise<void> {
  const state = useWindow.getState();
  const { active: session } = state;
  if (session === null) return;
  const selection = openSelection(state);
  try {
    const flame = await shell.call('flame', { session, selection });
    const now = useWindow.getState();
    const asked = JSON.stringify([session, selection]);
    if (JSON.stringify([now.active, openSelection(now)]) !== asked) {
      shown.now();
      return;
    }
    // Somebody went into it while the answer was under way.
    if (held && drawn === asked) return;
    drawn = asked;
    // What says the same is not drawn again.
    if (!isSameTree(now.flame, flame)) useWindow.setState({ flame });
    // The engine reads but so many stacks for one answer.
    if (flame.without.unread > 0 && now.view === 'flame') shown.now();
  } catch (thrown) {
    rowsFailed(thrown);
  }
}
