import { expect, test } from 'vitest';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { AnnouncedEnds } from '../../../engine/workers/announced-ends.ts';
import { EventRate } from '../../../engine/workers/event-rate.ts';

function ended(id: number, stacks: number[] | null): Attempt {
  const attempt = new Attempt(id, id, 1, 1, 0);
  attempt.stacks = stacks;
  return attempt;
}

test('an end is announced when all its stacks have names', () => {
  const pending = new Set([5, 6]);
  const ends = new AnnouncedEnds({ isPending: (stack) => pending.has(stack) });
  ends.add(ended(1, null));
  ends.add(ended(2, [5, 6]));
  expect(ends.ready(false)).toEqual([1]);
  pending.delete(5);
  expect(ends.ready(false)).toEqual([]);
  pending.delete(6);
  expect(ends.ready(false)).toEqual([2]);
  expect(ends.ready(false)).toEqual([]);
});

test('a symbolizer that is stuck holds no end back', () => {
  const ends = new AnnouncedEnds({ isPending: () => true });
  ends.add(ended(1, [5]));
  expect(ends.ready(false)).toEqual([]);
  expect(ends.ready(true)).toEqual([1]);
  expect(ends.ready(true)).toEqual([]);
});

test('events a second are those of the last three seconds', () => {
  const rate = new EventRate();
  expect(rate.at(0, 0)).toBe(0);
  expect(rate.at(1e9, 100)).toBe(100);
  expect(rate.at(2e9, 100)).toBe(50);
  expect(rate.at(10e9, 100)).toBe(0);
});
