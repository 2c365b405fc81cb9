// The kernel's counters beside our own: equal, different with a reason, different without.
import { expect, test } from 'vitest';
import { type CounterName, ELSEWHERE } from '../../../contract/completeness.ts';
import {
  type Circumstances,
  compareCounter,
  sumUp,
  unexplained,
} from '../../../engine/lifecycle/comparison.ts';

const allIsWell: Circumstances = { lost: 0, missing: new Set() };

function compared(
  name: CounterName,
  kernel: number | [number, number],
  seen: number,
  circumstances: Partial<Circumstances> & { embryonicResets?: number } = {},
) {
  const [low, high] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  const { embryonicResets = 0, ...rest } = circumstances;
  return compareCounter(7, { name, low, high, seen, embryonicResets }, { ...allIsWell, ...rest });
}

test('equal counters need no word', () => {
  expect(compared('ActiveOpens', 10_234, 10_234)).toEqual({
    netns: 7,
    name: 'ActiveOpens',
    kernel: 10_234,
    seen: 10_234,
    apart: 0,
    explanation: null,
  });
});

test('between two readings the kernel passed through what was seen', () => {
  expect(compared('ActiveOpens', [100, 104], 102)).toMatchObject({
    kernel: 102,
    explanation: null,
  });
  expect(compared('ActiveOpens', [100, 104], 99)).toMatchObject({ kernel: 100 });
  expect(compared('ActiveOpens', [100, 104], 105)).toMatchObject({ kernel: 104 });
});

test('a difference is explained by losses, by a missing hook, or by nothing', () => {
  const lost = compared('ActiveOpens', 10, 7, { lost: 25 });
  expect(lost.explanation).toBe('3 not seen: 25 events were lost in this session');
  const hook = compared('RetransSegs', 10, 7, { missing: new Set(['retransmit']) });
  expect(hook.explanation).toBe('3 not seen: the hook retransmit is not attached');
  const mystery = compared('EstabResets', 10, 7);
  expect(mystery.explanation).toBe('3 not seen, and nothing that is known explains it');
  const more = compared('EstabResets', 7, 10);
  expect(more.explanation).toContain('3 more seen than the kernel counted');
  for (const row of [lost, hook, mystery, more]) expect(unexplained(row)).not.toBe(0);
});

test('RSTs without a socket and reset half-open requests are told apart', () => {
  const resets = compared('OutRsts', 10, 4);
  expect(resets).toMatchObject({ apart: 6 });
  expect(unexplained(resets)).toBe(0);
  expect(resets.explanation).toMatch(/^6 inferred to have answered packets of no connection/);
  const halfOpen = compared('AttemptFails', 10, 4, { embryonicResets: 5 });
  expect(halfOpen).toMatchObject({ apart: 5 });
  expect(unexplained(halfOpen)).toBe(1);
  expect(halfOpen.explanation).toMatch(/^5 were half-open requests.*; 1 not seen/);
});

test('without the hook a RST is not taken for one without a socket', () => {
  const row = compared('OutRsts', 10, 0, { missing: new Set(['reset-sent']) });
  expect(row).toMatchObject({ apart: 0 });
  expect(unexplained(row)).toBe(10);
});

test('the sum counts what was opened and accepted, and leaves out what cannot be compared', () => {
  const summary = sumUp([
    compared('ActiveOpens', 10, 9, { lost: 1 }),
    compared('PassiveOpens', 5, 5),
    compared('RetransSegs', 40, 40),
    { ...compared('ActiveOpens', 3, 3), netns: 8, kernel: null },
  ]);
  expect(summary.attempts).toEqual({ seen: 14, kernel: 15, unasked: 3 });
  expect(summary).toMatchObject({ differs: true, complete: false });
  expect(summary.explanation).toMatch(/^ActiveOpens of namespace 7: 1 not seen.* could not be/);
});

test('what was seen elsewhere is no difference, but complete is only what was all compared', () => {
  const elsewhere = {
    ...compared('ActiveOpens', 0, 275),
    netns: ELSEWHERE,
    kernel: null,
    explanation: '275 before their namespace could first be read',
  };
  const summary = sumUp([elsewhere, compared('ActiveOpens', 25, 25)]);
  expect(summary).toMatchObject({
    attempts: { seen: 25, kernel: 25, unasked: 275 },
    differs: false,
    complete: false,
    explanation: 'ActiveOpens elsewhere: 275 before their namespace could first be read.',
  });
  expect(sumUp([compared('ActiveOpens', 25, 25)])).toMatchObject({
    differs: false,
    complete: true,
    explanation: null,
  });
});

test('many differences are not all spelled out', () => {
  const rows = [1, 2, 3, 4, 5].map((n) => ({ ...compared('ActiveOpens', 9, 5), netns: n }));
  expect(sumUp(rows).explanation).toContain('2 more counters differ');
  expect(sumUp([]).complete).toBe(true);
});
