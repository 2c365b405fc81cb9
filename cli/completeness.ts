// What the kernel counted beside what was seen, as sentences for a terminal. From
// SessionStatus.completeness; printed by trace, record and doctor.
import type { Completeness } from '../contract/completeness.ts';

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

function moreText(unasked: number): string {
  const many = unasked === 1 ? '1 more was' : `${formatCount(unasked)} more were`;
  return `${many} seen where or when it could not be asked`;
}

/**
 * `seen 10,234 of 10,234 connections that the kernel counted; 5 more were seen where or when
 * it could not be asked`, and what there is to explain. Empty before the first comparison.
 */
export function completenessText(completeness: Completeness | null): string[] {
  if (completeness === null) return [];
  const { attempts, differs, explanation } = completeness;
  const { seen, kernel, unasked } = attempts;
  const counts = `seen ${formatCount(seen)} of ${formatCount(kernel)} connections that the kernel counted`;
  const more = unasked === 0 ? '' : `; ${moreText(unasked)}`;
  const first = `${differs ? 'INCOMPLETE: ' : ''}${counts}${more}`;
  return explanation === null ? [first] : [first, ...explanation.split(/(?<=\.) /)];
}
