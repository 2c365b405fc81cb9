// What was seen beside what the kernel counted itself: in the top bar as "seen N of N",
// behind it every counter of every network namespace, and the same table in the session panel.
import './completeness.css';
import type { Completeness, CounterComparison } from '../../../contract/completeness.ts';
import { formatCount } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Menu } from '../../shared/menu.tsx';

/** `seen 10,234 of 10,234`, and a list of everything that was compared. */
export function SeenOf({ completeness }: { readonly completeness: Completeness }) {
  const { attempts, complete } = completeness;
  return (
    <Menu
      className={`seen-of ${complete ? '' : 'amber'}`}
      title={seenTitle(completeness)}
      label={
        <>
          {!complete && <Icon name="warning" size={13} />}
          <span>
            seen <b>{formatCount(attempts.seen)}</b> of <b>{formatCount(attempts.kernel)}</b>
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
export function seenTitle({ attempts, complete, explanation }: Completeness): string {
  const counts = `Seen ${formatCount(attempts.seen)} of ${formatCount(attempts.kernel)} connections that the kernel counted`;
  return complete && explanation === null ? counts : `${counts}. ${explanation ?? ''}`.trimEnd();
}

/** Every counter that moved, and why the two sides differ where they do. */
export function Comparison({ completeness }: { readonly completeness: Completeness }) {
  const { rows, complete, explanation } = completeness;
  return (
    <div className="comparison">
      <p className={complete ? '' : 'amber'}>
        {complete
          ? 'What the kernel counted itself (/proc/net/snmp) was all seen.'
          : 'The kernel counted something that is not in this session.'}{' '}
        {explanation}
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
              <tr key={`${row.netns} ${row.name}`} className={differs(row) ? 'amber' : ''}>
                <td className="mono">{row.netns}</td>
                <td>{row.name}</td>
                <td className="number">{formatCount(row.seen)}</td>
                <td className="number">{row.kernel === null ? '?' : formatCount(row.kernel)}</td>
                <td>{row.explanation ?? (differs(row) ? '' : 'equal')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function differs({ kernel, seen, apart }: CounterComparison): boolean {
  return kernel !== null && kernel !== seen + apart;
}
