// Which questions are worth asking for which failure. Used by machine-context.ts.
import { errnoName } from '../../contract/errno.ts';
import { Facts, isOwnAddress } from '../diagnosis/facts.ts';
import { icmpError, isBehindPeer } from '../diagnosis/rules/shared/icmp.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Question } from './asked.ts';
import { askConntrack, askTranslation } from './conntrack.ts';
import { askConntrackTable } from './conntrack-table.ts';
import { askCounters } from './counters.ts';
import { askDescriptors } from './descriptors.ts';
import { askFiles } from './files.ts';
import { askHolder } from './holder.ts';
import { askListener, askPeersListener } from './listener.ts';
import { askNat } from './nat.ts';
import { askPorts } from './ports.ts';
import { askRoute } from './route.ts';
import { askSettings } from './settings.ts';

type ByError = Readonly<Record<string, readonly Question[]>>;

/** Errors of connect(2), most of them before a packet is sent. */
const CONNECT: ByError = {
  EHOSTUNREACH: [askRoute],
  ENETUNREACH: [askSettings, askRoute],
  EADDRNOTAVAIL: [askSettings, askPorts, askRoute],
  EADDRINUSE: [askHolder],
  EPERM: [askConntrackTable, askRoute],
  EACCES: [askConntrackTable, askRoute],
  EINVAL: [askRoute],
  ENODEV: [askRoute],
  EAFNOSUPPORT: [askSettings],
  ENOBUFS: [askCounters],
  ENOMEM: [askCounters],
};

/** Errors of socket(2), bind(2), listen(2) and accept(2). */
const OTHER_CALLS: ByError = {
  EADDRINUSE: [askHolder],
  EADDRNOTAVAIL: [askSettings],
  EACCES: [askSettings],
  EAFNOSUPPORT: [askSettings],
  EMFILE: [askDescriptors],
  ENFILE: [askFiles],
};

const NO_ANSWER: readonly Question[] = [
  ...[askCounters, askSettings, askConntrackTable, askConntrack, askRoute],
];

function byError(table: ByError, errno: number): readonly Question[] | null {
  const name = errno === 0 ? '' : errnoName(errno);
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

/** Whoever should have answered. */
function whoListens(attempt: Attempt): Question {
  const here = attempt.direction === 'accepted' || isOwnAddress(attempt);
  return here ? askListener : askPeersListener;
}

function ofConnect(attempt: Attempt): readonly Question[] {
  // Only the search for a port fails without one, once there is a route (tcp_v4_connect).
  if (attempt.errno === 0 && attempt.localPort === 0) return [askPorts];
  const questions = byError(CONNECT, attempt.errno) ?? [];
  // The caller chose the port: then all four are somebody's.
  const chosen = attempt.localPort !== 0 && questions.includes(askPorts);
  return chosen ? [askHolder, ...questions] : questions;
}

function ofSilence(attempt: Attempt): readonly Question[] {
  if (attempt.establishedNs !== null) return [askCounters, askSettings, askRoute];
  if (attempt.direction !== 'accepted') return [whoListens(attempt), ...NO_ANSWER];
  return [askListener, askCounters, askConntrackTable, askRoute];
}

function ofUnreachable(attempt: Attempt): readonly Question[] {
  const questions = byError(CONNECT, attempt.errno) ?? [askRoute];
  const facts = new Facts(attempt);
  const icmp = icmpError(facts);
  return icmp && isBehindPeer(facts, icmp.detail) ? [...questions, askTranslation] : questions;
}

/** About a handshake that took more than one try: whether a backlog was full meanwhile. */
export function questionsForDelayed(attempt: Attempt): readonly Question[] {
  return [askCounters, whoListens(attempt)];
}

/** Cheapest first; empty when nothing that can be asked would tell. */
export function questionsFor(attempt: Attempt): readonly Question[] {
  if (attempt.call !== null) return byError(OTHER_CALLS, attempt.errno) ?? [];
  switch (attempt.outcome) {
    case 'refused':
      if (attempt.direction === 'accepted') return [whoListens(attempt)];
      return [whoListens(attempt), askNat];
    case 'reset':
      return [whoListens(attempt), askCounters];
    case 'timed-out':
    case 'abandoned':
      return ofSilence(attempt);
    case 'unreachable':
      return ofUnreachable(attempt);
    default:
      return ofConnect(attempt);
  }
}
