// More network namespaces than are compared: what that leaves out is said.
import { expect, test } from 'vitest';
import { COUNTER_NAMES, ELSEWHERE } from '../../../contract/completeness.ts';
import type { CounterSource } from '../../../engine/capture/kernel-counters.ts';
import { sumUp } from '../../../engine/lifecycle/comparison.ts';
import { OwnCounts } from '../../../engine/lifecycle/own-counts.ts';
import { Comparisons } from '../../../engine/workers/comparisons.ts';

const ACTIVE = COUNTER_NAMES.indexOf('ActiveOpens');

/** So many namespaces, 1 and up, each with a process; `opens` counts in one and all of them. */
function machine(count: number) {
  let opens = 0;
  const own = new OwnCounts();
  const netns = Array.from({ length: count }, (_, index) => index + 1);
  const tcp = () => COUNTER_NAMES.map((_, index) => (index === ACTIVE ? opens : 0));
  const kernel: CounterSource = {
    known: () => netns,
    discover: () => netns,
    mounted: () => [],
    read: () => ({ tcp: tcp(), embryonicResets: 0 }),
    tcp,
  };
  let nowNs = 0;
  const comparisons = new Comparisons(own, () => nowNs, kernel);
  comparisons.start();
  return {
    connectEverywhere: () => {
      nowNs += 10_000_000;
      opens++;
      for (const each of netns) own.opens(each, nowNs);
      nowNs += 10_000_000;
    },
    compared: () => {
      comparisons.begin(true);
      comparisons.finish(nowNs, { lost: 0, missing: new Set() });
      return sumUp(comparisons.rows ?? []);
    },
  };
}

test('500 namespaces are compared, every one', () => {
  const full = machine(500);
  for (let i = 0; i < 3; i++) full.connectEverywhere();
  const { attempts, complete, explanation } = full.compared();
  expect(attempts).toEqual({ seen: 1500, kernel: 1500, unasked: 0 });
  expect([complete, explanation]).toEqual([true, null]);
});

test('what is in others is seen, not compared, and never called complete', () => {
  const crowded = machine(520);
  for (let i = 0; i < 3; i++) crowded.connectEverywhere();
  const { attempts, differs, complete, explanation, rows } = crowded.compared();
  expect(attempts).toEqual({ seen: 1500, kernel: 1500, unasked: 60 });
  expect([differs, complete]).toEqual([false, false]);
  expect(explanation).toBe('ActiveOpens elsewhere: 60 in network namespaces beyond the first 500.');
  expect(rows.filter(({ netns }) => netns === ELSEWHERE)).toHaveLength(1);
});

test('that there are more of them is said even when nothing was seen in them', () => {
  const { complete, explanation } = machine(501).compared();
  expect(complete).toBe(false);
  expect(explanation).toContain('0 in network namespaces beyond the first 500');
});
