// Durations as people type them (`10s`, `500ms`, `2m`) and as they read them. Used by the
// options of cli/main.ts and by the lines of cli/format.ts.
import type { Milliseconds } from '../contract/units.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `10s`, `500ms`, `1.5m`, `1h` in ms; null when it is none of these, or not above zero. */
export function parseDuration(text: string): Milliseconds | null {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim()) ?? [];
  const milliseconds = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  // Node's timers hold 31 bits of milliseconds.
  return milliseconds > 0 && milliseconds < 2 ** 31 ? milliseconds : null;
}

/** `0.2 ms`, `38 ms`, `1.20 s`, `3 m 05 s`, `2 h 04 m`. */
export function formatDuration(milliseconds: Milliseconds): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(milliseconds < 0.1 ? 2 : 1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.995) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
}
