// Recorded events in plain words: one line each, from the event's columns and the `detail`
// that engine/session/detail.ts describes. Read by people in the event list and on the
// timeline; made in attempt-detail.ts.
import type { EventKind, TcpState } from '../../contract/attempt.ts';
import type { Bytes, Milliseconds } from '../../contract/units.ts';
import { sayContext } from '../diagnosis/context-text.ts';

/** Any `detail`: keys may be absent, also in files written by other versions. */
export interface LooseDetail {
  readonly [key: string]: unknown;
}

export interface EventFacts {
  readonly kind: EventKind;
  readonly oldState: TcpState | null;
  readonly newState: TcpState | null;
  readonly error: string | null;
  readonly detail: LooseDetail;
  /** Time since this attempt last sent the same thing: the SYN, or the retransmission before. */
  readonly gapMs: Milliseconds | null;
}

/** `0.21 ms`, `150 ms`, `1.02 s`, `2 min 5 s`. */
export function sayDuration(ms: Milliseconds): string {
  if (ms < 10) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(2))} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function sayBytes(bytes: Bytes): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Number((bytes / 1e3).toFixed(1))} kB`;
  return `${Number((bytes / 1e6).toFixed(1))} MB`;
}

function textIn(detail: LooseDetail, key: string): string | null {
  const value = detail[key];
  return typeof value === 'string' ? value : null;
}

function numberIn(detail: LooseDetail, key: string): number | null {
  const value = detail[key];
  return typeof value === 'number' ? value : null;
}

/** `, by nginx (812)` when somebody else than the owner did it. */
function byActor(detail: LooseDetail): string {
  const by = detail['by'];
  if (typeof by !== 'object' || by === null) return '';
  const comm = textIn(by as LooseDetail, 'comm');
  const pid = numberIn(by as LooseDetail, 'pid');
  return comm === null ? '' : `, by ${comm} (${pid ?? '?'})`;
}

function sayState({ oldState, newState, error, detail }: EventFacts): string {
  const change = oldState === null ? `now ${newState ?? '?'}` : `${oldState} → ${newState ?? '?'}`;
  const inferred = textIn(detail, 'inferred');
  const soft = textIn(detail, 'softError');
  return [
    change,
    error === null ? '' : `, ${error}`,
    error === null && soft !== null ? `, after ${soft}` : '',
    detail['exiting'] === true ? ', the process was ending' : '',
    byActor(detail),
    inferred === null ? '' : `, concluded: ${inferred}`,
  ].join('');
}

function sayConnect({ error, detail }: EventFacts): string {
  const fd = numberIn(detail, 'fd');
  const call = `connect(${fd ?? ''})`;
  const result = textIn(detail, 'result') ?? error;
  if (detail['dissolves'] === true) {
    return `${call} with AF_UNSPEC took the connection back${byActor(detail)}`;
  }
  const ended = result === null ? `${call} succeeded` : `${call} returned ${result}`;
  return `${ended}${throughRing(detail)}${byActor(detail)}${socketOptions(detail)}`;
}

/** `, the socket bound to interface 7, marked 0x5`: both decide which way it is led. */
function socketOptions(detail: LooseDetail): string {
  const device = numberIn(detail, 'boundDevice');
  const mark = numberIn(detail, 'mark');
  const words = [
    device === null ? '' : `bound to interface ${device}`,
    mark === null ? '' : `marked 0x${mark.toString(16)}`,
  ].filter((each) => each !== '');
  return words.length === 0 ? '' : `, the socket ${words.join(', ')}`;
}

function sayAccept({ detail }: EventFacts): string {
  const fd = numberIn(detail, 'fd');
  return `accept() returned ${fd === null ? 'it' : `fd ${fd}`}${byActor(detail)}`;
}

/**
 * `SYN sent again (2) after 2.05 s`. When the next would come is not told: since Linux 6.5
 * the first SYN timeouts do not double (tcp_syn_linear_timeouts).
 */
function sayRetransmit(what: string, { detail, gapMs }: EventFacts): string {
  const count = numberIn(detail, 'count');
  const gap = gapMs === null ? '' : ` after ${sayDuration(gapMs)}`;
  const timeout = what === 'data' ? sayRetransmitTimeout(detail) : '';
  return `${what} sent again${count === null ? '' : ` (${count})`}${gap}${timeout}`;
}

/** `, timeout 820 ms ran out, 3 in a row`; of a SYN the gap says the same. */
function sayRetransmitTimeout(detail: LooseDetail): string {
  const rtoMs = numberIn(detail, 'rtoMs');
  if (rtoMs === null) return '';
  const inRow = numberIn(detail, 'inRow');
  const row = inRow === null || inRow < 2 ? '' : `, ${inRow} in a row`;
  const window = detail['windowClosed'] === true ? ', into a closed window' : '';
  return `, timeout ${sayDuration(rtoMs)} ran out${row}${window}`;
}

function sayReset(what: string, { detail }: EventFacts): string {
  const state = textIn(detail, 'state');
  const reason = textIn(detail, 'reason') ?? numberIn(detail, 'reason');
  const told = reason === null || reason === 0 ? '' : `, kernel's reason ${reason}`;
  return `${what}${state === null ? '' : ` in ${state}`}${told}${byActor(detail)}`;
}

function sayError({ error, detail }: EventFacts): string {
  const soft = textIn(detail, 'softError');
  if (error === null) return soft === null ? 'socket error' : `soft error ${soft}: kept trying`;
  return `socket error ${error}${soft === null ? '' : `, after ${soft}`}`;
}

