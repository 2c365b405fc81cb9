// Timeouts of payload in a row: how long a connection stood still because nothing was
// acknowledged. Called by retransmits.ts.
import type { RetransmitEventReader } from '../../contract/generated/events.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';
import { Trouble, type UnansweredRow } from './trouble.ts';

const NS_PER_US = 1000;
const NS_PER_MS = 1_000_000;
/** A row is worth telling when it has as many timeouts, or lasted as long. */
const MANY = 3;
const LONG_MS = 1000;

/** Whether a row of timeouts is more than what any connection may have. */
export function isTelling({ count, ms }: UnansweredRow): boolean {
  return count >= MANY || ms >= LONG_MS;
}

/** A timeout ran out; `id` is the event row of the retransmission. */
export function noteTimeout(
  desk: Desk,
  attempt: Attempt,
  event: RetransmitEventReader,
  timeNs: SessionNanoseconds,
  id: number,
): void {
  const inRow = event.counters.icskRetransmits;
  attempt.trouble ??= new Trouble();
  const { trouble } = attempt;
  const before = trouble.row;
  const goesOn = before !== null && inRow > before.count;
  const row: UnansweredRow = goesOn
    ? before
    : {
        count: 0,
        sinceNs: timeNs - event.rtoUs * NS_PER_US,
        ms: 0,
        rtoMs: 0,
        firstId: id,
        lastId: id,
      };
  row.count = inRow;
  row.ms = (timeNs - row.sinceNs) / NS_PER_MS;
  row.rtoMs = event.rtoUs / 1000;
  row.lastId = id;
  trouble.row = row;
  if (row.ms <= (trouble.longestRow?.ms ?? 0) && trouble.longestRow !== row) return;
  trouble.longestRow = row;
  if (isTelling(row)) desk.troubled(attempt);
}
