// The bell: what deserves to be told at once, with its kinds to be muted. Comes from
// store/alerts; a line leads to its attempts.
import './alerts.css';
import { useEffect } from 'react';
import { ALERT_KINDS, type Alert } from '../../../contract/alerts.ts';
import { heardAlerts, unreadAlerts } from '../../shared/alert-list.ts';
import { formatClock, formatCount, formatMoment, plural } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu, MenuItem } from '../../shared/menu.tsx';
import { showAlert } from '../../store/actions.ts';
import { muteAlerts, readAlerts, setDesktopAlerts } from '../../store/alerts.ts';
import { useSettings } from '../../store/settings.ts';
import { activeStatus, useWindow } from '../../store/state.ts';

export function AlertBell() {
  const muted = useSettings((settings) => settings.mutedAlerts);
  const unread = useWindow((state) => unreadAlerts(state.alerts, state.alertsReadTo, muted));
  const newest = useWindow((state) => heardAlerts(state.alerts, muted)[0] ?? null);
  return (
    <>
      <Menu
        className="button icon quiet bell"
        title={unread === 0 ? 'Alerts' : `Alerts: ${formatCount(unread)} new`}
        label={
          <>
            <Icon name="bell" />
            {unread > 0 && <span className="count">{unread > 99 ? '99+' : unread}</span>}
          </>
        }
      >
        {(close) => <Tray close={close} />}
      </Menu>
      <span className="sr-only" role="status">
        {unread > 0 && newest !== null ? `${newest.title}. ${newest.text}` : ''}
      </span>
    </>
  );
}

function Tray({ close }: { readonly close: () => void }) {
  const muted = useSettings((settings) => settings.mutedAlerts);
  const alerts = useWindow((state) => state.alerts);
  const heard = heardAlerts(alerts, muted);
  // What comes while the tray is open is read as well.
  useEffect(() => {
    if (alerts.length > 0) readAlerts();
  }, [alerts]);
  const hidden = alerts.length - heard.length;
  return (
    <div className="tray" tabIndex={-1}>
      <h2>Alerts</h2>
      {heard.length === 0 && hidden === 0 && <NoAlerts />}
      <ul className="alerts">
        {heard.map((alert) => (
          <AlertLine key={alert.id} alert={alert} close={close} />
        ))}
      </ul>
      {hidden > 0 && (
        <p className="menu-note">{plural(hidden, 'alert')} of muted kinds not shown</p>
      )}
      <Choices />
    </div>
  );
}

function NoAlerts() {
  const isLive = useWindow((state) => activeStatus(state)?.kind === 'live');
  return (
    <p className="tray-empty">
      {isLive
        ? 'Nothing to tell so far. The kinds that are checked below are watched for.'
        : 'None was raised while this session was recorded.'}
    </p>
  );
}

function AlertLine({ alert, close }: { readonly alert: Alert; readonly close: () => void }) {
  const { kind, title, text, at } = alert;
  return (
    <li className="alert">
      <button
        type="button"
        className="menu-item alert-text"
        title={alert.filter === null ? 'Show the failures' : 'Show the attempts that it is about'}
        onClick={() => {
          close();
          showAlert(alert);
        }}
      >
        <span className="alert-head">
          <span className="amber">
            <Icon name="warning" size={13} />
          </span>
          <b className="clip">{title}</b>
          <span className="dim" title={formatMoment(at)}>
            {formatClock(at)}
          </span>
        </span>
        <span className="alert-sentence">{text}</span>
      </button>
      <button
        type="button"
        className="button icon quiet small"
        title={`Mute: ${title}`}
        aria-label={`Mute: ${title}`}
        onClick={(event) => {
          // The line goes, with the focus in it: Esc must still find the tray.
          event.currentTarget.closest<HTMLElement>('.tray')?.focus();
          muteAlerts(kind, true);
        }}
      >
        <Icon name="muted" size={14} />
      </button>
    </li>
  );
}

function Choices() {
  const { mutedAlerts, desktopAlerts } = useSettings();
  return (
    <div className="tray-choices">
      <div className="menu-note">Tell about</div>
      {ALERT_KINDS.map(({ kind, label }) => (
        <MenuItem
          key={kind}
          checked={!mutedAlerts.includes(kind)}
          onSelect={() => muteAlerts(kind, !mutedAlerts.includes(kind))}
        >
          {label}
        </MenuItem>
      ))}
      <div className="menu-note">When the window is in the background</div>
      <MenuItem checked={desktopAlerts} onSelect={() => void setDesktopAlerts(!desktopAlerts)}>
        Notify on the desktop
      </MenuItem>
    </div>
  );
}
