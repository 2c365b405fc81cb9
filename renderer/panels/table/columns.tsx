// The columns of the connection table: what each is called, how it is ordered by the
// engine, and how a cell looks.
import type { ReactNode } from 'react';
import type { SortColumn } from '../../../contract/api.ts';
import type { AttemptRow } from '../../../contract/attempt.ts';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatEndpoint,
  formatMoment,
} from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { badgeClass, badgeText, badgeTitle, callText, connectText } from '../../shared/outcome.ts';

export type ColumnId =
  | 'state'
  | 'process'
  | 'remote'
  | 'connect'
  | 'rtt'
  | 'retransmits'
  | 'bytes'
  | 'started'
  | 'duration'
  | 'local'
  | 'error';

export interface TableColumn {
  readonly id: ColumnId;
  readonly title: string;
  readonly description: string;
  readonly sort: SortColumn;
  /** First order that a click on the header gives. */
  readonly descendingFirst: boolean;
  readonly numeric: boolean;
  readonly width: number;
  /** Takes the room that is left over. */
  readonly grows: boolean;
  /** Left out while there is no room for all of it, unless it was chosen: the details have it too. */
  readonly spare: boolean;
  readonly cell: (row: AttemptRow) => ReactNode;
  /** The whole of what the cell says, for a tooltip. */
  readonly whole: (row: AttemptRow) => string;
}

const left = { numeric: false, descendingFirst: false, grows: false, spare: false } as const;
const right = { numeric: true, descendingFirst: true, grows: false, spare: false } as const;

export const COLUMNS: readonly TableColumn[] = [
  {
    ...left,
    id: 'state',
    title: 'State / verdict',
    description:
      'TCP state while it lives; once it ended, how; the cause of its failure, or what troubled it',
    sort: 'state',
    width: 178,
    cell: stateCell,
    whole: stateTitle,
  },
  {
    ...left,
    id: 'process',
    title: 'Process',
    description: 'Process that asked for the connection, or that accepted it',
    sort: 'process',
    width: 160,
    cell: processCell,
    whole: (row) =>
      row.comm === null ? 'owner unknown' : `${row.comm}, pid ${row.pid ?? 'unknown'}`,
  },
  {
    ...left,
    id: 'remote',
    title: 'Remote',
    description: 'Address and port of the other side',
    sort: 'remote',
    width: 196,
    grows: true,
    cell: remoteCell,
    whole: (row) =>
      row.call === null ? formatEndpoint(row.remoteAddress, row.remotePort) : callText(row),
  },
  {
    ...right,
    id: 'connect',
    title: 'Connect',
    description: 'Time from the first SYN until the connection stood',
    sort: 'connect',
    width: 158,
    cell: (row) => <span className={connectClass(row)}>{connectText(row)}</span>,
    whole: connectText,
  },
  {
    ...right,
    id: 'rtt',
    title: 'RTT',
    description: 'Smoothed round-trip time',
    sort: 'rtt',
    width: 84,
    cell: (row) => orDash(row.rttMs === null ? null : formatDuration(row.rttMs)),
    whole: (row) => formatDuration(row.rttMs),
  },
  {
    ...right,
    id: 'retransmits',
    title: 'Retr.',
    description: 'Segments sent again, SYNs included',
    sort: 'retransmits',
    width: 56,
    cell: (row) => (
      <span className={row.retransmits > 0 ? 'amber strong' : 'dim'}>{row.retransmits}</span>
    ),
    whole: (row) => `${row.retransmits} segments sent again`,
  },
  {
    ...right,
    id: 'bytes',
    title: 'Sent / received',
    description: 'Payload bytes each way, without retransmissions',
    sort: 'bytes',
    width: 112,
    cell: bytesCell,
    whole: (row) => `${row.bytesSent} B sent, ${row.bytesReceived} B received`,
  },
  {
    ...right,
    id: 'started',
    title: 'Started',
    description: 'When it began, local time',
    sort: 'started',
    width: 80,
    cell: (row) => (
      <span className="second">
        {row.startedAt === null ? 'earlier' : formatClock(row.startedAt)}
      </span>
    ),
    whole: (row) =>
      row.startedAt === null ? 'Older than the capture' : formatMoment(row.startedAt),
  },
  {
    ...right,
    id: 'duration',
    title: 'Duration',
    description: 'From its begin to its end, or until now',
    sort: 'duration',
    width: 94,
    spare: true,
    cell: (row) => orDash(row.durationMs === null ? null : formatDuration(row.durationMs)),
    whole: (row) => formatDuration(row.durationMs),
  },
  {
    ...left,
    id: 'local',
    title: 'Local',
    description: 'Address and port on this machine',
    sort: 'local',
    width: 152,
    spare: true,
    cell: (row) => (
      <span className="second">{formatEndpoint(row.localAddress, row.localPort)}</span>
    ),
    whole: (row) => formatEndpoint(row.localAddress, row.localPort),
  },
  {
    ...left,
    id: 'error',
    title: 'Error',
    description: 'Error that the socket reported',
    sort: 'outcome',
    width: 138,
    spare: true,
    cell: (row) => <span className={row.failed ? 'red' : 'dim'}>{row.error ?? ''}</span>,
    whole: (row) => row.error ?? 'no error',
  },
];

