// Verdicts, failure groups and alerts of the attempts that nobody made (synthetic.ts).
import type { Alert } from '../../contract/alerts.ts';
import type { AttemptEvent, AttemptRow, Outcome } from '../../contract/attempt.ts';
import { type FailureGroup, type FailureGroups, SPARKLINE_BARS } from '../../contract/groups.ts';
import type { Verdict, VerdictBadge } from '../../contract/verdict.ts';

const BADGES: Partial<Record<Outcome, VerdictBadge>> = {
  refused: { id: 'refused-by-peer', title: 'refused by the peer', confidence: 'likely' },
  abandoned: { id: 'abandoned', title: 'given up by the caller', confidence: 'certain' },
  unreachable: { id: 'unreachable', title: 'unreachable by ICMP', confidence: 'certain' },
  'timed-out': { id: 'dropped-locally', title: 'dropped by netfilter', confidence: 'certain' },
  reset: { id: 'reset-midstream', title: 'reset mid-stream', confidence: 'possible' },
  failed: { id: 'unknown', title: 'cause unknown', confidence: 'possible' },
};

export function verdictBadge(outcome: Outcome): VerdictBadge | null {
  return BADGES[outcome] ?? null;
}

/** Ids of the events that `attemptDetail` makes. */
export const EVENT = { syn: 1, firstTry: 10, drop: 15, icmp: 18, error: 20, close: 30, asked: 40 };

/** The whole verdict of an attempt, with claims on those events that it has. */
export function wholeVerdict(row: AttemptRow, events: readonly AttemptEvent[]): Verdict | null {
  if (row.verdict === null) return null;
  const to = `${row.remoteAddress}:${row.remotePort}`;
  const claims = [
    { text: 'the first SYN', eventId: EVENT.syn },
    { text: 'the kernel sent it again three times', eventId: EVENT.firstTry },
    { text: 'netfilter threw the SYN away', eventId: EVENT.drop },
    { text: 'the router 10.0.0.1 reported host unreachable', eventId: EVENT.icmp },
    { text: 'the caller closed the socket', eventId: EVENT.close },
    {
      text: 'the kernel would have tried until 2 min 7 s (tcp_syn_retries = 6)',
      eventId: EVENT.asked,
    },
  ];
  const evidence = claims.filter(({ eventId }) => events.some(({ id }) => id === eventId));
  return {
    ...row.verdict,
    sentence: `${1 + row.retransmits} SYNs of ${row.comm} (pid ${row.pid}) to ${to} got no answer, and it gave up after 10.0 s by its own timeout; the kernel would have gone on until 2 min 7 s.`,
    evidence: [...evidence, { text: 'no byte went over it', eventId: null }],
    next: [
      `Is ${row.remoteAddress} up, and is a firewall on the way that drops instead of rejecting?`,
      'Look where the packets end; the same port, since a firewall may let others through.',
    ],
    command: `tcptraceroute ${row.remoteAddress} ${row.remotePort}`,
  };
}

/** Failures by verdict, error and destination port. */
export function failureGroups(rows: readonly AttemptRow[], limit: number): FailureGroups {
  const { from, to } = boundsOf(rows);
  const byId = new Map<string, AttemptRow[]>();
  for (const row of rows) {
    if (!row.failed || row.verdict === null) continue;
    const id = `${row.verdict.id}-${row.error}-${row.remotePort}`;
    const members = byId.get(id);
    if (members === undefined) byId.set(id, [row]);
    else members.push(row);
  }
  const groups = [...byId].map(([id, members]) => toGroup(id, members, from, to));
  groups.sort((a, b) => Number(b.isNew) - Number(a.isNew) || b.count - a.count);
  return {
    from,
    to,
    groups: groups.slice(0, limit),
    total: groups.length,
    failures: groups.reduce((sum, { count }) => sum + count, 0),
    version: 1,
  };
}

/** Over a loop: a million arguments are too many. */
function boundsOf(rows: readonly AttemptRow[]): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const { startedAt } of rows) {
    if (startedAt === null) continue;
    from = Math.min(from, startedAt);
    to = Math.max(to, startedAt);
  }
  return { from, to };
}

function toGroup(id: string, rows: AttemptRow[], from: number, to: number): FailureGroup {
  const [row] = rows;
  if (row === undefined) throw new Error('a group has attempts');
  const times = rows.map(({ startedAt }) => startedAt ?? from);
  const comms = new Map<string, number>();
  for (const { comm } of rows) comms.set(comm ?? '', (comms.get(comm ?? '') ?? 0) + 1);
  const sparkline = Array.from({ length: SPARKLINE_BARS }, () => 0);
  for (const at of times) {
    const bar = Math.floor(((at - from) / Math.max(1, to - from)) * SPARKLINE_BARS);
    const place = Math.min(SPARKLINE_BARS - 1, bar);
    sparkline[place] = (sparkline[place] ?? 0) + 1;
  }
  const { from: firstAt, to: lastAt } = boundsOf(rows);
  return {
    id,
    verdict: row.verdict,
    error: row.error,
    direction: 'outgoing',
    destination: `10.0.3.7:${row.remotePort}`,
    remoteAddress: '10.0.3.7',
    remotePort: row.remotePort,
    count: rows.length,
    firstAt,
    lastAt,
    processes: [...comms]
      .map(([comm, count]) => ({ comm, count }))
      .sort((a, b) => b.count - a.count),
    sparkline,
    isNew: firstAt > to - 60_000 && to - from > 120_000,
    filter: `verdict = ${row.verdict?.id} and rport = ${row.remotePort}`,
    exampleId: row.id,
    stack: row.remotePort === 5432 ? 'pqConnectDBStart ← do_connect ← main (psql)' : null,
    fingerprint: row.remotePort === 5432 ? '3f9a0c1d2b4e5f60' : null,
  };
}

/** The attempt, failed in a way that has this title. */
export function ofKind(row: AttemptRow, title: string): AttemptRow {
  const verdict = { id: title.replaceAll(' ', '-'), title, confidence: 'certain' } as const;
  const ended = { outcome: 'failed', state: 'CLOSE', failed: true, ended: true } as const;
  return { ...row, ...ended, error: 'ENOMEM', remotePort: 443, verdict };
}

export function madeUpAlert(id: number, at: number, part: Partial<Alert> = {}): Alert {
  return {
    id,
    kind: 'new-failure',
    title: 'New kind of failure',
    text: 'psql was refused by 10.0.3.7:5432 (ECONNREFUSED), for the first time in this session.',
    at,
    filter: 'verdict = refused-by-peer',
    ...part,
  };
}
