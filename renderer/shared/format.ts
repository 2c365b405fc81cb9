// Numbers, times and sizes as people read them. Pure; used by every panel.
import type { Bytes, Milliseconds, UnixMilliseconds } from '../../contract/units.ts';

const THIN_MINUS = '−';

/** `0.12 ms`, `18 ms`, `3.1 s`, `2 min 07 s`, `1 h 04 min`, `3 d 2 h`. Two or three digits that matter. */
export function formatDuration(ms: Milliseconds | null): string {
  if (ms === null || !Number.isFinite(ms)) return '—';
  if (ms < 0) return THIN_MINUS + formatDuration(-ms);
  if (ms < 0.0005) return '0 ms';
  if (ms < 1) return `${trimZeros(Number(ms.toPrecision(2)).toFixed(3))} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${trimTo(ms / 1000, 2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  return formatLong(Math.round(ms / 1000));
}

function formatLong(seconds: number): string {
  if (seconds < 180) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function trimTo(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.endsWith('0') ? text.slice(0, -1) : text;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** An offset from the begin of an attempt: `0`, `+1.02 s`. */
export function formatOffset(ms: Milliseconds): string {
  if (ms === 0) return '0';
  return ms < 0 ? formatDuration(ms) : `+${formatDuration(ms)}`;
}

/** `0`, `211`, `4.1 K`, `38 M`, `1.2 G`: powers of 1000, as network rates are. */
export function formatBytes(bytes: Bytes): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return String(Math.round(value));
  return `${value < 9.95 ? trimTo(value, 1).replace(/\.$/, '') : Math.round(value)} ${units[unit]}`;
}

/** A size of a file, with its unit: `38 MB`, `512 MB`, `900 B`. */
export function formatSize(bytes: Bytes): string {
  const text = formatBytes(bytes);
  return text.includes(' ') ? `${text}B` : `${text} B`;
}

/** `10,234`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 attempt`, `10,234 attempts`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Local wall clock `14:31:58`, or `—`. */
export function formatClock(at: UnixMilliseconds | null): string {
  if (at === null) return '—';
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Local wall clock `14:31`. */
export function formatMinute(at: UnixMilliseconds): string {
  return formatClock(at).slice(0, 5);
}

/** `2026-02-01 14:31:58.204` in local time. */
export function formatMoment(at: UnixMilliseconds | null): string {
  if (at === null) return '—';
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatClock(at)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `10.0.0.2:443`, `[::1]:443`; without a port while the kernel had chosen none. */
export function formatEndpoint(address: string, port: number): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === 0 ? host : `${host}:${port}`;
}

/** Last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** `0.4 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
