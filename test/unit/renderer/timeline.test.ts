import { expect, test } from 'vitest';
import type { AttemptDetail } from '../../../contract/attempt.ts';
import {
  labelExtent,
  layoutTimeline as layoutMeasured,
  type MeasureLabel,
  timelineSpan,
} from '../../../renderer/panels/details/timeline-layout.ts';
import { abandoned, abandonedDetail, attempt, detail, event } from './attempts.ts';

const measure: MeasureLabel = (text, of) => text.length * (of === 'bar' ? 6.8 : 6.3);
const layoutTimeline = (of: AttemptDetail, width: number) => layoutMeasured(of, width, measure);

test('SYNs at 1, 3 and 7 s stand to scale, with the gaps between them named', () => {
  const { ticks, bars, gaps, living } = layoutTimeline(abandonedDetail(), 1_000);
  expect(ticks.map((tick) => tick.name)).toEqual(['SYN', 'SYN 1', 'SYN 2', 'SYN 3', 'CLOSE']);
  expect(ticks.map((tick) => Math.round(tick.x))).toEqual([0, 102, 307, 719, 1_000]);
  expect(ticks.map((tick) => tick.offset)).toEqual([
    '0',
    '+1.02 s',
    '+3.07 s',
    '+7.2 s',
    '+10.0 s',
  ]);
  expect(gaps.map((gap) => gap.text)).toEqual(['1.02 s', '2.05 s', '4.13 s', '2.81 s']);
  expect(bars).toHaveLength(1);
  expect(bars[0]?.label).toBe('SYN_SENT 10.0 s');
  expect(living).toBe(false);
});

test.each([80, 200, 430, 1_000])('in %i px no label lies over another', (width) => {
  const { ticks } = layoutTimeline(abandonedDetail(), width);
  const extents = ticks
    .flatMap((tick) => (tick.label === null ? [] : [labelExtent(tick, tick.label)]))
    .sort((a, b) => a.from - b.from);
  expect(extents.length).toBeGreaterThan(0);
  for (const [index, next] of extents.slice(1).entries()) {
    expect(next.from).toBeGreaterThan(extents[index]?.to ?? 0);
  }
  expect(extents.every(({ from, to }) => from >= 0 && to <= width)).toBe(true);
});

test('a label that has no room at the right of its tick stands at the left', () => {
  const { ticks } = layoutTimeline(abandonedDetail(), 420);
  expect(ticks.map((tick) => [tick.name, tick.label])).toEqual([
    ['SYN', 'right'],
    ['SYN 1', 'right'],
    ['SYN 2', 'right'],
    ['SYN 3', 'right'],
    ['CLOSE', 'left'],
  ]);
  const narrow = layoutTimeline(abandonedDetail(), 300).ticks;
  expect(narrow.find((tick) => tick.name === 'SYN 3')?.label).toBe('left');
});

test('what is sent again is named by the state in which it was sent', () => {
  const events = [
    event(0, { oldState: 'CLOSE', newState: 'SYN_SENT' }),
    event(1_000, { kind: 'retransmit', oldState: 'SYN_SENT' }),
    event(6_000, { kind: 'retransmit', oldState: 'ESTABLISHED' }),
    event(8_000, { kind: 'retransmit', oldState: 'FIN_WAIT1' }),
    event(9_000, { kind: 'synack-retransmit', oldState: 'NEW_SYN_RECV' }),
    event(10_000, { oldState: 'FIN_WAIT1', newState: 'CLOSE' }),
  ];
  const { ticks, gaps } = layoutTimeline(detail(attempt(), { events }), 2_000);
  expect(ticks.map((tick) => tick.name)).toEqual([
    'SYN',
    'SYN 1',
    'sent again 1',
    'sent again 2',
    'SYN-ACK 1',
    'CLOSE',
  ]);
  // Between a SYN and data sent again there is no gap of one series of tries.
  expect(gaps.map((gap) => gap.text)).toEqual(['1.0 s', '2.0 s', '1.0 s']);
});

