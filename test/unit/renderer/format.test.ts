import { expect, test } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatEndpoint,
  formatOffset,
  formatShare,
  formatSize,
  plural,
} from '../../../renderer/shared/format.ts';

test.each([
  [null, '—'],
  [0, '0 ms'],
  [0.0001, '0 ms'],
  [0.0071, '0.007 ms'],
  [0.12, '0.12 ms'],
  [0.1, '0.1 ms'],
  [1, '1.0 ms'],
  [9.96, '10 ms'],
  [18, '18 ms'],
  [999.4, '999 ms'],
  [999.7, '1.0 s'],
  [1_021, '1.02 s'],
  [3_100, '3.1 s'],
  [9_996, '10.0 s'],
  [10_003, '10.0 s'],
  [127_300, '127 s'],
  [181_000, '3 min 01 s'],
  [3_840_000, '1 h 04 min'],
  [180_000_000, '2 d 2 h'],
  [-20, '−20 ms'],
])('%s ms is written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('an offset has its sign, but not at the begin', () => {
  expect(formatOffset(0)).toBe('0');
  expect(formatOffset(3_070)).toBe('+3.07 s');
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1 K'],
  [4_100, '4.1 K'],
  [88_000, '88 K'],
  [999_600, '1 M'],
  [1_200_000, '1.2 M'],
  [26_000_000_000, '26 G'],
])('%s bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('sizes have their unit', () => {
  expect(formatSize(900)).toBe('900 B');
  expect(formatSize(38_000_000)).toBe('38 MB');
});

test('addresses with colons are bracketed, and a port that is not chosen is left out', () => {
  expect(formatEndpoint('10.0.0.2', 443)).toBe('10.0.0.2:443');
  expect(formatEndpoint('::1', 9229)).toBe('[::1]:9229');
  expect(formatEndpoint('10.0.0.8', 0)).toBe('10.0.0.8');
});

test('counts and shares', () => {
  expect(plural(1, 'attempt')).toBe('1 attempt');
  expect(plural(10_234, 'attempt')).toBe('10,234 attempts');
  expect(formatShare(0.004)).toBe('0.4 %');
  expect(formatShare(0.5)).toBe('50 %');
});
