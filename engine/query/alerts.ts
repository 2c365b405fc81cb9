// The alerts of a session: the `alerts` method in reader.ts. Written by engine/alerts/
// through engine/session/writer.ts.
import { ALERT_KINDS, type Alert, type AlertKind } from '../../contract/alerts.ts';
import { cutText } from '../session/check-contents.ts';
import type { SessionClock } from './compile.ts';
import { oneOf, textOrNull } from './row.ts';
import type { Statements } from './statements.ts';

const NEWEST = 200;
const TEXT_BYTES = 1024;
const KINDS: readonly AlertKind[] = ALERT_KINDS.map(({ kind }) => kind);
const TEXTS = ['kind', 'title', 'text', 'filter']
  .map((column) => `${cutText(column, TEXT_BYTES)} AS ${column}`)
  .join(', ');

/** Newest first. */
export function readAlerts(statements: Statements, { startedUnixMs }: SessionClock): Alert[] {
  const sql = `SELECT id, time_ns, ${TEXTS} FROM alert ORDER BY id DESC LIMIT ${NEWEST}`;
  return statements.all(sql).map((row) => ({
    id: Number(row['id']),
    kind: oneOf(KINDS, row['kind'], 'new-failure'),
    title: String(row['title']),
    text: String(row['text']),
    at: startedUnixMs + Number(row['time_ns']) / 1_000_000,
    filter: textOrNull(row['filter']),
  }));
}
