// The rail at the left: which panel the window shows.
import './rail.css';
import { plural } from '../../shared/format.ts';
import { Icon, type IconName } from '../../shared/icons.tsx';
import { setView } from '../../store/actions.ts';
import { useWindow, type View } from '../../store/state.ts';

const VIEWS: readonly { view: View; name: string; icon: IconName }[] = [
  { view: 'connections', name: 'Connections', icon: 'connections' },
  { view: 'failures', name: 'Failures', icon: 'warning' },
  { view: 'overview', name: 'Overview', icon: 'overview' },
  { view: 'flame', name: 'Stacks (flame graph)', icon: 'flame' },
  { view: 'session', name: 'Session', icon: 'session' },
];

export function Rail() {
  const view = useWindow((state) => state.view);
  const fresh = useWindow((state) => state.freshGroups.size);
  return (
    <nav className="rail" aria-label="Panels">
      {VIEWS.map((each) => (
        <button
          key={each.view}
          type="button"
          className="rail-item"
          title={each.view === 'failures' ? newTitle(each.name, fresh) : each.name}
          aria-label={each.name}
          aria-current={each.view === view ? 'page' : undefined}
          onClick={() => setView(each.view)}
        >
          <Icon name={each.icon} size={18} />
          {each.view === 'failures' && fresh > 0 && view !== 'failures' && (
            <span className="count">{fresh > 99 ? '99+' : fresh}</span>
          )}
        </button>
      ))}
      <span className="rail-gap" />
      <button
        type="button"
        className="rail-item"
        title="Keys (?)"
        aria-label="Keys"
        onClick={() => useWindow.setState({ keysShown: true })}
      >
        ?
      </button>
    </nav>
  );
}

function newTitle(name: string, fresh: number): string {
  if (fresh === 0) return name;
  return `${name}: ${plural(fresh, 'new kind')} since you last looked`;
}
