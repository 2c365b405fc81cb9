// The window's line to the engine: the first question, its notices, losing it and
// finding it again.
import type { Hello, Notice, SessionStatus } from '../../contract/api.ts';
import { lookAt, removeSession, showAlert } from './actions.ts';
import { alertRaised } from './alerts.ts';
import { sessionChanged, sessionSwitched } from './feed.ts';
import { shell } from './shell.ts';
import { useWindow } from './state.ts';
import { showError } from './toasts.ts';

/** Begins to listen. Called once. */
export function connect(): void {
  shell.onConnection((connected) => {
    const before = useWindow.getState();
    useWindow.setState({ connected });
    if (connected && (!before.connected || before.hello === null)) void greet();
  });
  shell.onNotice(receive);
  void greet();
}

async function greet(): Promise<void> {
  try {
    const hello = await shell.call('hello', {});
    const { active } = useWindow.getState();
    useWindow.setState({ hello, sessions: hello.sessions, connected: true });
    const next = firstToShow(hello, active);
    if (next === null) return;
    if (next === active) sessionSwitched();
    else lookAt(next);
  } catch (thrown) {
    if (useWindow.getState().connected) showError(thrown);
  }
}

/**
 * What to look at first: what was looked at before, else a file that the command line
 * opened, else the live session.
 */
export function firstToShow(hello: Hello, active: string | null): string | null {
  if (active !== null && hello.sessions.some((each) => each.session === active)) return active;
  const file = hello.sessions.find((each) => each.kind === 'file');
  return file?.session ?? hello.live ?? hello.sessions[0]?.session ?? null;
}

function receive(notice: Notice): void {
  if (notice.kind === 'closed') removeSession(notice.session);
  else if (notice.kind === 'progress') receiveProgress(notice);
  else if (notice.kind === 'alert') receiveAlert(notice);
  else if (notice.kind === 'changed') receiveStatus(notice.status);
}

function receiveProgress({ task, done, total }: Notice & { kind: 'progress' }): void {
  const isOver = total !== null && done >= total;
  useWindow.setState({ progress: isOver ? null : { task, done, total } });
}

function receiveAlert({ session, alert }: Notice & { kind: 'alert' }): void {
  alertRaised(session, alert, () => {
    lookAt(session);
    showAlert(alert);
  });
}

function receiveStatus(status: SessionStatus): void {
  const { sessions, active } = useWindow.getState();
  const known = sessions.some((each) => each.session === status.session);
  const next = known
    ? sessions.map((each) => (each.session === status.session ? status : each))
    : [...sessions, status].sort((a, b) => Number(b.kind === 'live') - Number(a.kind === 'live'));
  useWindow.setState({ sessions: next });
  if (active === null) lookAt(status.session);
  else if (status.session === active) sessionChanged();
}
