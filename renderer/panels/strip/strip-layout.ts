// Where the strip's bars and times stand, and what a drag over it selects. Pure.
import type { Overview } from '../../../contract/api.ts';
import type { UnixMilliseconds } from '../../../contract/units.ts';
import { formatClock, formatMinute } from '../../shared/format.ts';

export interface Bar {
  readonly at: UnixMilliseconds;
  readonly x: number;
  readonly width: number;
  /** Heights in px; failures are part of the attempts and stand in front. */
  readonly attempts: number;
  readonly failures: number;
  readonly label: string;
}

const GAP = 2;
const LEAST_HEIGHT = 2;

/** Bars over `width` × `height` px. A bucket with anything in it is at least 2 px high. */
export function stripBars(overview: Overview, width: number, height: number): Bar[] {
  const { buckets } = overview;
  if (buckets.length === 0 || width <= 0) return [];
  const most = Math.max(1, ...buckets.map((bucket) => bucket.attempts));
  const pitch = width / buckets.length;
  const barWidth = Math.max(1, pitch - Math.min(GAP, pitch / 3));
  const scale = (count: number): number => {
    return count === 0 ? 0 : Math.max(LEAST_HEIGHT, (count / most) * height);
  };
  return buckets.map((bucket, index) => ({
    at: bucket.at,
    x: index * pitch,
    width: barWidth,
    attempts: scale(bucket.attempts),
    failures: scale(bucket.failures),
    label: `${formatClock(bucket.at)}: ${bucket.attempts} attempts, ${bucket.failures} failed`,
  }));
}

const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
];

/** Round times below the bars, at least `apart` px from each other. */
export function stripTimes(
  from: UnixMilliseconds,
  to: UnixMilliseconds,
  width: number,
  apart = 90,
): { at: UnixMilliseconds; x: number; label: string }[] {
  const span = to - from;
  if (span <= 0 || width <= 0) return [];
  const least = (span * apart) / width;
  const step = (STEPS_S.find((seconds) => seconds * 1_000 >= least) ?? 604_800) * 1_000;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const times: { at: UnixMilliseconds; x: number; label: string }[] = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    const x = ((at - from) / span) * width;
    if (x > width - 30) break;
    times.push({ at, x, label: step < 60_000 ? formatClock(at) : formatMinute(at) });
  }
  return times;
}

/** The end of a range that goes on with a live session: a time that no session reaches. */
export const OPEN_END: UnixMilliseconds = Date.UTC(2100, 0, 1);

const EDGE = 8;

/**
 * The time range between two places of a drag; null when it was only a click. In a live
 * session (`isLive`) a drag to the right edge means "until now, and on".
 */
export function dragRange(
  overview: { from: UnixMilliseconds; to: UnixMilliseconds },
  width: number,
  drag: { readonly start: number; readonly end: number },
  isLive: boolean,
): { from: UnixMilliseconds; to: UnixMilliseconds } | null {
  const { start, end } = drag;
  if (Math.abs(end - start) < 4 || width <= 0) return null;
  const timeAt = (x: number): number => {
    return (
      overview.from + (Math.min(width, Math.max(0, x)) / width) * (overview.to - overview.from)
    );
  };
  const last = Math.max(start, end);
  return {
    from: Math.floor(timeAt(Math.min(start, end))),
    to: isLive && last > width - EDGE ? OPEN_END : Math.ceil(timeAt(last)),
  };
}
