// Everything about one attempt: its row, owner, events in words, spans of states, and
// stacks by moment. Asked by the details panel, the export and `trace --json`.
import type { FrameQuality } from '../../contract/addon.ts';
import type { AttemptDetail, Frame, Owner, Stack, TcpState } from '../../contract/attempt.ts';
import type { AttemptId, SessionNanoseconds } from '../../contract/units.ts';
import { tellVerdict } from '../diagnosis/tell.ts';
import { cutText } from '../session/check-contents.ts';
import { MAX_CMDLINE_BYTES, type SessionClock } from './compile.ts';
import { EVENT_COLUMNS, type EventRow, toAttemptEvents, toEventRow } from './event-row.ts';
import { momentsOf, type StackReader } from './moments.ts';
import { numberOrNull, oneOf, ROW_SELECT, textOrNull, toAttemptRow } from './row.ts';
import { stackHint } from './stack-hint.ts';
import type { SqlRow, Statements } from './statements.ts';

const NS_PER_MS = 1_000_000;
/** Events that a detail carries; a chatty connection has more retransmissions than anyone reads. */
const MAX_EVENTS = 2000;

type Span = AttemptDetail['spans'][number];

/** Strings of a JSON array, none when it is something else. */
function parseArguments(text: unknown): string[] {
  try {
    const parsed: unknown = JSON.parse(String(text));
    return Array.isArray(parsed) ? parsed.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** Longest text of a frame that is read, bytes: it is on the screen more than once. */
const FRAME_BYTES = 4096;
/** Of a fingerprint, which has 16. */
const FINGERPRINT_BYTES = 64;
/** Longest finding that is read. */
const FINDING_BYTES = 8192;

const OWNER = `SELECT pid, comm, exe, uid, user, unit, container, cgroup,
  CASE WHEN octet_length(cmdline) > ${MAX_CMDLINE_BYTES} THEN json_array('(too long to show)') ELSE cmdline END AS cmdline
  FROM process WHERE id = ?`;

function readOwner(statements: Statements, processId: number | null): Owner | null {
  if (processId === null) return null;
  const row = statements.get(OWNER, processId);
  if (row === undefined) return null;
  return {
    pid: Number(row['pid']),
    comm: String(row['comm']),
    exe: textOrNull(row['exe']),
    cmdline: parseArguments(row['cmdline']),
    uid: Number(row['uid']),
    user: textOrNull(row['user']),
    unit: textOrNull(row['unit']),
    container: textOrNull(row['container']),
    cgroup: textOrNull(row['cgroup']),
  };
}

const QUALITIES: readonly FrameQuality[] = ['kernel', 'cfi', 'frame-pointer', 'jit-map', 'guess'];

function toFrame(row: SqlRow): Frame {
  return {
    name: textOrNull(row['name']),
    module: textOrNull(row['module']),
    buildId: textOrNull(row['build_id']),
    offset: numberOrNull(row['offset']),
    address: String(row['address']),
    quality: oneOf(QUALITIES, row['quality'], 'guess'),
    problem: textOrNull(row['problem']),
    file: textOrNull(row['file']),
    line: numberOrNull(row['line']),
    inlined: row['inlined'] === 1,
  };
}

const FRAME_TEXTS = ['name', 'module', 'build_id', 'address', 'quality', 'problem', 'file']
  .map((column) => `${cutText(`f.${column}`, FRAME_BYTES)} AS ${column}`)
  .join(', ');
const FRAMES = `SELECT ${FRAME_TEXTS}, f.offset, f.line, f.inlined
  FROM stack_frame s JOIN frame f ON f.id = s.frame_id WHERE s.stack_id = ? ORDER BY s.depth LIMIT 256`;

function readStack(statements: Statements, id: number): Stack | null {
  const row = statements.get(
    `SELECT kind, unwinder, symbolized, coalesce(same_as, id) AS frames,
       ${cutText('fingerprint', FINGERPRINT_BYTES)} AS fingerprint FROM stack WHERE id = ?`,
    id,
  );
  if (row === undefined) return null;
  const frames = statements.all(FRAMES, Number(row['frames'])).map(toFrame);
  return {
    id,
    kind: row['kind'] === 'kernel' ? 'kernel' : 'user',
    unwinder: String(row['unwinder']).slice(0, 40),
    symbolized: row['symbolized'] === 1,
    frames,
    fingerprint: textOrNull(row['fingerprint']),
    hint: row['symbolized'] === 1 ? stackHint(frames) : null,
  };
}

/** Remembers within one detail: the same stack is often at two moments. */
function stackReader(statements: Statements): StackReader {
  const known = new Map<number, Stack | null>();
  return (id) => {
    const stack = known.get(id) ?? readStack(statements, id);
    known.set(id, stack);
    return stack;
  };
}

const WAITING: ReadonlySet<TcpState> = new Set(['SYN_SENT', 'SYN_RECV', 'NEW_SYN_RECV']);

/** Spans of states out of the state changes; CLOSE ends the last one. */
export function spansOf(
  events: readonly EventRow[],
  beginNs: SessionNanoseconds,
  endNs: SessionNanoseconds | null,
): Span[] {
  const at = (timeNs: SessionNanoseconds) => (timeNs - beginNs) / NS_PER_MS;
  const spans: Span[] = [];
  const endLast = (endMs: number) => {
    const last = spans.at(-1);
    if (last !== undefined && last.endMs === null) spans[spans.length - 1] = { ...last, endMs };
  };
  for (const { kind, oldState, newState, detail, timeNs } of events) {
    const state =
      kind === 'state' ? newState : kind === 'first-seen' ? textOrNull(detail['state']) : null;
    if (state === null) continue;
    // The first change seen of an accepted connection leaves SYN_RECV, which it was in from the start.
    if (spans.length === 0 && oldState !== null && WAITING.has(oldState)) {
      spans.push({ state: oldState, startMs: 0, endMs: null });
    }
    endLast(at(timeNs));
    if (state !== 'CLOSE')
      spans.push({ state: state as TcpState, startMs: at(timeNs), endMs: null });
  }
  if (endNs !== null) endLast(at(endNs));
  return spans;
}

function viaOf(events: readonly EventRow[]): AttemptDetail['via'] {
  const call = events.find(({ detail }) => textOrNull(detail['via']) !== null);
  if (call === undefined) return null;
  return call.detail['via'] === 'io_uring' ? 'io_uring' : 'syscall';
}

const ATTEMPT = `${ROW_SELECT} WHERE a.id = ?`;
const ATTEMPT_MORE = `SELECT printf('%x', cookie) AS cookie_hex, cookie IS NULL AS no_cookie, ordinal, netns,
  process_id, tid, thread_comm, fd, async, errno, begin_ns, ${cutText('finding', FINDING_BYTES)} AS finding FROM attempt WHERE id = ?`;
const EVENTS = `SELECT ${EVENT_COLUMNS} FROM event WHERE attempt_id = ? ORDER BY time_ns, id LIMIT ${MAX_EVENTS}`;
/** Beyond the limit, state changes still make whole spans. */
const STATES = `SELECT ${EVENT_COLUMNS} FROM event WHERE attempt_id = ? AND event.kind IN ('state', 'first-seen')
  ORDER BY time_ns, id LIMIT ${MAX_EVENTS}`;

/** Reads one attempt; null when the session does not have it. */
export function readAttempt(
  statements: Statements,
  id: AttemptId,
  clock: SessionClock,
): AttemptDetail | null {
  const main = statements.get(ATTEMPT, id);
  const more = statements.get(ATTEMPT_MORE, id);
  if (main === undefined || more === undefined) return null;
  const row = toAttemptRow(main, clock);
  const startedNs = numberOrNull(main['started_ns']);
  const beginNs = startedNs ?? Number(more['begin_ns']);
  const events = statements.all(EVENTS, id).map(toEventRow);
  const whole = events.length < MAX_EVENTS;
  const states = whole ? events : statements.all(STATES, id).map(toEventRow);
  const owner = readOwner(statements, numberOrNull(more['process_id']));
  const threadComm = textOrNull(more['thread_comm']);
  const via = viaOf(events);
  const facts = {
    beginNs,
    direction: row.direction,
    failed: row.failed,
    ended: row.ended,
    beginSeen: startedNs !== null,
    via,
  };
  return {
    row,
    cookie: more['no_cookie'] === 1 ? null : String(more['cookie_hex']),
    ordinal: Number(more['ordinal']),
    netns: Number(more['netns']),
    fd: numberOrNull(more['fd']),
    async: more['async'] === null ? null : more['async'] === 1,
    via,
    errno: numberOrNull(more['errno']),
    owner,
    threadComm: threadComm === owner?.comm ? null : threadComm,
    tid: numberOrNull(more['tid']),
    events: toAttemptEvents(events, beginNs),
    eventCount: whole
      ? events.length
      : statements.number('SELECT count(*) FROM event WHERE attempt_id = ?', id),
    spans: spansOf(states, beginNs, numberOrNull(main['ended_ns'])),
    stacks: momentsOf(whole ? events : states, facts, stackReader(statements)),
    verdict: tellVerdict(row, more['finding']),
  };
}
