// One counter of the kernel held against what was seen of it, in words. Pure; used by
// engine/workers/comparisons.ts while capturing, and by engine/query/status.ts for a file.
import {
  type Completeness,
  type CounterComparison,
  type CounterName,
  ELSEWHERE,
} from '../../contract/completeness.ts';

/** What may explain a difference. */
export interface Circumstances {
  /** Events lost in the whole capture. */
  readonly lost: number;
  /** Families of hooks that are not attached. */
  readonly missing: ReadonlySet<string>;
}

/** Both sides of one counter since the begin of the capture, at one moment. */
export interface Sides {
  readonly name: CounterName;
  /** The kernel's, read just before and just after that moment. */
  readonly low: number;
  readonly high: number;
  readonly seen: number;
  /** Half-open requests that were reset meanwhile. */
  readonly embryonicResets: number;
}

/** The hooks that tell what a counter counts. */
const FAMILIES: Readonly<Record<CounterName, readonly string[]>> = {
  ActiveOpens: ['state'],
  PassiveOpens: ['state'],
  AttemptFails: ['state'],
  EstabResets: ['state'],
  RetransSegs: ['retransmit', 'synack-retransmit'],
  OutRsts: ['reset-sent'],
};

/**
 * What the kernel counts without a connection to count it for. Half-open requests have a
 * counter of their own; RSTs have none, and what no connection sent is taken for those,
 * except as many as may be among the lost events.
 */
function countedApart(sides: Sides, more: number, hookMissing: boolean, lost: number): number {
  if (more <= 0 || hookMissing) return 0;
  if (sides.name === 'OutRsts') return Math.max(0, more - lost);
  return sides.name === 'AttemptFails' ? Math.min(more, sides.embryonicResets) : 0;
}

function apartSentence(name: CounterName, apart: number): string | null {
  if (apart === 0) return null;
  return name === 'OutRsts'
    ? `${apart} inferred to have answered packets of no connection, mostly to ports where nobody listens`
    : `${apart} were half-open requests that their peer reset before there was a connection`;
}

function differenceSentence(left: number, hooks: readonly string[], lost: number): string | null {
  if (left === 0) return null;
  const what = left > 0 ? `${left} not seen` : `${-left} more seen than the kernel counted`;
  if (hooks.length > 0) return `${what}: the hook ${hooks.join(' and ')} is not attached`;
  return lost > 0
    ? `${what}: ${lost} events were lost in this session`
    : `${what}, and nothing that is known explains it`;
}

/** The row of a counter. Between two readings that differ, the kernel's value at that moment is the one nearest to what was seen. */
export function compareCounter(
  netns: number,
  sides: Sides,
  { lost, missing }: Circumstances,
): CounterComparison {
  const { name, low, high, seen } = sides;
  const hooks = FAMILIES[name].filter((family) => missing.has(family));
  const kernel = Math.min(Math.max(seen, low), high);
  const apart = countedApart(sides, kernel - seen, hooks.length > 0, lost);
  const sentences = [
    apartSentence(name, apart),
    differenceSentence(kernel - seen - apart, hooks, lost),
  ].filter((sentence) => sentence !== null);
  return { netns, name, kernel, seen, apart, explanation: sentences.join('; ') || null };
}

/** What stays of a difference when everything known is taken off; 0 when it cannot be told. */
export function unexplained({ kernel, seen, apart }: CounterComparison): number {
  return kernel === null ? 0 : kernel - seen - apart;
}

const LISTED = 3;

function differences(rows: readonly CounterComparison[]): string[] {
  const differing = rows.filter((row) => unexplained(row) !== 0);
  const sentences = differing
    .slice(0, LISTED)
    .map((row) => `${row.name} of namespace ${row.netns}: ${row.explanation ?? 'it differs'}.`);
  const more = differing.length - LISTED;
  return more > 0 ? [...sentences, `${more} more counters differ.`] : sentences;
}

function unread(rows: readonly CounterComparison[]): string[] {
  const never = rows.filter(({ netns, kernel }) => kernel === null && netns !== ELSEWHERE);
  const count = new Set(never.map(({ netns }) => netns)).size;
  const many = count === 1 ? '1 network namespace' : `${count} network namespaces`;
  const elsewhere = rows
    .filter((row) => row.netns === ELSEWHERE && row.explanation !== null)
    .map(({ name, explanation }) => `${name} elsewhere: ${explanation}.`);
  return [...(count === 0 ? [] : [`${many} could not be compared.`]), ...elsewhere];
}

/** Something is there that was held against nothing. */
function isOpenQuestion({ kernel, seen, explanation }: CounterComparison): boolean {
  return kernel === null && (seen !== 0 || explanation !== null);
}

/** Counters of connections: an attempt is in one of them. */
function isOpen({ name }: CounterComparison): boolean {
  return name === 'ActiveOpens' || name === 'PassiveOpens';
}

function sumOf(rows: readonly CounterComparison[], of: (row: CounterComparison) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

/** At most this many rows cross to a screen. */
export const MAX_ROWS = 300;

/** Everything in one: what a screen shows first. */
export function sumUp(rows: readonly CounterComparison[]): Completeness {
  const opens = rows.filter(isOpen);
  const compared = opens.filter(({ kernel }) => kernel !== null);
  const differs = rows.some((row) => unexplained(row) !== 0);
  const sentences = [...differences(rows), ...unread(rows)];
  return {
    attempts: {
      seen: sumOf(compared, ({ seen }) => seen),
      kernel: sumOf(compared, ({ kernel }) => kernel ?? 0),
      unasked: sumOf(opens, ({ kernel, seen }) => (kernel === null ? seen : 0)),
    },
    differs,
    complete: !differs && !rows.some(isOpenQuestion),
    explanation: sentences.join(' ') || null,
    rows: rows.slice(0, MAX_ROWS),
  };
}
