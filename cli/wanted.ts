// Which attempts a trace prints: the flags of the command line against a row, and the
// filter text through the engine, which alone knows what it means.
import type { AttemptDetail } from '../contract/attempt.ts';
import { parseFilter } from '../contract/filter/parse.ts';
import type { Engine } from '../engine/engine-types.ts';
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

/** Whether the flags want this attempt. */
export function flagsWant({ row }: AttemptDetail, wanted: Wanted): boolean {
  return (
    (!wanted.failed || row.failed) &&
    (!wanted.connectOnly || row.direction === 'outgoing') &&
    (!wanted.acceptOnly || row.direction === 'accepted') &&
    (wanted.pid === null || row.pid === wanted.pid) &&
    (wanted.comm === null || row.comm === wanted.comm)
  );
}

/** Whether the filter text selects this attempt. */
export async function filterWants(
  engine: Engine,
  detail: AttemptDetail,
  filter: string,
): Promise<boolean> {
  if (filter.trim() === '') return true;
  const place = await engine.call('position', {
    session: 'live',
    selection: { filter, failedOnly: false, upToId: detail.row.id, range: null },
    sort: { column: 'started', descending: true },
    id: detail.row.id,
  });
  return place !== null;
}
