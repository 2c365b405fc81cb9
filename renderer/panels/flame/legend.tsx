// What the colours of the flame graph mean, and the choice between two meanings.
import type { FlameNode } from '../../../contract/flame.ts';
import { type Colouring, moduleColours } from './flame-tree.ts';

interface LegendProps {
  readonly root: FlameNode;
  readonly colouring: Colouring;
  readonly onColouring: (colouring: Colouring) => void;
}

const CHOICES: readonly { colouring: Colouring; name: string }[] = [
  { colouring: 'library', name: 'Colour by library' },
  { colouring: 'failures', name: 'Colour by failures' },
];

export function Legend({ root, colouring, onColouring }: LegendProps) {
  return (
    <div className="flame-legend">
      <div className="moments" role="group" aria-label="Colours">
        {CHOICES.map((choice) => (
          <button
            key={choice.colouring}
            type="button"
            className="button small"
            aria-pressed={choice.colouring === colouring}
            onClick={() => onColouring(choice.colouring)}
          >
            {choice.name}
          </button>
        ))}
      </div>
      <ul>{colouring === 'library' ? <Libraries root={root} /> : <Shares />}</ul>
    </div>
  );
}

function Libraries({ root }: { readonly root: FlameNode }) {
  const colours = [...moduleColours(root)];
  return (
    <>
      {colours.map(([module, colour]) => (
        <li key={module} title={module}>
          <i style={{ background: `var(--flame-${colour})` }} />
          <span className="clip">{module}</span>
        </li>
      ))}
      <li>
        <i style={{ background: 'var(--flame-rest)' }} />
        programs and other files
      </li>
    </>
  );
}

function Shares() {
  return (
    <>
      {[0, 50, 100].map((share) => (
        <li key={share}>
          <i
            style={{
              background: `color-mix(in srgb, var(--flame-failed) ${share}%, var(--flame-rest))`,
            }}
          />
          {share === 0 ? 'none failed' : share === 100 ? 'all failed' : 'half failed'}
        </li>
      ))}
    </>
  );
}
