// The flame graph: the code that asked for the selected attempts, outermost function on
// top, each as wide as its attempts. A click zooms, Esc goes back. Comes from store/flame.
import './flame.css';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { Flame, FlameNode } from '../../../contract/flame.ts';
import { formatShare } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { narrowTo, setFailedOnly, setView } from '../../store/actions.ts';
import { isNarrowed, useWindow } from '../../store/state.ts';
import { OpenedGroup } from '../failures/opened-group.tsx';
import { TableEmpty } from '../table/empty.tsx';
import { FlameEmpty } from './empty.tsx';
import { type Colouring, countText, nodeFilter, nodeName, withoutTexts } from './flame-tree.ts';
import { Legend } from './legend.tsx';
import { useFlameChart } from './use-flame-chart.ts';

export default function FlamePanel() {
  const flame = useWindow((state) => state.flame);
  const narrowed = useWindow(isNarrowed);
  const hasSession = useWindow((state) => state.active !== null);
  if (!hasSession) return <TableEmpty kind={null} />;
  if (flame === null) return null;
  if (flame.attempts === 0) return <TableEmpty kind={narrowed ? 'no-match' : 'none'} />;
  return (
    <>
      <OpenedGroup />
      {flame.root.attempts === 0 ? <FlameEmpty flame={flame} /> : <FlameGraph flame={flame} />}
    </>
  );
}

function FlameGraph({ flame }: { readonly flame: Flame }) {
  const [colouring, setColouring] = useState<Colouring>('library');
  const [term, setTerm] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const chart = useFlameChart(box, flame, colouring, term);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'f' && chart.focused !== null) showAttempts(chart.focused);
    else if (event.key === 'Escape') {
      // One step out, then out of the panel.
      if (!chart.back()) leave();
    } else if (!chart.move(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="flame" aria-label="Flame graph" onKeyDown={onKeyDown}>
      <Toolbar flame={flame} term={term} found={chart.found} onTerm={setTerm} />
      <Focused flame={flame} node={chart.focused} isZoomed={chart.isZoomed} onBack={chart.back} />
      <div
        ref={box}
        id="flame-tree"
        className="flame-box"
        role="tree"
        tabIndex={0}
        aria-label="Functions, outermost first"
        aria-activedescendant={chart.focusedId ?? undefined}
      />
      {chart.tip !== null && (
        <div className="chart-tip flame-tip" style={{ left: chart.tip.x, top: chart.tip.y }}>
          <b>{nodeName(chart.tip.node)}</b>
          {chart.tip.node.module !== null && <span className="dim"> {chart.tip.node.module}</span>}
          <br />
          {countText(chart.tip.node, flame.root)}
        </div>
      )}
      <Legend root={flame.root} colouring={colouring} onColouring={setColouring} />
    </section>
  );
}

/** Back to where it was opened from. */
function leave(): void {
  const { openedGroup, filter } = useWindow.getState();
  setView(openedGroup !== null && openedGroup.filter === filter ? 'failures' : 'overview');
}

function showAttempts(node: FlameNode): void {
  const filter = nodeFilter(node);
  if (filter !== null) narrowTo(filter);
}

interface ToolbarProps {
  readonly flame: Flame;
  readonly term: string;
  readonly found: number;
  readonly onTerm: (term: string) => void;
}

function Toolbar({ flame, term, found, onTerm }: ToolbarProps) {
  const failedOnly = useWindow((state) => state.failedOnly);
  const { root, attempts } = flame;
  const left = withoutTexts(flame);
  return (
    <div className="flame-tools">
      <div className="flame-what">
        <div className="moments" role="group" aria-label="Drawn are">
          {[false, true].map((failures) => (
            <button
              key={String(failures)}
              type="button"
              className="button small"
              aria-pressed={failedOnly === failures}
              onClick={() => setFailedOnly(failures)}
            >
              {failures ? 'Failures' : 'All attempts'}
            </button>
          ))}
        </div>
        <label className="flame-search">
          <Icon name="search" size={13} />
          <input
            type="search"
            value={term}
            placeholder="Search functions and libraries"
            aria-label="Search functions and libraries"
            onChange={(event) => onTerm(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || term === '') return;
              event.stopPropagation();
              onTerm('');
            }}
          />
        </label>
        <span className="dim" role="status">
          {term.trim() !== '' &&
            `${found.toLocaleString('en-US')} of ${root.attempts.toLocaleString('en-US')} attempts (${formatShare(found / root.attempts)})`}
        </span>
      </div>
      <p className="flame-sum">
        {root.attempts.toLocaleString('en-US')} of {attempts.toLocaleString('en-US')}{' '}
        {failedOnly ? 'failures' : 'attempts'}, by the code that asked for them
        {left.length > 0 && <span className="dim"> · not drawn: {left.join('; ')}</span>}
      </p>
    </div>
  );
}

interface FocusedProps {
  readonly flame: Flame;
  readonly node: FlameNode | null;
  readonly isZoomed: boolean;
  readonly onBack: () => boolean;
}

/** What is known of the frame that was chosen, and what can be done with it. */
function Focused({ flame, node, isZoomed, onBack }: FocusedProps) {
  return (
    <div className="flame-focus">
      {node === null ? (
        <span className="dim">
          A click or Enter zooms into a function, arrow keys go from one to the next, Esc goes back.
        </span>
      ) : (
        <span className="flame-name" title={node.name}>
          <b className="mono">{node.kind === 'frame' ? node.name : nodeName(node)}</b>
          <span className="dim"> {node.module} </span>
          {countText(node, flame.root)}
          {node.kind === 'others' && (
            <span className="dim">
              {' '}
              · too small to be told apart here: a filter shows more of them
            </span>
          )}
        </span>
      )}
      <span className="flame-actions">
        {node !== null && nodeFilter(node) !== null && (
          <button
            type="button"
            className="button small"
            title="Shows them in the table (f)"
            onClick={() => showAttempts(node)}
          >
            {node.kind === 'process' ? 'Attempts of this program' : 'Attempts through this frame'}
          </button>
        )}
        {isZoomed && (
          <button type="button" className="button small" title="Esc" onClick={onBack}>
            <Icon name="back" size={13} /> Zoom out
          </button>
        )}
      </span>
    </div>
  );
}
