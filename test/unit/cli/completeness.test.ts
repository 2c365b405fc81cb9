// What trace, record and doctor say of the kernel's own counters.
import { expect, test } from 'vitest';
import { completenessText } from '../../../cli/completeness.ts';

const attempts = { seen: 10_234, kernel: 10_234 };

test('nothing is said before anything was compared', () => {
  expect(completenessText(null)).toEqual([]);
});

test('both numbers are said', () => {
  expect(completenessText({ attempts, complete: true, explanation: null, rows: [] })).toEqual([
    'seen 10,234 of 10,234 connections that the kernel counted',
  ]);
});

test('a difference stands out, with its reasons', () => {
  const text = completenessText({
    attempts: { ...attempts, seen: 10_231 },
    complete: false,
    explanation: 'ActiveOpens of namespace 7: 3 not seen. 1 network namespace was not compared.',
    rows: [],
  });
  expect(text).toEqual([
    'INCOMPLETE: seen 10,231 of 10,234 connections that the kernel counted',
    'ActiveOpens of namespace 7: 3 not seen.',
    '1 network namespace was not compared.',
  ]);
});
