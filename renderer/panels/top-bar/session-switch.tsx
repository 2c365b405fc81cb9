// What is looked at: live with its clock, or a file; and the other open sessions.
import type { SessionStatus } from '../../../contract/api.ts';
import { formatMinute, plural } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu, MenuItem } from '../../shared/menu.tsx';
import { closeSession, lookAt } from '../../store/actions.ts';
import { activeStatus, useWindow } from '../../store/state.ts';

export function SessionSwitch() {
  const status = useWindow(activeStatus);
  const sessions = useWindow((state) => state.sessions);
  if (status === null) return <span className="what">Synscope</span>;
  if (sessions.length < 2 && status.kind === 'live') return <SessionName status={status} />;
  return (
    <Menu
      className="button quiet session-switch"
      placement="left"
      label={
        <>
          <SessionName status={status} /> <Icon name="down" size={12} />
        </>
      }
      title="Open sessions"
    >
      {(close) => (
        <>
          {sessions.map((each) => (
            <MenuItem
              key={each.session}
              checked={each.session === status.session}
              onSelect={() => {
                lookAt(each.session);
                close();
              }}
            >
              <span className="clip">{sessionName(each)}</span>
              <span className="dim">{plural(each.attempts, 'attempt')}</span>
            </MenuItem>
          ))}
          {status.kind === 'file' && (
            <MenuItem
              onSelect={() => {
                close();
                void closeSession(status.session);
              }}
            >
              <Icon name="close" size={14} /> Close {status.name}
            </MenuItem>
          )}
        </>
      )}
    </Menu>
  );
}

function SessionName({ status }: { readonly status: SessionStatus }) {
  const paused = useWindow((state) => state.pausedAt !== null);
  if (status.kind === 'file') {
    return (
      <span className="what" title={sessionName(status)}>
        <Icon name="file" />
        <span className="clip what-name">{sessionName(status)}</span>
      </span>
    );
  }
  return (
    <span className={`what ${paused ? '' : 'live'}`}>
      <span className={`live-dot ${paused ? 'paused' : ''}`} />
      {paused ? 'Paused' : 'Live'} {formatMinute(status.endedAt)}
    </span>
  );
}

function sessionName(status: SessionStatus): string {
  if (status.kind === 'live') return 'Live';
  return status.name ?? 'Session file';
}
