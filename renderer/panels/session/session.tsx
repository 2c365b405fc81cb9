// The session: host, kernel, hooks, losses, notes, bounds. What a reader must know
// before believing the rows.
import './session.css';
import type { HookStatus } from '../../../contract/addon.ts';
import type { SessionStatus } from '../../../contract/api.ts';
import { formatCount, formatDuration, formatMoment, formatSize } from '../../shared/format.ts';
import { shell } from '../../store/shell.ts';
import { activeStatus, useWindow } from '../../store/state.ts';
import { Comparison } from '../completeness/completeness.tsx';
import { Facts } from '../details/facts.tsx';
import { TableEmpty } from '../table/empty.tsx';

export function SessionPanel() {
  const status = useWindow(activeStatus);
  if (status === null) return <TableEmpty kind={null} />;
  return (
    <div className="session" tabIndex={0} role="region" aria-label="Session">
      <h2>{status.kind === 'live' ? 'Live session' : (status.name ?? 'Session file')}</h2>
      <Facts facts={sessionFacts(status)} />
      {status.completeness !== null && (
        <>
          <h2>What the kernel counted</h2>
          <Comparison completeness={status.completeness} />
        </>
      )}
      {status.notes.length > 0 && (
        <>
          <h2>Notes</h2>
          <ul className="notes">
            {status.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
      {status.hooks.length > 0 && (
        <>
          <h2>Hooks</h2>
          <Hooks hooks={status.hooks} />
        </>
      )}
    </div>
  );
}

/** The facts of a session in the order in which they are read. */
export function sessionFacts(status: SessionStatus): { name: string; value: string }[] {
  const { bounds } = status;
  const ended = status.kind === 'live' ? 'still capturing' : formatMoment(status.endedAt);
  return [
    { name: 'Host', value: status.host },
    { name: 'Kernel', value: status.kernel },
    { name: 'Recorded by', value: `Synscope ${status.synscopeVersion}` },
    { name: 'Started', value: formatMoment(status.startedAt) },
    { name: 'Ended', value: ended },
    { name: 'Length', value: formatDuration(status.endedAt - status.startedAt) },
    {
      name: 'Attempts',
      value: `${formatCount(status.attempts)}, ${formatCount(status.failures)} failed, ${formatCount(status.open)} open`,
    },
    { name: 'Events', value: `${formatCount(status.events)}, ${formatCount(status.lost)} lost` },
    { name: 'Size', value: formatSize(status.fileBytes) },
    ...(bounds === null
      ? []
      : [
          {
            name: 'Bounds',
            value: `the last ${formatDuration(bounds.maxAgeMs)}, at most ${formatSize(bounds.maxBytes)}`,
          },
        ]),
    // In a browser the path would be that of the copy that the page sent.
    ...(status.path === null || shell.kind === 'browser'
      ? []
      : [{ name: 'File', value: status.path }]),
  ];
}

function Hooks({ hooks }: { readonly hooks: readonly HookStatus[] }) {
  return (
    <table className="hooks">
      <thead>
        <tr>
          <th>Family</th>
          <th>Hook</th>
          <th>Status</th>
        </tr>
      </thead>
      <tbody>
        {hooks.map((hook) => (
          <tr key={`${hook.family} ${hook.hook}`}>
            <td>{hook.family}</td>
            <td className="mono">{hook.hook}</td>
            <td>
              {hook.attached ? (
                <span className="green">attached</span>
              ) : (
                <span className="amber">{hook.problem}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
