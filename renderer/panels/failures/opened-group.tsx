// Above the table: which failure group its rows are of, and the way back to the others.
import './failures.css';
import { Icon } from '../../shared/icons.tsx';
import { setView } from '../../store/actions.ts';
import { useWindow } from '../../store/state.ts';

export function OpenedGroup() {
  const title = useWindow(({ openedGroup, filter }) =>
    openedGroup !== null && openedGroup.filter === filter ? openedGroup.title : null,
  );
  const view = useWindow((state) => state.view);
  if (title === null) return null;
  return (
    <p className="opened-group">
      <button
        type="button"
        className="button quiet small"
        title="Back to the failure groups, with the filter of before"
        onClick={() => setView('failures')}
      >
        <Icon name="back" size={13} /> Failures
      </button>
      <span className="clip" title={title}>
        {title}
      </span>
      <button
        type="button"
        className="button quiet small opened-other"
        onClick={() => setView(view === 'flame' ? 'connections' : 'flame')}
      >
        <Icon name={view === 'flame' ? 'connections' : 'flame'} size={13} />
        {view === 'flame' ? 'Attempts' : 'Flame graph'}
      </button>
    </p>
  );
}