test('a label stays inside its bar, in a wide font too', () => {
  const wide: MeasureLabel = (text) => text.length * 10;
  const spans = [
    { state: 'ESTABLISHED' as const, startMs: 0, endMs: 880 },
    { state: 'FIN_WAIT1' as const, startMs: 880, endMs: 1_000 },
  ];
  const of = detail(attempt({ durationMs: 1_000 }), { spans });
  const { bars } = layoutMeasured(of, 1_000, wide);
  expect(bars.map((bar) => bar.label)).toEqual(['ESTABLISHED 880 ms', 'FIN_WAIT1']);
  for (const bar of bars) {
    expect(bar.labelX + wide(bar.label, 'bar')).toBeLessThanOrEqual(bar.x + bar.width);
  }
  expect(layoutMeasured(of, 700, wide).bars[1]?.label).toBe('');
});

test('no tick goes through the label of a bar', () => {
  const { bars, ticks } = layoutTimeline(abandonedDetail(), 460);
  const bar = bars[0];
  expect(bar?.label).toBe('SYN_SENT 10.0 s');
  const end = (bar?.labelX ?? 0) + 15 * 6;
  expect(ticks.some((tick) => tick.x > (bar?.labelX ?? 0) && tick.x < end)).toBe(false);
});

test('of what stands at one place, the error that the caller got is named', () => {
  const events = [
    event(0, { newState: 'SYN_SENT' }),
    event(0.12, { kind: 'reset-received' }),
    event(0.12, { kind: 'error', error: 'ECONNREFUSED' }),
    event(0.12, { newState: 'CLOSE' }),
  ];
  const refused = detail(abandoned({ outcome: 'refused', durationMs: 0.12, retransmits: 0 }), {
    events,
  });
  const named = layoutTimeline(refused, 400).ticks.filter((tick) => tick.label !== null);
  expect(named.map((tick) => tick.name)).toEqual(['SYN', 'ECONNREFUSED']);
});

test('a state of 20 ms in an hour can still be seen, and no bar covers another', () => {
  const spans = [
    { state: 'SYN_SENT' as const, startMs: 0, endMs: 20 },
    { state: 'ESTABLISHED' as const, startMs: 20, endMs: 3_600_000 },
    { state: 'FIN_WAIT1' as const, startMs: 3_600_000, endMs: 3_600_000.4 },
    { state: 'TIME_WAIT' as const, startMs: 3_600_000.4, endMs: null },
  ];
  const { bars } = layoutTimeline(detail(attempt({ durationMs: 3_600_001 }), { spans }), 400);
  expect(bars.every((bar) => bar.width >= 4)).toBe(true);
  expect(bars.every((bar) => bar.x >= 0 && bar.x + bar.width <= 400.001)).toBe(true);
});

test('while it lives the timeline ends now', () => {
  const waiting = abandoned({
    outcome: 'connecting',
    ended: false,
    failed: false,
    durationMs: 3_140,
  });
  const spans = [{ state: 'SYN_SENT' as const, startMs: 0, endMs: null }];
  const layout = layoutTimeline(detail(waiting, { spans }), 400);
  expect(layout.living).toBe(true);
  expect(timelineSpan(detail(waiting, { spans }))).toBe(3_140);
  expect(layout.bars[0]?.width).toBe(400);
});

const waiting = (durationMs: number) =>
  abandoned({ outcome: 'connecting', ended: false, failed: false, durationMs });

test('“now” is not written over the label of what has just happened', () => {
  const syn = event(0, { kind: 'state', newState: 'SYN_SENT' });
  const named = (atMs: number) => {
    const events = [syn, event(atMs, { kind: 'retransmit' })];
    return layoutTimeline(detail(waiting(19_600), { events }), 440).nowNamed;
  };
  expect(named(19_500)).toBe(false);
  expect(named(11_000)).toBe(true);
});

