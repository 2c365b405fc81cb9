// What the events of an attempt are called, in two words and a colour: on the ticks of the
// timeline and on the chips of a verdict. Pure.
import type { AttemptEvent, EventKind } from '../../../contract/attempt.ts';
import type { Tone } from '../../shared/outcome.ts';

export interface Mark {
  readonly name: string;
  readonly tone: Tone;
}

export interface NamedMark extends Mark {
  readonly event: AttemptEvent;
}

/** Kinds that always have a tick; changes of state only where they begin or end. */
const TICKED: readonly EventKind[] = [
  'reset-sent',
  'reset-received',
  'error',
  'drop',
  'icmp',
  'call',
  'timeout',
  'zero-window',
  'keep-alive',
  'syn-cookie',
];

/** Kinds that stand for trouble, not for a failure. */
const TROUBLES: ReadonlySet<EventKind> = new Set([
  'retransmit',
  'synack-retransmit',
  'zero-window',
  'keep-alive',
  'syn-cookie',
]);

/** A packet that this machine threw away. */
export const DROPPED = 'dropped';

/** The stack of a thread that waits. */
export const ASKED = 'asked';

const NAMES: Partial<Record<EventKind, string>> = {
  'reset-received': 'RST in',
  'reset-sent': 'RST out',
  drop: DROPPED,
  icmp: 'ICMP',
  timeout: 'timer gave up',
  'zero-window': 'window',
  'keep-alive': 'keep-alive',
  'syn-cookie': 'SYN cookie',
  'thread-stack': ASKED,
  connect: 'connect()',
  accept: 'accept()',
  destroy: 'freed',
  context: 'looked up',
  'first-seen': 'first seen',
};

export function isRetransmit({ kind }: AttemptEvent): boolean {
  return kind === 'retransmit' || kind === 'synack-retransmit';
}

export function isFirstSyn(event: AttemptEvent): boolean {
  return event.kind === 'state' && event.newState === 'SYN_SENT';
}

export function isEnd(event: AttemptEvent): boolean {
  return event.kind === 'state' && event.newState === 'CLOSE';
}

/** Whether an event has a tick in the timeline without being chosen. */
export function isMark(event: AttemptEvent): boolean {
  const isTicked = TICKED.includes(event.kind) || event.kind === 'thread-stack';
  return isTicked || isRetransmit(event) || isFirstSyn(event) || isEnd(event);
}

const ASIDE: ReadonlySet<EventKind> = new Set([
  'drop',
  'icmp',
  'call',
  'timeout',
  'zero-window',
  'keep-alive',
  'syn-cookie',
  'thread-stack',
]);

/** Whether it is a try, or what came of the tries; a drop or an ICMP error between them is neither. */
export function isStep(event: AttemptEvent): boolean {
  return isMark(event) && !ASIDE.has(event.kind);
}

/** What is sent again: `SYN`, `SYN-ACK`, or data (and FIN) of an established connection. */
export function sentAgain(event: AttemptEvent): 'SYN' | 'SYN-ACK' | 'sent again' {
  if (event.kind === 'synack-retransmit') return 'SYN-ACK';
  return isFirstSyn(event) || event.oldState === 'SYN_SENT' ? 'SYN' : 'sent again';
}

/** Names the events in order: `SYN`, `SYN 1`, `SYN-ACK 1`, `sent again 1`, `RST in`, `CLOSE`. */
export function nameMarks(events: readonly AttemptEvent[]): NamedMark[] {
  const counts = { SYN: 0, 'SYN-ACK': 0, 'sent again': 0 };
  return events.map((event) => {
    if (!isRetransmit(event)) return { event, ...nameMark(event) };
    const what = sentAgain(event);
    counts[what] += 1;
    return { event, name: `${what} ${counts[what]}`, tone: 'amber' };
  });
}

function nameMark(event: AttemptEvent): Mark {
  const { kind, error, newState } = event;
  const tone = eventTone(event) ?? 'grey';
  if (isFirstSyn(event)) return { name: 'SYN', tone: 'amber' };
  if (kind === 'state') return { name: newState ?? 'state', tone };
  if (kind === 'error') return { name: error ?? 'soft error', tone };
  if (kind === 'call') return { name: error ?? 'call', tone };
  return { name: NAMES[kind] ?? kind, tone };
}

/** Colour of an event that stands for trouble; null for the others. */
export function eventTone({ kind, error }: AttemptEvent): 'red' | 'amber' | null {
  if (TROUBLES.has(kind)) return 'amber';
  if (kind === 'error') return error === null ? 'amber' : 'red';
  return TICKED.includes(kind) ? 'red' : null;
}
