// Rows of the event table, decoded: what attempt-detail.ts makes event lists, spans and
// moments of.

import type { AttemptEvent, EventKind, TcpState } from '../../contract/attempt.ts';
import { errnoName } from '../../contract/errno.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import { cutText } from '../session/check-contents.ts';
import { eventText, type LooseDetail } from './event-text.ts';
import { numberOrNull, textOrNull } from './row.ts';
import type { SqlRow } from './statements.ts';

const NS_PER_MS = 1_000_000;

/** An event with what only the engine needs to know of it. */
export interface EventRow {
  readonly id: number;
  readonly timeNs: SessionNanoseconds;
  readonly kind: EventKind;
  readonly oldState: TcpState | null;
  readonly newState: TcpState | null;
  readonly error: string | null;
  readonly detail: LooseDetail;
  readonly kernelStack: number | null;
  readonly userStack: number | null;
}

/** Longest names and details that are read, bytes; Synscope writes some 30 and 300. */
const NAME_BYTES = 256;
const DETAIL_BYTES = 16_384;

export const EVENT_COLUMNS = `id, time_ns, ${['kind', 'old_state', 'new_state']
  .map((column) => `${cutText(column, NAME_BYTES)} AS ${column}`)
  .join(
    ', ',
  )}, errno, ${cutText('detail', DETAIL_BYTES)} AS detail, kernel_stack_id, user_stack_id`;

function parseDetail(text: unknown): LooseDetail {
  if (typeof text !== 'string') return {};
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === 'object' && detail !== null ? (detail as LooseDetail) : {};
  } catch {
    // A damaged or foreign detail costs its words, not the event.
    return {};
  }
}

export function toEventRow(row: SqlRow): EventRow {
  const errno = numberOrNull(row['errno']);
  const detail = parseDetail(row['detail']);
  // The result of a call that succeeded in part (EINPROGRESS) is in the detail alone.
  const result = textOrNull(detail['result']);
  return {
    id: Number(row['id']),
    timeNs: Number(row['time_ns']),
    kind: String(row['kind']) as EventKind,
    oldState: textOrNull(row['old_state']) as TcpState | null,
    newState: textOrNull(row['new_state']) as TcpState | null,
    error: errno === null || errno === 0 ? result : errnoName(errno),
    detail,
    kernelStack: numberOrNull(row['kernel_stack_id']),
    userStack: numberOrNull(row['user_stack_id']),
  };
}

/**
 * The state of the socket at an event. Of a retransmission the kernel tells it apart from any
 * change of state, so it is in the detail; without it nobody could tell a SYN from data.
 */
function stateBefore({ kind, oldState, detail }: EventRow): TcpState | null {
  if (kind !== 'retransmit' && kind !== 'synack-retransmit') return oldState;
  return oldState ?? (textOrNull(detail['state']) as TcpState | null);
}

/** What was sent again with this event, so that its gap can be told. */
function sendsAgain(event: EventRow): string | null {
  if (event.kind === 'retransmit') return event.detail['state'] === 'SYN_SENT' ? 'SYN' : 'data';
  if (event.kind === 'synack-retransmit') return 'SYN-ACK';
  return null;
}

/** What went out for the first time with this event. */
function sendsFirst(event: EventRow): string | null {
  if (event.kind !== 'state') return null;
  if (event.newState === 'SYN_SENT') return 'SYN';
  return event.newState === 'SYN_RECV' ? 'SYN-ACK' : null;
}

/** Events as the screen shows them; `beginNs` is where their clock starts. */
export function toAttemptEvents(
  rows: readonly EventRow[],
  beginNs: SessionNanoseconds,
): AttemptEvent[] {
  const lastSentNs = new Map<string, SessionNanoseconds>();
  return rows.map((row) => {
    const again = sendsAgain(row);
    const lastNs = again === null ? undefined : lastSentNs.get(again);
    const sent = again ?? sendsFirst(row);
    if (sent !== null) lastSentNs.set(sent, row.timeNs);
    const gapMs = lastNs === undefined ? null : (row.timeNs - lastNs) / NS_PER_MS;
    const { id, timeNs, kind, newState, error, kernelStack, userStack } = row;
    const oldState = stateBefore(row);
    const text = eventText({ ...row, gapMs });
    const atMs = (timeNs - beginNs) / NS_PER_MS;
    return { id, atMs, timeNs, kind, oldState, newState, error, text, kernelStack, userStack };
  });
}
