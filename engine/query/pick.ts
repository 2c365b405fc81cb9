// Which of some attempts a filter selects: what a trace prints of those that have ended. From
// cli/printer.ts; costs the ids that it is asked about, not the session.
import type { AttemptRow } from '../../contract/attempt.ts';
import type { AttemptId } from '../../contract/units.ts';
import type { ReadPoint } from './order-cache.ts';
import { ROW_SELECT, toAttemptRow } from './row.ts';
import { EVERYTHING, selectionConditions, where } from './selection.ts';
import type { Statements } from './statements.ts';

/** Rows of those ids that the filter selects, oldest first. Throws a `Problem` for a wrong filter. */
export function pickRows(
  statements: Statements,
  ids: readonly AttemptId[],
  filter: string,
  point: ReadPoint,
): AttemptRow[] {
  const asked = { text: 'a.id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(ids)] };
  const conditions = selectionConditions({ ...EVERYTHING, filter }, point.clock);
  const { text, values } = where([asked, ...conditions]);
  const found = statements.all(`${ROW_SELECT}${text} ORDER BY a.id`, ...values);
  return found.map((row) => toAttemptRow(row, point.clock));
}
