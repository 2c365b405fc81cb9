// The owner and the socket of one attempt, as lists of facts.
import type { ReactNode } from 'react';
import type { AttemptDetail, OwnerSource } from '../../../contract/attempt.ts';
import { formatEndpoint, formatMoment } from '../../shared/format.ts';
import { callText } from '../../shared/outcome.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

const OWNER_SOURCES: Record<OwnerSource, string> = {
  connect: 'the connect call itself',
  accept: 'the accept call itself',
  scan: 'the scan of open sockets when the capture began',
  listener: 'the process that listens on this port',
  unknown: 'nowhere: it was not seen',
};

/** Facts about the process, those that are known. */
export function ownerFacts({ row, owner, fd, tid, threadComm }: AttemptDetail): Fact[] {
  return known([
    ['Process', row.comm],
    ['pid', row.pid],
    ['Executable', owner?.exe],
    ['Command line', commandLine(owner?.cmdline ?? [])],
    ['User', owner === null ? null : [owner.user, `uid ${owner.uid}`].filter(Boolean).join(', ')],
    ['Thread', tid === row.pid ? threadComm : thread(tid, threadComm)],
    ['File descriptor', fd],
    ['systemd unit', owner?.unit],
    ['Container', owner?.container],
    ['cgroup', owner?.cgroup],
    ['Known from', OWNER_SOURCES[row.ownerSource]],
  ]);
}

/** Facts about the socket, those that are known. */
export function socketFacts(detail: AttemptDetail): Fact[] {
  const { row } = detail;
  return known([
    ['Call', row.call === null ? null : callText(row)],
    ['Local', formatEndpoint(row.localAddress, row.localPort)],
    ['Remote', row.call === null ? formatEndpoint(row.remoteAddress, row.remotePort) : null],
    ['Direction', row.direction === 'unknown' ? 'unknown: older than the capture' : row.direction],
    ['Family', row.family === 'ipv4' ? 'IPv4' : 'IPv6'],
    ['State', row.state],
    [
      'Error',
      detail.errno === null ? row.error : `${row.error ?? ''} (errno ${detail.errno})`.trim(),
    ],
    ['Started', row.startedAt === null ? null : formatMoment(row.startedAt)],
    ['Cookie', detail.cookie === null ? null : `${detail.cookie} (sk: in ss -e)`],
    ['Connection of this socket', detail.ordinal],
    ['connect(2)', waiting(detail)],
    ['Called through', detail.via === 'io_uring' ? 'io_uring' : null],
    ['Network namespace', detail.netns === 0 ? null : detail.netns],
    ['Closed first by', row.closedBy],
    ['Bytes sent', row.bytesSent],
    ['Bytes received', row.bytesReceived],
  ]);
}

function known(facts: [string, string | number | null | undefined][]): Fact[] {
  return facts
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => ({ name, value: String(value) }));
}

/** Whether the caller waited in its call. */
function waiting({ async, via }: AttemptDetail): string | null {
  if (async === null) return null;
  if (!async) return 'blocking';
  return via === 'io_uring' ? 'without blocking' : 'without blocking: EINPROGRESS';
}

function thread(tid: number | null, comm: string | null): string | null {
  if (tid === null) return comm;
  return comm === null ? String(tid) : `${comm}, tid ${tid}`;
}

/** Arguments as a shell would take them. */
export function commandLine(args: readonly string[]): string {
  return args
    .map((each) => (/^[\w./:=@%+,-]+$/.test(each) ? each : `'${each.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

export function factsText(facts: readonly Fact[]): string {
  return facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

export function Facts({
  facts,
  children,
}: {
  readonly facts: readonly Fact[];
  readonly children?: ReactNode;
}) {
  return (
    <dl className="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {children}
    </dl>
  );
}
