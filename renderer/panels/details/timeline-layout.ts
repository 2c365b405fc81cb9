// The lifecycle of one attempt, to scale: where its states, retransmits and marks stand.
// Pure; drawn by timeline.tsx.
import type { AttemptDetail, AttemptEvent, TcpState } from '../../../contract/attempt.ts';
import type { Milliseconds } from '../../../contract/units.ts';
import { formatDuration, formatOffset } from '../../shared/format.ts';
import type { Tone } from '../../shared/outcome.ts';

/** A state drawn narrower than this could not be seen or pointed at, px. */
const LEAST_BAR = 4;
const LABEL_GAP = 8;
/** Between the labels of two ticks, px. */
const TICK_LABEL_GAP = 3;
/** Most ticks that are drawn; more would only paint over each other. */
const MOST_TICKS = 400;

export interface StateBar {
  readonly state: TcpState;
  readonly x: number;
  readonly width: number;
  readonly tone: Tone;
  /** Empty where it does not fit. */
  readonly label: string;
  readonly labelX: number;
  readonly title: string;
}

export interface Tick {
  readonly eventId: number;
  readonly x: number;
  readonly tone: Tone;
  readonly name: string;
  readonly offset: string;
  readonly title: string;
  /** On which side of the tick its label begins; null where it would lie over another. */
  readonly label: 'right' | 'left' | null;
  readonly labelWidth: number;
}

/** Width of a label as it will be painted, px; a bar's are bold and larger. */
export type MeasureLabel = (text: string, of: 'bar' | 'tick') => number;

export interface GapLabel {
  readonly x: number;
  readonly text: string;
}

export interface TimelineLayout {
  readonly bars: readonly StateBar[];
  readonly ticks: readonly Tick[];
  readonly gaps: readonly GapLabel[];
  /** Whole time that is drawn, ms. */
  readonly spanMs: Milliseconds;
  readonly living: boolean;
}

/**
 * @param width room for the drawing, px.
 * @param measure how wide a label is in the font that paints it.
 */
export function layoutTimeline(
  detail: AttemptDetail,
  width: number,
  measure: MeasureLabel,
): TimelineLayout {
  const spanMs = timelineSpan(detail);
  const scale = (ms: Milliseconds): number => (spanMs === 0 ? 0 : (ms / spanMs) * width);
  const marked = detail.events.filter(isMark);
  const ticks = layoutTicks(thinOut(marked, scale), { scale, width, measure });
  const bars = layoutBars(detail, scale, width);
  return {
    bars: bars.map((bar) => labelBetween(bar, ticks, measure)),
    ticks,
    gaps: layoutGaps(marked, scale, measure),
    spanMs,
    living: !detail.row.ended,
  };
}

/** Time from the begin to the last thing known of an attempt, ms. */
export function timelineSpan(detail: AttemptDetail): Milliseconds {
  const last = detail.spans.at(-1);
  const ends = [
    detail.row.durationMs ?? 0,
    last?.endMs ?? last?.startMs ?? 0,
    detail.events.findLast(isMark)?.atMs ?? 0,
  ];
  return Math.max(...ends, 0);
}

function layoutBars(
  detail: AttemptDetail,
  scale: (ms: Milliseconds) => number,
  width: number,
): StateBar[] {
  const end = timelineSpan(detail);
  const drawn = detail.spans.filter((span) => span.state !== 'CLOSE');
  let free = 0;
  return drawn.map((span) => {
    const endMs = span.endMs ?? end;
    const exact = scale(endMs) - scale(span.startMs);
    const barWidth = Math.min(width, Math.max(LEAST_BAR, exact));
    // Never over the bar before, never beyond the edge: short states stay visible side by side.
    const x = Math.max(0, Math.min(Math.max(free, scale(span.startMs)), width - barWidth));
    free = x + barWidth;
    const time = formatDuration(endMs - span.startMs);
    const title = `${span.state} from ${formatOffset(span.startMs)}, for ${time}${span.endMs === null ? ' so far' : ''}`;
    const text = `${span.state} ${time}`;
    const tone = stateTone(span.state);
    return { state: span.state, x, width: barWidth, tone, label: text, labelX: x, title };
  });
}

/** Puts a bar's label where no tick goes through it: whole, or the state alone, or not at all. */
function labelBetween(bar: StateBar, ticks: readonly Tick[], measure: MeasureLabel): StateBar {
  const end = bar.x + bar.width;
  const inside = ticks.map((tick) => tick.x).filter((x) => x > bar.x && x < end);
  const edges = [bar.x, ...inside, end];
  for (const label of [bar.label, bar.state]) {
    const room = measure(label, 'bar') + 2 * LABEL_GAP;
    const at = edges.slice(0, -1).find((edge, index) => (edges[index + 1] ?? end) - edge >= room);
    if (at !== undefined) return { ...bar, label, labelX: at + LABEL_GAP };
  }
  return { ...bar, label: '' };
}

function stateTone(state: TcpState): Tone {
  if (state === 'SYN_SENT' || state === 'SYN_RECV' || state === 'NEW_SYN_RECV') return 'amber';
  if (state === 'ESTABLISHED') return 'green';
  return state === 'LISTEN' ? 'grey' : 'blue';
}

function isRetransmit(event: AttemptEvent): boolean {
  return event.kind === 'retransmit' || event.kind === 'synack-retransmit';
}

function isFirstSyn(event: AttemptEvent): boolean {
  return event.kind === 'state' && event.newState === 'SYN_SENT';
}

function isEnd(event: AttemptEvent): boolean {
  return event.kind === 'state' && event.newState === 'CLOSE';
}

