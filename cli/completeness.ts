// What the kernel counted beside what was seen, as sentences for a terminal. From
// SessionStatus.completeness; printed by trace, record and doctor.
import type { Completeness } from '../contract/completeness.ts';

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `seen 10,234 of 10,234 connections that the kernel counted`, and what there is to explain. Empty before the first comparison. */
export function completenessText(completeness: Completeness | null): string[] {
  if (completeness === null) return [];
  const { attempts, complete, explanation } = completeness;
  const { seen, kernel } = attempts;
  const counts = `seen ${formatCount(seen)} of ${formatCount(kernel)} connections that the kernel counted`;
  const first = complete ? counts : `INCOMPLETE: ${counts}`;
  return explanation === null ? [first] : [first, ...explanation.split(/(?<=\.) /)];
}
