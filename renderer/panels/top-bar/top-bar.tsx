// The bar at the top: is it live, what is looked at, was anything lost; and what can be
// done with the whole session.
import './top-bar.css';
import { formatClock, formatCount } from '../../shared/format.ts';
import { Icon, type IconName } from '../../shared/icons.tsx';
import { Menu, MenuItem } from '../../shared/menu.tsx';
import { exportSession, openSession, saveSession, setFailedOnly } from '../../store/actions.ts';
import { togglePause } from '../../store/feed.ts';
import { type Theme, useSettings } from '../../store/settings.ts';
import { activeStatus, useWindow } from '../../store/state.ts';
import { AlertBell } from '../alerts/alerts.tsx';
import { SeenOf } from '../completeness/completeness.tsx';
import { FilterField } from '../filter-field/filter-field.tsx';
import { SessionSwitch } from './session-switch.tsx';

export function TopBar() {
  const status = useWindow(activeStatus);
  const connected = useWindow((state) => state.connected);
  return (
    <header className="top-bar">
      <SessionSwitch />
      {status !== null && (
        <>
          {status.kind === 'live' && <PauseButton />}
          <FilterField />
          <FailedOnly />
        </>
      )}
      {status === null && <span style={{ flex: 1 }} />}
      <button
        type="button"
        className="button"
        title="Open a session file (or drop one anywhere in the window)"
        onClick={() => void openSession(null)}
      >
        <Icon name="open" /> <span className="roomy-only">Open</span>
      </button>
      {status !== null && <SaveMenu />}
      {status !== null && <AlertBell />}
      <ThemeMenu />
      <Rates />
      {!connected && (
        <div className="banner" role="alert">
          <Icon name="warning" />
          <span>
            Synscope’s engine is out of reach: its program has ended. What is shown is what was last
            known. Trying again…
          </span>
        </div>
      )}
    </header>
  );
}

function PauseButton() {
  const paused = useWindow((state) => state.pausedAt !== null);
  const newer = useWindow((state) => (state.pausedAt === null ? 0 : state.newerCount));
  return (
    <button
      type="button"
      className="button"
      aria-pressed={paused}
      title={
        paused
          ? 'Show what has come since (Space)'
          : 'Hold the rows still; the capture goes on (Space)'
      }
      onClick={togglePause}
    >
      <Icon name={paused ? 'resume' : 'pause'} />
      <span className="roomy-only">{paused ? 'Resume' : 'Pause'}</span>
      {newer > 0 && <span>· {formatCount(newer)} new</span>}
    </button>
  );
}

function FailedOnly() {
  const failedOnly = useWindow((state) => state.failedOnly);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={failedOnly}
      title="Show only attempts that failed"
      onClick={() => setFailedOnly(!failedOnly)}
    >
      Failed only
    </button>
  );
}

function SaveMenu() {
  return (
    <Menu
      label={
        <>
          <Icon name="save" /> <span className="wide-only">Save</span>{' '}
          <Icon name="down" size={12} />
        </>
      }
      title="Save or export"
    >
      {(close) => {
        const choose = (act: () => Promise<void>) => (): void => {
          close();
          void act();
        };
        return (
          <>
            <MenuItem onSelect={choose(saveSession)}>Save session…</MenuItem>
            <MenuItem onSelect={choose(() => exportSession('csv'))}>Export CSV…</MenuItem>
            <MenuItem onSelect={choose(() => exportSession('jsonl'))}>Export JSON Lines…</MenuItem>
            <div className="menu-note">Exports have what the filter selects.</div>
          </>
        );
      }}
    </Menu>
  );
}

const THEMES: readonly { theme: Theme; name: string; icon: IconName }[] = [
  { theme: 'system', name: 'As the system', icon: 'system' },
  { theme: 'dark', name: 'Dark', icon: 'dark' },
  { theme: 'light', name: 'Light', icon: 'light' },
];

function ThemeMenu() {
  const chosen = useSettings((settings) => settings.theme);
  const icon = THEMES.find(({ theme }) => theme === chosen)?.icon ?? 'system';
  return (
    <Menu label={<Icon name={icon} />} title="Theme" className="button icon quiet">
      {(close) =>
        THEMES.map(({ theme, name }) => (
          <MenuItem
            key={theme}
            checked={theme === chosen}
            onSelect={() => {
              useSettings.setState({ theme });
              close();
            }}
          >
            {name}
          </MenuItem>
        ))
      }
    </Menu>
  );
}

function Rates() {
  const status = useWindow(activeStatus);
  if (status === null) return null;
  return (
    <div className="rates">
      {status.completeness !== null && <SeenOf completeness={status.completeness} />}
      {(status.completeness === null || status.lost > 0) && (
        <span title={lossTitle(status.lost)}>
          lost <b className={status.lost > 0 ? 'lost' : ''}>{formatCount(status.lost)}</b>
        </span>
      )}
      {status.kind === 'live' && (
        <span className="wide-only">· {formatCount(status.eventsPerSecond)} ev/s</span>
      )}
      {status.kind === 'live' && (
        <span className="sr-only" aria-live="off">
          {formatClock(status.endedAt)}
        </span>
      )}
    </div>
  );
}

function lossTitle(lost: number): string {
  return lost === 0
    ? 'Every event that the kernel’s hooks reported is in the session'
    : `${formatCount(lost)} events were lost: the ring buffer was full, or the kernel skipped a hook`;
}
