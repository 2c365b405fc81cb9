// The line at the bottom: hooks, ring, size of the session, kernel, host, counts.
import './status-bar.css';
import type { SessionStatus } from '../../../contract/api.ts';
import { formatCount, formatShare, formatSize, plural } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu } from '../../shared/menu.tsx';
import { activeStatus, useWindow } from '../../store/state.ts';

export function StatusBar() {
  const status = useWindow(activeStatus);
  const progress = useWindow((state) => state.progress);
  return (
    <footer className="status-bar">
      {status !== null && (
        <>
          {status.hooks.length > 0 && <Hooks status={status} />}
          {status.kind === 'live' && (
            <span title="The fullest that the ring buffer between kernel and capture was in the last 5 seconds">
              ring peak {formatShare(status.ringFill)}
            </span>
          )}
          <span className="clip" title={sizeText(status)}>
            {sizeText(status)}
          </span>
          <span className="clip">
            {kernelName(status.kernel)} · {status.host}
          </span>
        </>
      )}
      <span className="status-gap" />
      {progress !== null && <span role="status">{progressText(progress)}</span>}
      {status !== null && <Counts status={status} />}
    </footer>
  );
}

function Counts({ status }: { readonly status: SessionStatus }) {
  const page = useWindow((state) => state.page);
  const selects = page !== null && page.total < status.attempts;
  return (
    <span>
      {selects && `${formatCount(page.total)} of `}
      {plural(status.attempts, 'attempt')} · {formatCount(status.open)} open ·{' '}
      <span className={status.failures > 0 ? 'red' : ''}>{plural(status.failures, 'failure')}</span>
    </span>
  );
}

function Hooks({ status }: { readonly status: SessionStatus }) {
  const missing = status.hooks.filter((hook) => !hook.attached);
  const attached = status.hooks.length - missing.length;
  return (
    <Menu
      className="status-button"
      placement="left up"
      title="Hooks of the capture"
      label={
        <>
          {missing.length > 0 && (
            <span className="amber">
              <Icon name="warning" size={13} />
            </span>
          )}
          eBPF: {attached} of {status.hooks.length} hooks
        </>
      }
    >
      {() => (
        <>
          <p className="hooks-title">
            {missing.length === 0 ? 'Every hook is attached.' : 'Not attached; the rest works:'}
          </p>
          {missing.map((hook) => (
            <p key={hook.hook} className="hook-problem">
              <b>
                {hook.family} · {hook.hook}
              </b>
              {hook.problem}
            </p>
          ))}
          {missing.length === 0 &&
            status.hooks.map((hook) => <div key={hook.hook}>{hook.hook}</div>)}
        </>
      )}
    </Menu>
  );
}

function sizeText({ fileBytes, bounds }: SessionStatus): string {
  if (bounds === null) return `session ${formatSize(fileBytes)}`;
  const kept = bounds.maxAgeMs / 60_000;
  const age = kept >= 120 ? `${Math.round(kept / 60)} h` : `${Math.round(kept)} min`;
  return `session ${formatSize(fileBytes)} of ${formatSize(bounds.maxBytes)} · ${age} kept`;
}

/** `Linux 6.12`, also where only the release was recorded. */
function kernelName(kernel: string): string {
  return kernel.startsWith('Linux') ? kernel : `Linux ${kernel}`;
}

function progressText({
  task,
  done,
  total,
}: {
  task: string;
  done: number;
  total: number | null;
}): string {
  return total === null || total === 0 ? `${task} …` : `${task} ${formatShare(done / total)}`;
}
