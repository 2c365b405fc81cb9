// Which queue of a listener was full, as the kernel's counters tell it. Used by the rules about
// backlogs.
import type { Confidence } from '../../../../contract/verdict.ts';
import type { ContextNote, Facts } from '../../facts.ts';
import type { Param, Told } from '../../rule.ts';

export type Queue = 'accept' | 'syn' | 'either';

/** TcpExt counters of this network namespace, most telling first. */
const COUNTERS: readonly (readonly [string, Queue])[] = [
  ['ListenOverflows', 'accept'],
  ['TCPReqQFullDrop', 'syn'],
  ['ListenDrops', 'either'],
];

export const QUEUES: Readonly<Record<Queue, string>> = {
  accept: 'accept queue',
  syn: 'SYN queue',
  either: 'backlog',
};

export const OVERFLOW_COMMAND =
  'nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop';

/** As a finding has it; the accept queue when it says nothing that is known. */
export function queueNamed(name: string): Queue {
  return name === 'syn' || name === 'either' ? name : 'accept';
}

export interface FullQueue {
  readonly confidence: Confidence;
  readonly counters: ContextNote<'counters'>;
  readonly listener: ContextNote<'listener'> | null;
  /** For the words of the rules. */
  readonly params: Readonly<Record<string, Param>>;
}

/**
 * The counters are of whole network namespaces, also of the peer's where that is on this machine:
 * another listener is meant unless this one was seen without room. Null when none rose, or by
 * far less than packets went unanswered, each of which would count, or nobody listened there.
 */
export function fullQueue(facts: Facts): FullQueue | null {
  const counters = facts.context('counters');
  if (!counters) return null;
  const listener = facts.context('listener');
  if (listener?.detail.listeners === 0) return null;
  const { full = false } = listener?.detail ?? {};
  // Packets that TCP_DEFER_ACCEPT leaves for later count in sk_drops, too (tcp_check_req, tcp_v4_rcv).
  const deferred = (counters.detail.rose['TCPDeferAcceptDrop'] ?? 0) > 0;
  const dropped = listener?.detail.dropped === true && !deferred;
  const seen = full || dropped;
  const least = unanswered(facts) / 2;
  for (const [name, queue] of COUNTERS) {
    const rose = counters.detail.rose[name] ?? 0;
    if (rose <= 0 || rose < least) continue;
    const confidence = seen && queue !== 'either' ? 'likely' : 'possible';
    const params = { queue, rose, full, dropped, unseen: !seen };
    return { confidence, counters, listener, params };
  }
  return null;
}

/** SYNs, or data that came before the connection was accepted, without an answer. */
function unanswered({ attempt }: Facts): number {
  if (attempt.direction === 'accepted') return 1;
  if (attempt.establishedNs !== null) return attempt.trouble?.handshakeResent ?? 0;
  return 1 + attempt.retransmits;
}

/** That the counters alone do not tell whose queue it was. */
export const ANOTHER_MEANT =
  'that one was not seen without room, so another listener of its network namespace may be meant';

/** For the proof that somebody listened: what the scans found of that listener. */
export function sayRoom(told: Told): string {
  if (told.flag('full')) return '; its accept queue was seen full';
  return told.flag('dropped') ? '; its own count of packets thrown away rose' : '';
}
