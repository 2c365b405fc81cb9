// Why there are no failure groups, and what to do.
import { clearNarrowing, setView } from '../../store/actions.ts';
import { activeStatus, narrowedBy, useWindow } from '../../store/state.ts';

export function FailuresEmpty() {
  const isNarrowed = useWindow((state) => state.groupsNarrowed);
  const failures = useWindow((state) => activeStatus(state)?.failures ?? 0);
  if (isNarrowed && failures > 0) return <NothingSelected failures={failures} />;
  return <NothingFailed />;
}

function NothingSelected({ failures }: { readonly failures: number }) {
  const by = useWindow((state) => narrowedBy({ ...state, failedOnly: false }));
  return (
    <div className="empty">
      <h2>No failure is selected</h2>
      <p>
        The session has {failures.toLocaleString('en-US')} {failures === 1 ? 'failure' : 'failures'}
        ; none is selected by {by}.
      </p>
      <div className="actions">
        <button type="button" className="button primary" onClick={clearNarrowing}>
          Show the whole session
        </button>
      </div>
    </div>
  );
}

function NothingFailed() {
  const isLive = useWindow((state) => activeStatus(state)?.kind === 'live');
  return (
    <div className="empty">
      <h2>No failures</h2>
      <p>
        {isLive
          ? 'No connection has failed so far. When some do, those of the same cause, error, program and destination stand here as one line. Try one that fails:'
          : 'No connection failed in this session.'}
      </p>
      {isLive && (
        <p>
          <code>curl http://127.0.0.1:9/</code>
        </p>
      )}
      <div className="actions">
        <button type="button" className="button" onClick={() => setView('connections')}>
          Show all connections
        </button>
      </div>
    </div>
  );
}
