// The ways between attempts and the functions in their stacks, in SQL. Here and nowhere
// else, for the filter field `frame` (compile.ts), its completion (known-values.ts) and the
// flame graph (flame.ts).
import type { DatabaseSync } from 'node:sqlite';
import type { FilterValue } from '../../contract/filter/ast.ts';
import type { Operator } from '../../contract/filter/fields.ts';
import { plainText } from '../../contract/plain-text.ts';
import type { Sql } from './compile.ts';

/** Of a row of `stack`: id of the stack whose rows in `stack_frame` are its frames. */
export function framesOf(stack: string): string {
  return `coalesce(${stack}.same_as, ${stack}.id)`;
}

/** Events with a stack, `e`; the index event_by_stack has them and no others. */
export const HAS_STACK = '(e.user_stack_id IS NOT NULL OR e.kernel_stack_id IS NOT NULL)';

/** A call of the program began the attempt, or was one that failed: its stack is the code that asked for it. */
export const IS_ASKING =
  "(e.kind IN ('connect', 'accept', 'call') OR (e.kind = 'state' AND e.new_state = 'SYN_SENT'))";

/** `libc.so.6+0x1234` of a frame `f` without a name; NULL without a file. `printf` takes NULL for 0. */
const PLACE = `CASE WHEN f.offset IS NOT NULL THEN
  replace(f.module, rtrim(f.module, replace(f.module, '/', '')), '') || printf('+0x%x', f.offset) END`;

/** What screens call a frame `f`: its function, else its place in a file, else its address. */
export const FRAME_NAME = `coalesce(f.name, ${PLACE}, f.address)`;

/** Attempts that have a stack with a frame `f` of which the condition holds. */
function through(condition: Sql): Sql {
  const text = `a.id IN (
    WITH framed(id) AS MATERIALIZED (
      SELECT s.id FROM stack s WHERE ${framesOf('s')} IN (
        SELECT stack_id FROM stack_frame WHERE frame_id IN (
          SELECT f.id FROM frame f WHERE ${condition.text})))
    SELECT e.attempt_id FROM event e
    WHERE ${HAS_STACK} AND (e.user_stack_id IN framed OR e.kernel_stack_id IN framed))`;
  return { text, values: condition.values };
}

/** `LIKE` pattern for "contains", with the characters that LIKE reads taken literally. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The filter field `frame`: a function in any stack of the attempt. */
export function compareFrame(operator: Operator, value: FilterValue): Sql {
  if (value.kind !== 'text') {
    const text = `a.id NOT IN (SELECT e.attempt_id FROM event e WHERE ${HAS_STACK})`;
    return { text, values: [] };
  }
  // Screens show the name of a hostile symbol with its control characters written out.
  const name = value.text.includes('\\') ? `plain_text(${FRAME_NAME})` : FRAME_NAME;
  return operator === '~'
    ? through({ text: `${name} LIKE ? ESCAPE '\\'`, values: [containing(value.text)] })
    : through({ text: `${name} = ? COLLATE NOCASE`, values: [value.text] });
}

/** Registers `plain_text(text)`: a name as it is shown. */
export function registerPlainText(database: DatabaseSync): void {
  database.function('plain_text', { deterministic: true, directOnly: true }, (text: unknown) =>
    typeof text === 'string' ? plainText(text) : null,
  );
}
