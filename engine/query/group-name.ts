// What a group of failures is called: 52 bits as hexadecimal digits, the same in every session,
// and where to it was. Used by groups.ts, for the filter field `group` by compile.ts, and by
// engine/alerts/.
import type { Direction } from '../../contract/attempt.ts';
import { endpoint } from '../diagnosis/words.ts';

const DIGITS = 13;

/** As filters and screens write it. */
export function groupName(id: number): string {
  return id.toString(16).padStart(DIGITS, '0');
}

/** Null for a text that names no group. */
export function groupNumber(name: string): number | null {
  return /^[0-9a-f]{13}$/i.test(name) ? Number.parseInt(name, 16) : null;
}

/** `10.0.0.2:443`, `accepted on 10.0.0.1:80`, `bind(2) on 0.0.0.0:80`, `socket(2)`. */
export function destinationText(
  direction: Direction,
  address: string,
  port: number,
  call: string | null,
): string {
  // A socket that was not bound has none.
  const none = address === '' || (port === 0 && /^[0.:]+$/.test(address));
  if (call !== null) return none ? `${call}(2)` : `${call}(2) on ${endpoint(address, port)}`;
  const where = address === '' ? `port ${port}` : endpoint(address, port);
  return direction === 'accepted' ? `accepted on ${where}` : where;
}
