// The system call that failed by itself, before the network had a say. Used by the rules
// about socket(2), bind(2), listen(2), accept(2) and connect(2).
import type { CallDetail, FailedCallDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import type { Param, Told } from '../../rule.ts';
import { endpoint, shown, whoFirst } from '../../words.ts';
import { wasConnected } from './connected.ts';

const CLOSE = 7;
const SYN_SENT = 2;
/** Results of connect(2) that are no failure of it. */
const GOING_ON: ReadonlySet<string> = new Set([
  'EINPROGRESS',
  'EALREADY',
  'EISCONN',
  'EINTR',
  'ECANCELED',
]);

export interface FailedCall {
  readonly note: EventNote;
  readonly call: FailedCallDetail['call'];
  /** Name of the errno. */
  readonly result: string;
  readonly address: string | null;
  readonly port: number | null;
  /** Of connect(2): an IPv4 address in an IPv6 one, ::ffff:ADDRESS. */
  readonly mapped: boolean;
  /** RLIMIT_NOFILE, soft. */
  readonly descriptorLimit: number | null;
}

/** Null when no call failed, or when the network made it fail: then the socket had an error. */
export function failedCall(facts: Facts): FailedCall | null {
  const failed = facts.last('call');
  if (failed?.detail) {
    const { call, result, asked, descriptorLimit } = failed.detail as FailedCallDetail;
    return described(failed, call, result, asked, descriptorLimit);
  }
  const connect = facts.events.findLast(({ kind, errno }) => kind === 'connect' && errno !== 0);
  if (!connect?.detail || wasEnded(facts)) return null;
  const { result, asked } = connect.detail as CallDetail;
  if (result === undefined || GOING_ON.has(result)) return null;
  return described(connect, 'connect', result, asked);
}

function described(
  note: EventNote,
  call: FailedCall['call'],
  result: string,
  asked?: CallDetail['asked'],
  limit?: number,
): FailedCall {
  return {
    note,
    call,
    result,
    address: asked?.address ?? null,
    port: asked?.port ?? null,
    mapped: asked?.mapped ?? false,
    descriptorLimit: limit ?? null,
  };
}

/** By a packet or a timer: these leave an error in the socket as it goes to CLOSE. */
function wasEnded(facts: Facts): boolean {
  if (wasConnected(facts)) return true;
  const end = facts.change(SYN_SENT, CLOSE);
  return end !== null && end.errno !== 0;
}

/** The kernel had a route for it, and began to look for a local port. */
export function enteredSynSent(facts: Facts): EventNote | null {
  return facts.change(CLOSE, SYN_SENT);
}

/** What `tellCall` needs. */
export function callParams({ call, result, address, port }: FailedCall): Record<string, Param> {
  const asked = address === null || port === null ? null : endpoint(address, port);
  return { call, result, ...(asked !== null && { asked }) };
}

/** `connect(2)` */
export function callName(told: Told): string {
  return `${shown(told.text('call', 'connect'))}(2)`;
}

/** ` to 10.0.0.1:80`, ` on 0.0.0.0:80`, or nothing. */
export function callTarget(told: Told): string {
  const { row } = told;
  const call = told.text('call', 'connect');
  if (told.has('asked'))
    return `${call === 'connect' ? ' to' : ' on'} ${shown(told.text('asked'))}`;
  if (call !== 'connect' || row.remoteAddress === '') return '';
  return ` to ${endpoint(row.remoteAddress, row.remotePort)}`;
}

/** `curl (pid 5) got ENETUNREACH from connect(2) to 10.0.0.1:80` */
export function tellCall(told: Told): string {
  const subject = whoFirst(told.row);
  const result = shown(told.text('result', told.row.error ?? 'an error'));
  return `${subject} got ${result} from ${callName(told)}${callTarget(told)}`;
}

/** The claim that every rule about a call begins with. */
export function callClaim(told: Told): { text: string; event: string } {
  const result = told.text('result', told.row.error ?? 'an error');
  return { text: `${callName(told)} returned ${shown(result)}`, event: 'call' };
}
