// What happened to an attempt, in plain words, from recorded facts only: no cause is
// concluded here. Where it failed its verdict says how it ended. Pure.
import type { AttemptDetail, AttemptEvent } from '../../../contract/attempt.ts';
import { formatDuration, formatEndpoint, formatSize, plural } from '../../shared/format.ts';
import { callText } from '../../shared/outcome.ts';

export interface Sentence {
  readonly text: string;
  /** The one that says how it stands or ended. */
  readonly strong: boolean;
}

const strong = (text: string): Sentence => ({ text, strong: true });
const plain = (text: string): Sentence => ({ text, strong: false });

/** Two or three short sentences about an attempt. */
export function describeAttempt(detail: AttemptDetail): Sentence[] {
  const sentences =
    detail.verdict === null || !detail.row.failed
      ? [...begin(detail), ...end(detail)]
      : besideVerdict(detail);
  if (detail.row.incomplete) {
    sentences.push(plain('Events of this attempt may have been lost, so parts can be missing.'));
  }
  return sentences;
}

/** What a verdict leaves out: how the connection stood before it failed. */
function besideVerdict(detail: AttemptDetail): Sentence[] {
  const { row } = detail;
  if (row.connectMs !== null) return [...begin(detail), ...traffic(detail)];
  return row.startedAt === null ? begin(detail) : [];
}

function who(detail: AttemptDetail): string {
  return detail.row.comm ?? 'The caller';
}

function target(detail: AttemptDetail): string {
  return formatEndpoint(detail.row.remoteAddress, detail.row.remotePort);
}

function has(detail: AttemptDetail, kind: AttemptEvent['kind']): boolean {
  return detail.events.some((event) => event.kind === kind);
}

function begin(detail: AttemptDetail): Sentence[] {
  const { row } = detail;
  if (row.call !== null) return [];
  if (row.startedAt === null)
    return [plain('It is older than the capture: its begin was not seen.')];
  if (row.connectMs !== null) {
    const way =
      row.direction === 'accepted'
        ? `Accepted from ${target(detail)}`
        : `Connected to ${target(detail)}`;
    return [plain(`${way} in ${formatDuration(row.connectMs)}.`)];
  }
  if (row.direction !== 'outgoing') return [];
  const sent = detail.spans.some((span) => span.state === 'SYN_SENT');
  if (!sent) return [plain(`No SYN left for ${target(detail)}.`)];
  const syns = 1 + row.retransmits;
  if (row.outcome === 'refused' && row.retransmits === 0) return [];
  return [plain(`${syns === 1 ? 'One SYN' : `${syns} SYNs`} to ${target(detail)}, no connection.`)];
}

function end(detail: AttemptDetail): Sentence[] {
  const { row } = detail;
  const after = row.durationMs === null ? '' : ` after ${formatDuration(row.durationMs)}`;
  const error = row.error === null ? '' : ` (${row.error})`;
  switch (row.outcome) {
    case 'connecting':
      return [strong(`Waiting for an answer for ${formatDuration(row.durationMs)}.`)];
    case 'open':
      return [
        strong(
          `It is open${row.durationMs === null ? '' : `, ${formatDuration(row.durationMs)} so far`}.`,
        ),
        ...traffic(detail),
      ];
    case 'closed':
      return [strong(`${closer(detail)}${after}.`), ...traffic(detail)];
    case 'refused':
      return [strong(`${target(detail)} refused${after}${error}.`), ...reset(detail)];
    case 'timed-out':
      return [strong(`The kernel gave up${after}${error}.`), ...tries(detail)];
    case 'unreachable':
      return [strong(`It was reported unreachable${after}${error}.`)];
    case 'abandoned':
      return [
        strong(`${who(detail)} gave up${after}: the socket was closed before an answer came.`),
      ];
    case 'reset':
      return [
        strong(`The connection was reset${after}${error}.`),
        ...reset(detail),
        ...traffic(detail),
      ];
    case 'failed':
      if (row.call !== null)
        return [
          strong(`${callText(row)} failed with ${row.error ?? 'an error that was not told'}.`),
        ];
      return [strong(`It failed${after} with ${row.error ?? 'an error that was not told'}.`)];
    case 'unknown':
      return [strong('Its end was not seen.')];
  }
}

function closer({ row }: AttemptDetail): string {
  if (row.closedBy === 'remote') return 'The remote closed first';
  if (row.closedBy === 'local') return `${row.comm ?? 'This side'} closed first`;
  return 'It closed';
}

function reset(detail: AttemptDetail): Sentence[] {
  if (has(detail, 'reset-received')) return [plain('A RST came from the remote.')];
  if (has(detail, 'reset-sent')) return [plain('This machine sent a RST.')];
  return [];
}

function tries({ row }: AttemptDetail): Sentence[] {
  if (row.connectMs === null || row.retransmits === 0) return [];
  return [plain(`${plural(row.retransmits, 'segment')} sent again without an answer.`)];
}

function traffic({ row }: AttemptDetail): Sentence[] {
  const again = row.retransmits > 0 ? `, ${plural(row.retransmits, 'segment')} sent again` : '';
  return [
    plain(`${formatSize(row.bytesSent)} sent, ${formatSize(row.bytesReceived)} received${again}.`),
  ];
}
