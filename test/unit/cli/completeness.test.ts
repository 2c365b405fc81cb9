// What trace, record and doctor say of the kernel's own counters.
import { expect, test } from 'vitest';
import { completenessText } from '../../../cli/completeness.ts';

const attempts = { seen: 10_234, kernel: 10_234, unasked: 0 };
const equal = { attempts, differs: false, complete: true, explanation: null, rows: [] };

test('nothing is said before anything was compared', () => {
  expect(completenessText(null)).toEqual([]);
});

test('both numbers are said', () => {
  expect(completenessText(equal)).toEqual([
    'seen 10,234 of 10,234 connections that the kernel counted',
  ]);
});

test('a difference stands out, with its reasons', () => {
  const text = completenessText({
    attempts: { ...attempts, seen: 10_231 },
    differs: true,
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

test('what could not be compared is added, and is no difference', () => {
  const unasked = (count: number) => ({ seen: 25, kernel: 25, unasked: count });
  const explanation = 'ActiveOpens elsewhere: 275 before their namespace could first be read.';
  const partly = { ...equal, complete: false, explanation };
  expect(completenessText({ ...partly, attempts: unasked(275) })).toEqual([
    'seen 25 of 25 connections that the kernel counted; 275 more were seen where or when it could not be asked',
    explanation,
  ]);
  const [one] = completenessText({ ...partly, attempts: unasked(1) });
  expect(one).toMatch(/; 1 more was seen where or when it could not be asked$/);
});