test('a stack that was asked for is named before SYNs that were sent again', () => {
  const events = [
    event(0, { kind: 'state', newState: 'SYN_SENT' }),
    event(15_000, { kind: 'retransmit' }),
    event(15_500, { kind: 'thread-stack' }),
  ];
  const { ticks } = layoutTimeline(detail(waiting(30_000), { events }), 440);
  expect(ticks.find(({ name }) => name === 'asked')?.label).not.toBeNull();
});

test('2,000 retransmits do not become 2,000 ticks', () => {
  const events = Array.from({ length: 2_000 }, (_, index) =>
    event(index * 10, { kind: 'retransmit', oldState: 'ESTABLISHED' }),
  );
  const { ticks } = layoutTimeline(detail(attempt({ durationMs: 20_000 }), { events }), 400);
  expect(ticks.length).toBeLessThanOrEqual(401);
  expect(ticks[0]?.name).toBe('sent again 1');
});

test('nothing known draws nothing and does not fail', () => {
  const { bars, ticks } = layoutTimeline(detail(attempt({ durationMs: null })), 400);
  expect(bars).toEqual([]);
  expect(ticks).toEqual([]);
});

test('drops, ICMP errors and failed calls have ticks, and do not break the gaps between tries', () => {
  const events = [
    event(0, { oldState: 'CLOSE', newState: 'SYN_SENT' }),
    event(0.02, { kind: 'drop' }),
    event(1_000, { kind: 'retransmit', oldState: 'SYN_SENT' }),
    event(1_000.02, { kind: 'drop' }),
    event(2_500, { kind: 'icmp' }),
    event(3_000, { kind: 'error', error: 'EHOSTUNREACH' }),
    event(3_000, { kind: 'call', error: 'EMFILE' }),
    event(3_000, { kind: 'context' }),
  ];
  const { ticks, gaps } = layoutTimeline(detail(abandoned({ durationMs: 3_000 }), { events }), 900);
  expect(ticks.map(({ name, tone }) => `${name} ${tone}`)).toEqual([
    'SYN amber',
    'dropped red',
    'SYN 1 amber',
    'dropped red',
    'ICMP red',
    'EHOSTUNREACH red',
    'EMFILE red',
  ]);
  expect(gaps.map((gap) => gap.text)).toEqual(['1.0 s', '2.0 s']);
});

test('an event that is chosen has a labelled tick, whatever it is', () => {
  const of = abandonedDetail();
  const asked = event(10_003, { kind: 'context' });
  const freed = event(70_000, { kind: 'destroy' });
  const all = { ...of, events: [...of.events, asked, freed] };
  const plain = layoutTimeline(all, 600);
  expect(plain.ticks.map((tick) => tick.eventId)).not.toContain(asked.id);
  const chosen = layoutMeasured(all, 600, measure, asked.id).ticks.find(
    (tick) => tick.eventId === asked.id,
  );
  expect(chosen?.name).toBe('looked up');
  expect(chosen?.label).not.toBeNull();
  // After the end of what is drawn, at its edge.
  const late = layoutMeasured(all, 600, measure, freed.id).ticks.at(-1);
  expect([late?.name, late?.x]).toEqual(['freed', 600]);
});

test.each([0.02, -0.02])('where each SYN is dropped %f ms after it the SYNs are named', (after) => {
  const of = abandonedDetail();
  const events = of.events.flatMap((each) =>
    each.newState === 'CLOSE'
      ? [each]
      : [each, event(each.atMs + after, { kind: 'drop' })].sort((a, b) => a.atMs - b.atMs),
  );
  const { ticks } = layoutTimeline({ ...of, events }, 460);
  expect(ticks.filter((tick) => tick.label !== null).map((tick) => tick.name)).toEqual([
    'SYN',
    'SYN 1',
    'SYN 2',
    'SYN 3',
    'CLOSE',
  ]);
});
