// Which queue of a listener was full, as the kernel's counters tell it. Used by the rules about
// backlogs.
import type { Confidence } from '../../../../contract/verdict.ts';
import type { ContextNote, Facts } from '../../facts.ts';

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
  readonly queue: Queue;
  readonly rose: number;
  readonly confidence: Confidence;
  readonly counters: ContextNote<'counters'>;
  readonly listener: ContextNote<'listener'> | null;
}

/**
 * The counters are of whole network namespaces, also of the peer's where that is on this machine:
 * another listener may be meant, above all where none is known at the address. Null when none
 * rose, or nobody listened there.
 */
export function fullQueue(facts: Facts): FullQueue | null {
  const counters = facts.context('counters');
  if (!counters) return null;
  const listener = facts.context('listener');
  if (listener?.detail.listeners === 0) return null;
  const ours = facts.attempt.direction === 'accepted' || listener !== null;
  for (const [name, queue] of COUNTERS) {
    const rose = counters.detail.rose[name] ?? 0;
    if (rose <= 0) continue;
    const confidence = ours && queue !== 'either' ? 'likely' : 'possible';
    return { queue, rose, confidence, counters, listener };
  }
  return null;
}
