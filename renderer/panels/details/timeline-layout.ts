// The lifecycle of one attempt, to scale: where its states, retransmits and marks stand.
// Pure; drawn by timeline.tsx.
import type { AttemptDetail, AttemptEvent, TcpState } from '../../../contract/attempt.ts';
import type { Milliseconds } from '../../../contract/units.ts';
import { formatDuration, formatOffset } from '../../shared/format.ts';
import type { Tone } from '../../shared/outcome.ts';
import {
  ASKED,
  DROPPED,
  isEnd,
  isFirstSyn,
  isMark,
  isRetransmit,
  isStep,
  type NamedMark,
  nameMarks,
  sentAgain,
} from './marks.ts';

/** A state drawn narrower than this could not be seen or pointed at, px. */
const LEAST_BAR = 4;
const LABEL_GAP = 8;
/** Between the labels of two ticks, px. */
const TICK_LABEL_GAP = 3;
/** Ticks nearer than this look like one, px. */
const SAME_PLACE = 3;
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
  /** It goes on: the right edge is now, and says so where no tick's label is. */
  readonly living: boolean;
  readonly nowNamed: boolean;
}

/**
 * @param width room for the drawing, px.
 * @param measure how wide a label is in the font that paints it.
 * @param chosen id of an event that has a tick whatever it is.
 */
export function layoutTimeline(
  detail: AttemptDetail,
  width: number,
  measure: MeasureLabel,
  chosen: number | null = null,
): TimelineLayout {
  const spanMs = timelineSpan(detail);
  // What came after the last thing drawn, as the freeing of the socket, stands at the edge.
  const scale = (ms: Milliseconds): number =>
    spanMs === 0 ? 0 : Math.min(1, Math.max(0, ms / spanMs)) * width;
  const marked = detail.events.filter((event) => isMark(event) || event.id === chosen);
  const shown = nameMarks(marked);
  const ticks = layoutTicks(thinOut(shown, scale, chosen), { scale, width, measure, chosen });
  const bars = layoutBars(detail, scale, width);
  return {
    bars: bars.map((bar) => labelBetween(bar, ticks, measure)),
    ticks,
    gaps: layoutGaps(detail.events.filter(isStep), scale, measure),
    spanMs,
    living: !detail.row.ended,
    nowNamed: isFree(ticks, width - measure('now', 'tick')),
  };
}

/** Whether no label reaches beyond `from`. */
function isFree(ticks: readonly Tick[], from: number): boolean {
  return ticks.every(
    (tick) => tick.label === null || labelExtent(tick, tick.label).to + TICK_LABEL_GAP <= from,
  );
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

function thinOut(
  marks: readonly NamedMark[],
  scale: (ms: number) => number,
  chosen: number | null,
): readonly NamedMark[] {
  if (marks.length <= MOST_TICKS) return marks;
  const taken = new Set<number>();
  return marks.filter(({ event }) => {
    const place = Math.round(scale(event.atMs));
    const isNew = !taken.has(place) || isEnd(event) || event.id === chosen;
    taken.add(place);
    return isNew;
  });
}

interface TickRoom {
  readonly scale: (ms: number) => number;
  readonly width: number;
  readonly measure: MeasureLabel;
  readonly chosen: number | null;
}

function layoutTicks(marks: readonly NamedMark[], room: TickRoom): Tick[] {
  const { scale, width, measure, chosen } = room;
  const ticks = marks.map(({ event, name, tone }) => {
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
  return labelWhereFree(ticks, width, chosen);
}

/** The chosen one, begin, failures and end are labelled first, then the rest from left to right, where there is room. */
function labelWhereFree(ticks: readonly Tick[], width: number, chosen: number | null): Tick[] {
  const taken: { from: number; to: number }[] = [];
  const sides = new Map<number, 'right' | 'left'>();
  for (const index of labelOrder(ticks, chosen)) {
    const tick = ticks[index];
    if (tick === undefined || isNamedThere(tick, ticks, sides)) continue;
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

/** Of what stands at one place only the first is named: a SYN, not that it was dropped at once. */
function isNamedThere(
  { x }: Tick,
  ticks: readonly Tick[],
  sides: ReadonlyMap<number, unknown>,
): boolean {
  return [...sides.keys()].some((index) => Math.abs((ticks[index]?.x ?? 0) - x) < SAME_PLACE);
}

function labelOrder(ticks: readonly Tick[], chosen: number | null): number[] {
  const rank = (index: number): number => {
    const tick = ticks[index];
    if (tick?.eventId === chosen) return -2;
    if (tick?.name === 'SYN') return -1;
    // Somebody has just asked for it.
    if (tick?.name === ASKED) return -0.5;
    // Of several errors the last is the one that the caller got.
    // Before the SYN that was dropped, by a hair: the kernel told of it first.
    if (tick?.name === DROPPED) return 3 + ticks.length + index;
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
