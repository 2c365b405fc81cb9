// A failure group in words: for its line, for the reader who hears it, and for the
// clipboard. Pure.
import type { FailureGroup } from '../../../contract/groups.ts';
import { formatCount, formatEndpoint, formatMoment, plural } from '../../shared/format.ts';
import { sureness } from '../../shared/verdict.ts';

/** What the badge says: the verdict, else the error. */
export function groupTitle({ verdict, error }: FailureGroup): string {
  return verdict?.title ?? error ?? 'failed';
}

/** Where to: the peer; `here: 0.0.0.0:80` for what this machine was to accept, or could not bind. */
export function destinationText(group: FailureGroup): string {
  const { direction, destination, remoteAddress, remotePort } = group;
  if (direction !== 'accepted') return destination;
  return `here: ${formatEndpoint(remoteAddress, remotePort)}`;
}

/** Who it happened to: `curl, wget +2`. */
export function processesText({ processes }: FailureGroup): string {
  const names = processes.map(({ comm }) => (comm === '' ? 'unknown' : comm));
  const more = names.length > 2 ? ` +${names.length - 2}` : '';
  return names.slice(0, 2).join(', ') + more;
}

/** Every process with its count, one a line. */
export function processesTitle({ processes }: FailureGroup): string {
  return processes
    .map(({ comm, count }) => `${comm === '' ? 'owner unknown' : comm}: ${formatCount(count)}`)
    .join('\n');
}

/** What and where: `nobody listens · ECONNREFUSED · 127.0.0.1:9 · curl`. */
export function groupHeading(group: FailureGroup): string {
  const errno = group.verdict === null ? null : group.error;
  const parts = [groupTitle(group), errno, destinationText(group), processesText(group)];
  return parts.filter((part) => part !== null && part !== '').join(' · ');
}

/** The whole group in one sentence, for who cannot see its line. */
export function groupSentence(group: FailureGroup): string {
  const { error, count } = group;
  const errno = error === null || group.verdict === null ? '' : `, ${error}`;
  return `${groupTitle(group)}${errno}, ${destinationText(group)}, ${plural(count, 'failure')}, ${processesText(group)}`;
}

/** The group as text, for a ticket or a colleague. */
export function groupText(group: FailureGroup): string {
  const { verdict, error, count, firstAt, lastAt, stack, fingerprint, filter } = group;
  const known = fingerprint === null ? '' : ` · fingerprint ${fingerprint}`;
  const sure = verdict === null ? '' : ` (${sureness(verdict).word.toLowerCase()})`;
  const errno = verdict === null || error === null ? '' : ` · ${error}`;
  return [
    `${groupTitle(group)}${sure}${errno} · ${destinationText(group)}`,
    `${plural(count, 'failure')}, first ${formatMoment(firstAt)}, last ${formatMoment(lastAt)}`,
    `Processes: ${group.processes.map(({ comm, count: of }) => `${comm === '' ? 'unknown' : comm} ${formatCount(of)}`).join(', ')}`,
    ...(stack === null ? [] : [`Called from: ${stack}${known}`]),
    `Filter: ${filter}`,
  ].join('\n');
}

/** Outline of the bars of a sparkline, for one SVG path: none that is there is too low to be seen. */
export function sparklinePath(counts: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  const bar = Math.max(1, step - 1);
  return counts
    .map((count, index) => {
      if (count <= 0) return '';
      const tall = Math.max(2, (count / most) * height);
      return `M${round(index * step)} ${height}v${round(-tall)}h${round(bar)}v${round(tall)}z`;
    })
    .join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
