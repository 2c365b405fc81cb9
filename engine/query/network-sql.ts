// Whether an address lies in a network, as SQL. IPv4 is compared where it stands, by its text:
// a call of JavaScript for each of 100,000 rows takes 40 ms, and 100 ms before V8 has compiled
// it, which is when somebody waits. Called by compile.ts.
import { type AddressRange, formatRange } from '../../contract/filter/address.ts';
import type { Sql } from './compile.ts';

/** `column` holds addresses as text: dotted decimals, or IPv6 as RFC 5952 writes it. */
export function liesIn(column: string, range: AddressRange): Sql {
  if (range.bytes.length === 4) return liesInIpv4(column, range);
  const known = `instr(${column}, ':') AND address_in(${column}, ?)`;
  return { text: known, values: [formatRange(range)] };
}

/** Whole bytes of the network are the beginning of the text; of the byte after them a part is free. */
function liesInIpv4(column: string, { bytes, bits }: AddressRange): Sql {
  const whole = bytes.slice(0, Math.floor(bits / 8));
  const beginning = whole.map((byte) => `${byte}.`).join('');
  const parts: string[] = [];
  const values: (string | number)[] = [];
  if (beginning === '') {
    parts.push(`instr(${column}, '.') AND NOT instr(${column}, ':')`);
  } else {
    // The slash is the character after the dot. No IPv6 address has a dot in its first group.
    parts.push(`${column} >= ? AND ${column} < ?`);
    values.push(beginning, `${beginning.slice(0, -1)}/`);
  }
  const first = bytes[whole.length] ?? 0;
  const free = 2 ** (8 - (bits % 8)) - 1;
  if (free < 255) {
    // Of "2.0.1" the cast takes 2: the digits up to the next dot.
    parts.push(`cast(substr(${column}, ?) AS INTEGER) BETWEEN ? AND ?`);
    values.push(beginning.length + 1, first, first + free);
  }
  return { text: parts.join(' AND '), values };
}
