// Which attempts a trace prints: the flags of the command line against a row, and the
// filter text through the engine, which alone knows what it means.
import type { AttemptRow, Direction } from '../contract/attempt.ts';
import { parseFilter } from '../contract/filter/parse.ts';
import { Problem } from '../engine/problem.ts';

export interface Wanted {
  readonly failed: boolean;
  readonly connectOnly: boolean;
  readonly acceptOnly: boolean;
  readonly pid: number | null;
  readonly comm: string | null;
  readonly filter: string;
}

/** Refuses a filter that cannot be read, before anything starts. */
export function checkFilter(filter: string): void {
  const parsed = parseFilter(filter);
  if (parsed.ok) return;
  const { sentence, from, to } = parsed.error;
  throw new Problem('bad-filter', `The filter cannot be read: ${sentence}`, null, { from, to });
}

/** A socket that failed before anybody knew what it was for may have been for either. */
function isOf({ direction, call }: AttemptRow, wanted: Direction): boolean {
  return direction === wanted || call === 'socket' || call === 'bind';
}

/** Whether the flags want this attempt. */
export function flagsWant(row: AttemptRow, wanted: Wanted): boolean {
  return (
    (!wanted.failed || row.failed) &&
    (!wanted.connectOnly || isOf(row, 'outgoing')) &&
    (!wanted.acceptOnly || isOf(row, 'accepted')) &&
    (wanted.pid === null || row.pid === wanted.pid) &&
    (wanted.comm === null || row.comm === wanted.comm)
  );
}
