// Why there is no flame graph, and what to do.
import type { Flame } from '../../../contract/flame.ts';
import { plural } from '../../shared/format.ts';
import { clearNarrowing, setView } from '../../store/actions.ts';
import { isNarrowed, useWindow } from '../../store/state.ts';
import { withoutTexts } from './flame-tree.ts';

export function FlameEmpty({ flame }: { readonly flame: Flame }) {
  const narrowed = useWindow(isNarrowed);
  return (
    <div className="empty">
      <h2>No stack to draw</h2>
      <p>Of the {plural(flame.attempts, 'attempt')} that are selected:</p>
      <ul className="flame-reasons">
        {withoutTexts(flame).map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <div className="actions">
        {narrowed && (
          <button type="button" className="button primary" onClick={clearNarrowing}>
            Show the whole session
          </button>
        )}
        <button type="button" className="button" onClick={() => setView('connections')}>
          Show the connections
        </button>
      </div>
    </div>
  );
}