/**
 * Which columns are shown in `room` px, by name, where a person has not chosen: spare ones
 * as long as they fit. 0 = not laid out yet.
 */
export function fittingColumns(
  chosen: Readonly<Record<string, boolean>>,
  widths: Readonly<Record<string, number>>,
  room: number,
): Record<string, boolean> {
  const isFixed = ({ id, spare }: TableColumn) => !spare || chosen[id] !== undefined;
  const widthOf = ({ id, width }: TableColumn) => widths[id] ?? width;
  let left = room === 0 ? Number.POSITIVE_INFINITY : room;
  for (const column of COLUMNS) {
    if (isFixed(column) && chosen[column.id] !== false) left -= widthOf(column);
  }
  const shown: Record<string, boolean> = { ...chosen };
  for (const column of COLUMNS) {
    if (isFixed(column)) continue;
    left -= widthOf(column);
    shown[column.id] = left >= 0;
  }
  return shown;
}

const BY_ID = new Map<string, TableColumn>(COLUMNS.map((column) => [column.id, column]));

export function columnOf(id: string): TableColumn | undefined {
  return BY_ID.get(id);
}

/** A row that a loss may have touched carries a mark beside its badge. */
function stateCell(row: AttemptRow): ReactNode {
  const badge = <span className={badgeClass(row)}>{badgeText(row)}</span>;
  if (!row.incomplete) return badge;
  return (
    <>
      {badge}{' '}
      <span className="amber" role="img" aria-label="events of it may have been lost">
        <Icon name="warning" size={13} />
      </span>
    </>
  );
}

function stateTitle(row: AttemptRow): string {
  const lost = row.incomplete ? '; events of it may have been lost' : '';
  return `${badgeTitle(row)}${lost}`;
}

function processCell(row: AttemptRow): ReactNode {
  if (row.comm === null) return <span className="dim">unknown</span>;
  return (
    <>
      <span className="clip process-name">{row.comm}</span> <span className="dim">{row.pid}</span>
    </>
  );
}

function remoteCell(row: AttemptRow): ReactNode {
  if (row.call !== null) return <span className="dim">{callText(row)}</span>;
  return (
    <>
      {formatEndpoint(row.remoteAddress, row.remotePort)}
      {row.direction === 'accepted' && <span className="dim"> accepted</span>}
    </>
  );
}

function connectClass(row: AttemptRow): string {
  if (row.connectMs !== null) return '';
  if (row.call !== null) return 'dim';
  if (row.outcome === 'connecting') return 'amber';
  return row.failed ? 'red' : 'dim';
}

function bytesCell(row: AttemptRow): ReactNode {
  const none = row.bytesSent === 0 && row.bytesReceived === 0;
  return (
    <span className={none ? 'dim' : 'second'}>
      {formatBytes(row.bytesSent)} / {formatBytes(row.bytesReceived)}
    </span>
  );
}

function orDash(text: string | null): ReactNode {
  return text === null ? <span className="dim">—</span> : text;
}
