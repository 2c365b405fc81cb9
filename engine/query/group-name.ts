// The name of a group of failures: 52 bits as hexadecimal digits, the same in every session.
// Used by groups.ts and for the filter field `group` by compile.ts.

const DIGITS = 13;

/** As filters and screens write it. */
export function groupName(id: number): string {
  return id.toString(16).padStart(DIGITS, '0');
}

/** Null for a text that names no group. */
export function groupNumber(name: string): number | null {
  return /^[0-9a-f]{13}$/i.test(name) ? Number.parseInt(name, 16) : null;
}