function sayDestroy({ detail }: EventFacts): string {
  const sent = numberIn(detail, 'bytesSent');
  const received = numberIn(detail, 'bytesReceived');
  if (sent === null || received === null) return 'socket freed';
  return `socket freed: ${sayBytes(sent)} sent, ${sayBytes(received)} received`;
}

function sayFirstSeen({ newState, detail }: EventFacts): string {
  const state = textIn(detail, 'state') ?? newState ?? 'an unknown state';
  if (detail['by'] === 'scan') return `found by a scan in ${state}: its begin was not seen`;
  return `first event of it, in ${state}: its begin was not seen`;
}

/** One event as one line. */
export function eventText(event: EventFacts): string {
  const { kind } = event;
  switch (kind) {
    case 'state':
      return sayState(event);
    case 'connect':
      return sayConnect(event);
    case 'accept':
      return sayAccept(event);
    case 'retransmit':
      return sayRetransmit(retransmitted(event), event);
    case 'synack-retransmit':
      return sayRetransmit('SYN-ACK', event);
    case 'reset-sent':
      return sayReset('RST sent', event);
    case 'reset-received':
      return sayReset('RST received', event);
    case 'error':
      return sayError(event);
    case 'destroy':
      return sayDestroy(event);
    case 'icmp':
      return sayIcmp(event);
    case 'drop':
      return sayDrop(event);
    case 'call':
      return sayCall(event);
    case 'timeout':
      return sayTimeout(event);
    case 'zero-window':
      return sayZeroWindow(event);
    case 'keep-alive':
      return sayKeepAlive(event);
    case 'syn-cookie':
      return 'came in by a SYN cookie, as its first round-trip time tells';
    case 'thread-stack':
      return `asked for its stack: ${sayThread(event.detail)}`;
    case 'context':
      return sayContext(event.detail);
    case 'first-seen':
      return sayFirstSeen(event);
    default:
      // A kind of another version: its name is better than nothing.
      return String(kind);
  }
}

/** `thread 1234 (worker) was in connect`. */
export function sayThread(detail: LooseDetail): string {
  const name = textIn(detail, 'thread');
  const thread = `thread ${numberIn(detail, 'tid') ?? '?'}${name === null ? '' : ` (${name})`}`;
  if (detail['in'] === 'connect') return `${thread} was in connect`;
  if (detail['in'] === 'no call') return `${thread} was not in connect, but between system calls`;
  return `${thread} was not in this connect, but in another system call`;
}

function sayDrop({ detail }: EventFacts): string {
  const flags = textIn(detail, 'flags') ?? 'A';
  const way = detail['way'] === 'in' ? 'from the peer' : 'to the peer';
  const netns = numberIn(detail, 'netns');
  const where = netns === null ? '' : ` in network namespace ${netns}`;
  return `${flags} packet ${way} thrown away${where}: ${textIn(detail, 'reason') ?? 'no reason given'}`;
}

function sayIcmp({ detail }: EventFacts): string {
  const meaning = textIn(detail, 'meaning') ?? 'an error';
  return `ICMP from ${textIn(detail, 'from') ?? '?'}: ${meaning}`;
}

function sayCall({ detail, error }: EventFacts): string {
  const call = textIn(detail, 'call') ?? 'a call';
  const result = error ?? textIn(detail, 'result') ?? 'an error';
  return `${call}(2) failed with ${result}${throughRing(detail)}`;
}

/** The call was no system call of its own. */
function throughRing(detail: EventFacts['detail']): string {
  return textIn(detail, 'via') === 'io_uring' ? ', through io_uring' : '';
}

const TIMERS: Readonly<Record<string, string>> = {
  handshake: 'handshake not answered',
  retransmission: 'retransmission not answered',
  'keep-alive': 'keep-alive probes not answered',
  'zero-window': 'window of the peer closed',
};

/** `timer gave up: keep-alive probes not answered (2), TCP_USER_TIMEOUT 3 s` */
function sayTimeout({ detail }: EventFacts): string {
  const timer = textIn(detail, 'timer') ?? '';
  const what = Object.hasOwn(TIMERS, timer) ? TIMERS[timer] : 'no answer';
  const count = numberIn(detail, timer.startsWith('re') ? 'resent' : 'probes');
  const user = numberIn(detail, 'userTimeoutMs');
  return [
    `timer gave up: ${what}`,
    count === null ? '' : ` (${count} in a row)`,
    user === null ? '' : `, TCP_USER_TIMEOUT ${sayDuration(user)}`,
    detail['orphan'] === true ? ', closed by its process before' : '',
  ].join('');
}

function sayZeroWindow({ detail }: EventFacts): string {
  const own = detail['side'] === 'own';
  const forMs = numberIn(detail, 'forMs');
  if (detail['phase'] === 'ended') {
    const after = forMs === null ? '' : ` after ${sayDuration(forMs)}`;
    if (detail['unresolved'] === true) return `window still closed at the end${after}`;
    const atLeast = forMs === null ? '' : ` after ${sayDuration(forMs)} at least`;
    return own ? `own window open again${atLeast}` : `peer's window open again${after}`;
  }
  if (own) return 'own window closed: nobody here reads, the peer must wait';
  const waiting = numberIn(detail, 'waiting');
  return `peer's window closed: ${waiting === null ? 'data' : sayBytes(waiting)} must wait here`;
}

function sayKeepAlive({ detail }: EventFacts): string {
  const unanswered = numberIn(detail, 'unanswered') ?? 0;
  if (unanswered === 0) return 'keep-alive probe answered again';
  return `${unanswered} keep-alive probes in a row not answered`;
}

function retransmitted({ detail }: EventFacts): string {
  const state = textIn(detail, 'state');
  if (state === 'SYN_SENT') return 'SYN';
  return state === 'SYN_RECV' ? 'SYN-ACK' : 'data';
}
