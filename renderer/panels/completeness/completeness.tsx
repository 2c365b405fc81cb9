// What was seen beside what the kernel counted itself: in the top bar as "seen N of N",
// behind it every counter of every network namespace, and the same table in the session panel.
import './completeness.css';
import {
  type Completeness,
  type CounterComparison,
  ELSEWHERE,
} from '../../../contract/completeness.ts';
import { formatCount } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu } from '../../shared/menu.tsx';

/** `seen 10,234 of 10,234`, `+ 5` that could not be compared, and a list of everything that was compared. */
export function SeenOf({ completeness }: { readonly completeness: Completeness }) {
  const { attempts, differs, complete } = completeness;
  return (
    <Menu
      className={`seen-of ${differs ? 'amber' : ''}`}
      title={seenTitle(completeness)}
      label={
        <>
          {differs && <Icon name="warning" size={13} />}
          <span>
            seen <b>{formatCount(attempts.seen)}</b> of <b>{formatCount(attempts.kernel)}</b>
            {attempts.unasked > 0 && ` + ${formatCount(attempts.unasked)}`}
          </span>
          {complete && <span className="green">✓</span>}
        </>
      }
    >
      {() => <Comparison completeness={completeness} />}
    </Menu>
  );
}

/** What the numbers mean, for the pointer and for who listens. */
export function seenTitle({ attempts, explanation }: Completeness): string {
  const counts = `Seen ${formatCount(attempts.seen)} of ${formatCount(attempts.kernel)} connections that the kernel counted`;
  const unasked = formatCount(attempts.unasked);
  const more =
    attempts.unasked === 0 ? '' : `; ${unasked} more were seen where or when it could not be asked`;
  return `${counts}${more}${explanation === null ? '' : `. ${explanation}`}`;
}

function verdict({ differs, complete }: Completeness): string {
  if (differs) return 'The kernel counted something that is not in this session.';
  return complete
    ? 'What the kernel counted itself (/proc/net/snmp) was all seen.'
    : 'Where the kernel could be asked (/proc/net/snmp), what it counted was all seen.';
}

/** Every counter that moved, and why the two sides differ where they do. */
export function Comparison({ completeness }: { readonly completeness: Completeness }) {
  const { rows, differs, explanation } = completeness;
  return (
    <div className="comparison">
      <p className={differs ? 'amber' : ''}>
        {verdict(completeness)} {explanation}
      </p>
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Namespace</th>
              <th>Counter</th>
              <th className="number">Seen</th>
              <th className="number">Kernel</th>
              <th>Remark</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.netns} ${row.name}`} className={rowDiffers(row) ? 'amber' : ''}>
                <td className="mono">{row.netns === ELSEWHERE ? 'elsewhere' : row.netns}</td>
                <td>{row.name}</td>
                <td className="number">{formatCount(row.seen)}</td>
                <td className="number">{row.kernel === null ? '?' : formatCount(row.kernel)}</td>
                <td>{row.explanation ?? (rowDiffers(row) ? '' : 'equal')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function rowDiffers({ kernel, seen, apart }: CounterComparison): boolean {
  return kernel !== null && kernel !== seen + apart;
}
