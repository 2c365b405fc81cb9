// Attempts as comma-separated values after RFC 4180. Used by export.ts.
import type { AttemptDetail } from '../../contract/attempt.ts';
import { plainText } from '../../contract/plain-text.ts';

/** Text that a spreadsheet would run as a formula: process names come from anyone. A flag alone, or with plain arguments, is none. */
const FORMULA = /^[=+@\t\r\n]|^-(?![\w\s./:-]*$)|^-\d/;

function csvText(text: string): string {
  const plain = plainText(text, '\n\r\t');
  const harmless = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function csvNumber(value: number | null): string {
  return value === null ? '' : String(Math.round(value * 1000) / 1000);
}

function csvFlag(value: boolean | null): string {
  return value === null ? '' : value ? '1' : '0';
}

type Cell = (detail: AttemptDetail) => string;

const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['attempt', ({ row }) => csvNumber(row.id)],
  ['direction', ({ row }) => csvText(row.direction)],
  ['family', ({ row }) => csvText(row.family)],
  ['state', ({ row }) => csvText(row.state)],
  ['outcome', ({ row }) => csvText(row.outcome)],
  ['failed', ({ row }) => csvFlag(row.failed)],
  ['error', ({ row }) => csvText(row.error ?? '')],
  ['async', ({ async }) => csvFlag(async)],
  ['fd', ({ fd }) => csvNumber(fd)],
  ['pid', ({ owner }) => csvNumber(owner?.pid ?? null)],
  ['comm', ({ owner }) => csvText(owner?.comm ?? '')],
  ['exe', ({ owner }) => csvText(owner?.exe ?? '')],
  ['cmdline', ({ owner }) => csvText(owner?.cmdline.join(' ') ?? '')],
  ['uid', ({ owner }) => csvNumber(owner?.uid ?? null)],
  ['user', ({ owner }) => csvText(owner?.user ?? '')],
  ['unit', ({ owner }) => csvText(owner?.unit ?? '')],
  ['container', ({ owner }) => csvText(owner?.container ?? '')],
  ['owner_source', ({ row }) => csvText(row.ownerSource)],
  ['local_address', ({ row }) => csvText(row.localAddress)],
  ['local_port', ({ row }) => csvNumber(row.localPort)],
  ['remote_address', ({ row }) => csvText(row.remoteAddress)],
  ['remote_port', ({ row }) => csvNumber(row.remotePort)],
  [
    'started_at',
    ({ row }) => (row.startedAt === null ? '' : new Date(row.startedAt).toISOString()),
  ],
  ['connect_ms', ({ row }) => csvNumber(row.connectMs)],
  ['duration_ms', ({ row }) => csvNumber(row.durationMs)],
  ['rtt_ms', ({ row }) => csvNumber(row.rttMs)],
  ['retransmits', ({ row }) => csvNumber(row.retransmits)],
  ['bytes_sent', ({ row }) => csvNumber(row.bytesSent)],
  ['bytes_received', ({ row }) => csvNumber(row.bytesReceived)],
  ['closed_by', ({ row }) => csvText(row.closedBy ?? '')],
  ['incomplete', ({ row }) => csvFlag(row.incomplete)],
];

/** Names of the columns, with the line end. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** One attempt, with the line end. */
export function csvLine(detail: AttemptDetail): string {
  return `${COLUMNS.map(([, cell]) => cell(detail)).join(',')}\r\n`;
}