function isMark(event: AttemptEvent): boolean {
  const marks = ['reset-sent', 'reset-received', 'error'];
  return isRetransmit(event) || isFirstSyn(event) || isEnd(event) || marks.includes(event.kind);
}

function thinOut(events: readonly AttemptEvent[], scale: (ms: number) => number): AttemptEvent[] {
  if (events.length <= MOST_TICKS) return [...events];
  const taken = new Set<number>();
  return events.filter((event) => {
    const place = Math.round(scale(event.atMs));
    const isNew = !taken.has(place) || isEnd(event);
    taken.add(place);
    return isNew;
  });
}

/** What is sent again: `SYN`, `SYN-ACK`, or data (and FIN) of an established connection. */
function sentAgain(event: AttemptEvent): 'SYN' | 'SYN-ACK' | 'sent again' {
  if (event.kind === 'synack-retransmit') return 'SYN-ACK';
  return isFirstSyn(event) || event.oldState === 'SYN_SENT' ? 'SYN' : 'sent again';
}

interface NamedMark {
  readonly event: AttemptEvent;
  readonly name: string;
  readonly tone: Tone;
}

/** Names the marks in order: `SYN`, `SYN 1`, `SYN-ACK 1`, `sent again 1`, `RST in`, `CLOSE`. */
function nameMarks(events: readonly AttemptEvent[]): NamedMark[] {
  const counts = { SYN: 0, 'SYN-ACK': 0, 'sent again': 0 };
  return events.map((event) => {
    if (!isRetransmit(event)) return { event, ...nameMark(event) };
    const what = sentAgain(event);
    counts[what] += 1;
    return { event, name: `${what} ${counts[what]}`, tone: 'amber' };
  });
}

function nameMark(event: AttemptEvent): { readonly name: string; readonly tone: Tone } {
  if (isFirstSyn(event)) return { name: 'SYN', tone: 'amber' };
  if (event.kind === 'reset-received') return { name: 'RST in', tone: 'red' };
  if (event.kind === 'reset-sent') return { name: 'RST out', tone: 'red' };
  if (event.kind !== 'error') return { name: 'CLOSE', tone: 'grey' };
  return event.error === null
    ? { name: 'soft error', tone: 'amber' }
    : { name: event.error, tone: 'red' };
}

interface TickRoom {
  readonly scale: (ms: number) => number;
  readonly width: number;
  readonly measure: MeasureLabel;
}

function layoutTicks(events: readonly AttemptEvent[], { scale, width, measure }: TickRoom): Tick[] {
  const ticks = nameMarks(events).map(({ event, name, tone }) => {
    const offset = formatOffset(event.atMs);
    return {
      eventId: event.id,
      x: scale(event.atMs),
      tone,
      name,
      offset,
      title: `${offset} ${event.text}`,
      label: null,
      labelWidth: Math.max(measure(name, 'tick'), measure(offset, 'tick')),
    };
  });
  return labelWhereFree(ticks, width);
}

/** Begin, failures and end are labelled first, then the rest from left to right, where there is room. */
function labelWhereFree(ticks: readonly Tick[], width: number): Tick[] {
  const taken: { from: number; to: number }[] = [];
  const sides = new Map<number, 'right' | 'left'>();
  for (const index of labelOrder(ticks)) {
    const tick = ticks[index];
    if (tick === undefined) continue;
    const side = (['right', 'left'] as const).find((each) => {
      const { from, to } = labelExtent(tick, each);
      const isInside = from >= 0 && to <= width;
      return (
        isInside &&
        !taken.some((other) => from < other.to + TICK_LABEL_GAP && other.from - TICK_LABEL_GAP < to)
      );
    });
    if (side === undefined) continue;
    taken.push(labelExtent(tick, side));
    sides.set(index, side);
  }
  return ticks.map((tick, index) => ({ ...tick, label: sides.get(index) ?? null }));
}

function labelOrder(ticks: readonly Tick[]): number[] {
  const rank = (index: number): number => {
    const tick = ticks[index];
    if (tick?.name === 'SYN') return -1;
    // Of several errors the last is the one that the caller got.
    if (tick?.tone === 'red') return 1 - (index + 1) / (ticks.length + 1);
    return tick?.name === 'CLOSE' ? 2 : 3 + index;
  };
  return [...ticks.keys()].sort((a, b) => rank(a) - rank(b));
}

/** Where a tick's label lies when it begins at the tick (`right`) or ends there (`left`), px. */
export function labelExtent(
  { x, labelWidth }: { readonly x: number; readonly labelWidth: number },
  side: 'right' | 'left',
): { from: number; to: number } {
  return side === 'left' ? { from: x - labelWidth, to: x } : { from: x, to: x + labelWidth };
}

/**
 * The time between two tries of the same, and from the last try to what came of it: in the
 * middle between their ticks, where it fits.
 */
function layoutGaps(
  events: readonly AttemptEvent[],
  scale: (ms: number) => number,
  measure: MeasureLabel,
): GapLabel[] {
  const gaps: GapLabel[] = [];
  for (const [index, event] of events.slice(1).entries()) {
    const before = events[index];
    if (before === undefined || !isGap(before, event)) continue;
    const text = formatDuration(event.atMs - before.atMs);
    const room = scale(event.atMs) - scale(before.atMs);
    if (measure(text, 'tick') + 14 > room) continue;
    gaps.push({ x: scale(before.atMs) + room / 2, text });
  }
  return gaps;
}

function isGap(before: AttemptEvent, event: AttemptEvent): boolean {
  if (isRetransmit(before) && !isRetransmit(event) && !isFirstSyn(event)) return true;
  const isTry = isRetransmit(before) || isFirstSyn(before);
  return isTry && isRetransmit(event) && sentAgain(before) === sentAgain(event);
}
