// Notifications of the desktop, by the same interface in a browser and in Electron. The
// permission is asked for on a click, never by itself.
import type { Alert } from '../../contract/alerts.ts';

/** Whether a notification would be shown. */
export function canTellDesktop(): boolean {
  return 'Notification' in window && Notification.permission === 'granted';
}

/** Asks for the permission; false when it was refused, or there is nothing to ask. */
export async function askForDesktop(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  return (await Notification.requestPermission()) === 'granted';
}

/** Shows an alert on the desktop; one of the same kind takes the place of the last. */
export function tellDesktop(alert: Alert, onClick: () => void): void {
  if (!canTellDesktop()) return;
  const { title, text, kind } = alert;
  const notification = new Notification(title, { body: text, tag: `synscope-${kind}` });
  notification.onclick = () => {
    window.focus();
    onClick();
    notification.close();
  };
}
