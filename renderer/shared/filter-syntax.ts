// The filter language of contract/filter/ as the window uses it.
import type { ApiError } from '../../contract/api.ts';
import { parseFilter as parse, quoteValue } from '../../contract/filter/filter.ts';

/** What is wrong with a filter text; null when it can be used. */
export function parseFilter(text: string): ApiError | null {
  const parsed = parse(text);
  if (parsed.ok) return null;
  const { sentence, from, to } = parsed.error;
  return { code: 'FILTER', sentence, fix: null, at: { from, to } };
}

/** `proc = curl`, `error = "a b"`: a comparison with a value as it must be written. */
export function comparison(field: string, value: string): string {
  return `${field} = ${quoteValue(value)}`;
}
