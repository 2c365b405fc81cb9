// Why the table has no rows, and what to do.
import { clearNarrowing, openSession } from '../../store/actions.ts';
import { activeStatus, narrowedBy, useWindow } from '../../store/state.ts';

export function TableEmpty({ kind }: { readonly kind: 'none' | 'no-match' | null }) {
  const status = useWindow(activeStatus);
  const isBareFailedOnly = useWindow(
    (state) => state.failedOnly && state.filter.trim() === '' && state.range === null,
  );
  if (status === null) return <NoCapture />;
  if (kind === 'no-match') return isBareFailedOnly ? <NoFailures /> : <NoMatch />;
  return status.kind === 'live' ? <NothingYet /> : <EmptyFile />;
}

function OpenButton({ primary }: { readonly primary?: boolean }) {
  return (
    <button
      type="button"
      className={primary === true ? 'button primary' : 'button'}
      onClick={() => void openSession(null)}
    >
      Open a session…
    </button>
  );
}

function NoCapture() {
  const problem = useWindow((state) => state.hello?.captureProblem ?? null);
  return (
    <div className="empty">
      <h2>{problem === null ? 'No session is open' : 'This machine is not being captured'}</h2>
      {problem !== null && (
        <>
          <p>{problem.sentence}</p>
          <p>
            <code>{problem.fix}</code>
          </p>
        </>
      )}
      <p>A recorded session opens without privileges: drop a .synscope file here, or</p>
      <div className="actions">
        <OpenButton primary />
      </div>
    </div>
  );
}

function NothingYet() {
  return (
    <div className="empty">
      <h2>Capturing. No connection yet.</h2>
      <p>
        Every TCP connection that this machine makes or accepts appears here. Try one that fails:
      </p>
      <p>
        <code>curl http://127.0.0.1:9/</code>
      </p>
    </div>
  );
}

function EmptyFile() {
  return (
    <div className="empty">
      <h2>This session has no connections</h2>
      <p>None was made or accepted while it was recorded.</p>
      <div className="actions">
        <OpenButton />
      </div>
    </div>
  );
}

function NoMatch() {
  const by = useWindow(narrowedBy);
  const count = useWindow((state) => activeStatus(state)?.attempts ?? 0);
  return (
    <div className="empty">
      <h2>Nothing matches</h2>
      <p>
        The session has {count.toLocaleString('en-US')} {count === 1 ? 'attempt' : 'attempts'}; none
        is selected by {by}.
      </p>
      <div className="actions">
        <button type="button" className="button primary" onClick={clearNarrowing}>
          {by === 'the time range' ? 'Show the whole session' : 'Clear the filter'}
        </button>
      </div>
    </div>
  );
}

function NoFailures() {
  const isLive = useWindow((state) => activeStatus(state)?.kind === 'live');
  return (
    <div className="empty">
      <h2>No failures</h2>
      <p>
        {isLive
          ? 'No connection has failed so far. The next one that does appears here.'
          : 'No connection failed in this session.'}
      </p>
      <div className="actions">
        <button type="button" className="button" onClick={clearNarrowing}>
          Show all connections
        </button>
      </div>
    </div>
  );
}
