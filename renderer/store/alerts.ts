// Alerts of the session that is looked at: which are there, which were read, which kinds
// are muted, and the desktop's notification of a new one.
import type { Alert, AlertKind } from '../../contract/alerts.ts';
import type { SessionId } from '../../contract/units.ts';
import { merged } from '../shared/alert-list.ts';
import { askForDesktop, canTellDesktop, tellDesktop } from '../shared/desktop.ts';
import { rowsFailed } from './rows-failed.ts';
import { useSettings } from './settings.ts';
import { shell } from './shell.ts';
import { activeStatus, useWindow } from './state.ts';
import { showError } from './toasts.ts';

/** The newest alert that was read, by session. */
const readTo = new Map<SessionId, number>();

/** Another session is looked at. */
export function alertsSwitched(): void {
  useWindow.setState({ alerts: [], alertsReadTo: 0 });
  void askAlerts();
}

async function askAlerts(): Promise<void> {
  const { active: session } = useWindow.getState();
  if (session === null) return;
  try {
    const answer = await shell.call('alerts', { session });
    const state = useWindow.getState();
    if (state.active !== session) return;
    const isFile = activeStatus(state)?.kind === 'file';
    // What a file has to say is history: it is listed, and rings no bell.
    const read = isFile ? Number.MAX_SAFE_INTEGER : (readTo.get(session) ?? 0);
    useWindow.setState({ alerts: merged(state.alerts, answer), alertsReadTo: read });
  } catch (thrown) {
    rowsFailed(thrown);
  }
}

/** The engine raised an alert; `onOpen` is for a click on the desktop's notification. */
export function alertRaised(session: SessionId, alert: Alert, onOpen: () => void): void {
  const { active, alerts } = useWindow.getState();
  if (session === active) useWindow.setState({ alerts: merged(alerts, [alert]) });
  const { mutedAlerts, desktopAlerts } = useSettings.getState();
  if (!desktopAlerts || mutedAlerts.includes(alert.kind) || document.hasFocus()) return;
  tellDesktop(alert, onOpen);
}

/** Everything in the list has been read. */
export function readAlerts(): void {
  const { active, alerts, alertsReadTo } = useWindow.getState();
  const newest = alerts[0]?.id ?? 0;
  if (active === null || newest <= alertsReadTo) return;
  readTo.set(active, newest);
  useWindow.setState({ alertsReadTo: newest });
}

export function muteAlerts(kind: AlertKind, muted: boolean): void {
  useSettings.setState(({ mutedAlerts }) => ({
    mutedAlerts: [...mutedAlerts.filter((each) => each !== kind), ...(muted ? [kind] : [])],
  }));
}

/** Turns notifications of the desktop on or off; on asks for the permission. Only ever from a click. */
export async function setDesktopAlerts(on: boolean): Promise<void> {
  const allowed = on && (canTellDesktop() || (await askForDesktop()));
  useSettings.setState({ desktopAlerts: allowed });
  if (on && !allowed) {
    showError({
      code: 'NOTIFICATIONS',
      sentence: 'Notifications on the desktop are not allowed for this page.',
      fix: 'Allow notifications for this address in the browser’s settings, then turn them on again.',
    });
  }
}
