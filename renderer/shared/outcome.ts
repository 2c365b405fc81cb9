// How an attempt is named and coloured, in one place: the table's badge, the details'
// heading and the charts agree. Takes rows of contract/attempt.ts.
import type { AttemptRow, Outcome } from '../../contract/attempt.ts';
import { formatDuration, formatEndpoint } from './format.ts';
import { isHarmless, verdictTitle } from './verdict.ts';

export type Tone = 'red' | 'amber' | 'green' | 'blue' | 'grey';

const ENDED: Record<Outcome, string> = {
  connecting: 'connecting',
  open: 'open',
  closed: 'closed',
  refused: 'refused',
  'timed-out': 'timed out',
  unreachable: 'unreachable',
  abandoned: 'abandoned',
  reset: 'reset',
  failed: 'failed',
  unknown: 'end not seen',
};

/** Name of an outcome for charts and lists. */
export function outcomeName(outcome: Outcome): string {
  return ENDED[outcome];
}

/** What the badge says: the verdict; else the state of a living attempt, the outcome of an ended one. */
export function badgeText(row: AttemptRow): string {
  if (row.verdict !== null) return row.verdict.title;
  if (!row.ended && !row.failed) return row.state;
  if (row.outcome === 'closed') {
    if (row.closedBy === 'remote') return 'closed by peer';
    if (row.closedBy === 'local') return 'closed by us';
  }
  return ENDED[row.outcome];
}

/** The whole of what the badge says: of a verdict also how sure it is, and where a living attempt stands. */
export function badgeTitle(row: AttemptRow): string {
  if (row.verdict === null) return `${badgeText(row)}${row.ended ? '' : ', now'}`;
  const now = row.ended ? '' : ` Now in ${row.state}.`;
  return `${verdictTitle(row.verdict)}${now}`;
}

/** Classes of the badge; a verdict that is less than likely has a broken edge. */
export function badgeClass(row: AttemptRow): string {
  const doubt = row.verdict?.confidence === 'possible' ? ' doubt' : '';
  return `badge ${toneOf(row)}${doubt}`;
}

/** Colour of an attempt's badge and edge. */
export function toneOf(row: AttemptRow): Tone {
  if (row.verdict !== null && isHarmless(row.verdict)) return 'grey';
  if (row.failed) return 'red';
  if (row.verdict !== null) return 'amber';
  if (row.ended) return row.outcome === 'closed' ? 'blue' : 'grey';
  if (row.outcome === 'connecting') return 'amber';
  return row.state === 'ESTABLISHED' ? 'green' : 'blue';
}

/** Cell "time to connect": `18 ms`; `3.1 s …` while it waits; `gave up 10.0 s` when it failed. */
export function connectText(row: AttemptRow): string {
  if (row.connectMs !== null) return formatDuration(row.connectMs);
  if (row.startedAt === null || row.call !== null) return '—';
  if (!row.ended) {
    return row.outcome === 'connecting' ? `${formatDuration(row.durationMs)} …` : '—';
  }
  if (!row.failed) return '—';
  const word = row.outcome === 'abandoned' ? 'gave up' : ENDED[row.outcome];
  return row.durationMs === null ? word : `${word} ${formatDuration(row.durationMs)}`;
}

/** `bind() of 0.0.0.0:80`, `socket()`: the call that failed, of a row that is none of a connection. */
export function callText({ call, localAddress, localPort }: AttemptRow): string {
  if (call === null) return '';
  if (call === 'socket') return 'socket()';
  const preposition = call === 'bind' ? 'of' : 'on';
  return `${call}() ${preposition} ${formatEndpoint(localAddress, localPort)}`;
}

/** `curl → 10.0.0.2:443`, or `10.0.0.2:51822 → sshd` for an accepted one. */
export function headingText(row: AttemptRow): string {
  const remote = formatEndpoint(row.remoteAddress, row.remotePort);
  const owner = row.comm ?? 'unknown process';
  if (row.call !== null) return `${owner}: ${callText(row)}`;
  return row.direction === 'accepted' ? `${remote} → ${owner}` : `${owner} → ${remote}`;
}

/** A row as one line of text, for the clipboard. Tab-separated, in the order of the table. */
export function rowText(row: AttemptRow): string {
  return [
    badgeText(row),
    row.comm === null ? '' : `${row.comm} ${row.pid ?? ''}`.trim(),
    ...(row.call === null
      ? [
          formatEndpoint(row.remoteAddress, row.remotePort),
          formatEndpoint(row.localAddress, row.localPort),
        ]
      : [callText(row)]),
    row.startedAt === null ? '' : new Date(row.startedAt).toISOString(),
    connectText(row),
    formatDuration(row.durationMs),
    `${row.retransmits} retransmits`,
    `${row.bytesSent} B sent`,
    `${row.bytesReceived} B received`,
    row.error ?? '',
  ]
    .filter((part) => part !== '')
    .join('\t');
}
