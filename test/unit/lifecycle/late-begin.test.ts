// A namespace that can be read only when the capture is under way: its comparison begins in
// the middle of the traffic, where a connection may be on one side of the begin only.
import { beforeEach, expect, test } from 'vitest';
import {
  COUNTER_NAMES,
  type CounterComparison,
  type CounterName,
  ELSEWHERE,
} from '../../../contract/completeness.ts';
import { sumUp } from '../../../engine/lifecycle/comparison.ts';
import { OwnCounts } from '../../../engine/lifecycle/own-counts.ts';
import { Comparisons } from '../../../engine/workers/comparisons.ts';

const NETNS = 4026531999;
const NOTHING_WRONG = { lost: 0, missing: new Set<string>() };
const MS = 1_000_000;
const SECOND = 1000 * MS;
const ACTIVE = COUNTER_NAMES.indexOf('ActiveOpens');

/** Counters of one mounted namespace, which has no process at first. */
class Counters {
  readonly values = COUNTER_NAMES.map(() => 0);
  readable = false;
  /** What happens between the two readings of a moment. */
  meanwhile: () => void = () => {};

  known(): number[] {
    return this.readable ? [NETNS] : [];
  }
  discover(): number[] {
    return this.known();
  }
  mounted(): number[] {
    return [NETNS];
  }
  read() {
    const tcp = this.tcp();
    this.meanwhile();
    return tcp && { tcp, embryonicResets: 0 };
  }
  tcp(): number[] | null {
    return this.readable ? [...this.values] : null;
  }
}

let kernel: Counters;
let own: OwnCounts;
let comparisons: Comparisons;
let nowNs: number;

beforeEach(() => {
  kernel = new Counters();
  own = new OwnCounts();
  nowNs = 0;
  comparisons = new Comparisons(own, () => nowNs, kernel);
  comparisons.start();
});

function kernelCounts(counter: number): void {
  kernel.values[counter] = (kernel.values[counter] ?? 0) + 1;
}

/** Whole connections, some time after the last round. */
function opens(count: number): void {
  for (let i = 0; i < count; i++) {
    nowNs += MS;
    own.opens(NETNS, nowNs);
    kernelCounts(ACTIVE);
  }
  nowNs += 100 * MS;
}

/** A round at this moment; `meanwhile`: records that come before it is finished. */
function round(meanwhile: () => void = () => {}): void {
  comparisons.begin(true);
  meanwhile();
  nowNs += 50 * MS;
  comparisons.finish(nowNs, NOTHING_WRONG);
}

/** Some traffic, and as many rounds as a difference must live through to be told. */
function goesOn(): void {
  for (let i = 0; i < 5; i++) {
    opens(10);
    round();
  }
}

function row(name: CounterName): CounterComparison | undefined {
  return comparisons.rows?.find((each) => each.netns === NETNS && each.name === name);
}

function elsewhere(): CounterComparison | undefined {
  return comparisons.rows?.find(({ netns, name }) => netns === ELSEWHERE && name === 'ActiveOpens');
}

/** A process is in it for the first time, after connections that nobody could compare. */
function becomesReadable(): void {
  nowNs = 2 * SECOND;
  opens(20);
  kernel.readable = true;
}

test('what was seen before it could be read is left out, and said', () => {
  becomesReadable();
  round();
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
  expect(row('ActiveOpens')?.explanation).toBe('compared since 2 s into the capture');
  expect(elsewhere()).toMatchObject({
    kernel: null,
    seen: 20,
    explanation: '20 before their namespace could first be read',
  });
});

test('the last round takes the place of one that waits for its records', () => {
  becomesReadable();
  round();
  goesOn();
  comparisons.begin();
  opens(6);
  comparisons.begin(true);
  expect(comparisons.finish(nowNs, NOTHING_WRONG)).toBe(true);
  expect(row('ActiveOpens')).toMatchObject({ kernel: 56, seen: 56 });
});

test('a loss explains a difference at once: it need not be there three times', () => {
  becomesReadable();
  round();
  goesOn();
  for (let i = 0; i < 4; i++) kernelCounts(ACTIVE);
  comparisons.begin(true);
  comparisons.finish(nowNs, { ...NOTHING_WRONG, lost: 30 });
  expect(row('ActiveOpens')).toMatchObject({ kernel: 54, seen: 50 });
  expect(row('ActiveOpens')?.explanation).toMatch(/^4 not seen: 30 events were lost/);
});

test('what comes after it could last be read is told apart, and no more when it is read again', () => {
  becomesReadable();
  round();
  goesOn();
  kernel.readable = false;
  opens(7);
  round();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
  expect(elsewhere()).toMatchObject({
    seen: 27,
    explanation:
      '20 before their namespace could first be read, 7 after their namespace could last be read',
  });
  kernel.readable = true;
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 107, seen: 107 });
  expect(elsewhere()).toMatchObject({ seen: 20 });
});

test('the namespace that never could be read is counted on its own', () => {
  opens(20);
  round();
  expect(row('ActiveOpens')).toMatchObject({ kernel: null, seen: 20 });
  expect(elsewhere()).toBeUndefined();
  expect(sumUp(comparisons.rows ?? [])).toMatchObject({
    attempts: { seen: 0, kernel: 0, unasked: 20 },
    complete: false,
  });
});

test('a SYN before the begin that the kernel counts after it is no difference', () => {
  becomesReadable();
  own.opens(NETNS, nowNs);
  nowNs += MS;
  round();
  kernelCounts(ACTIVE);
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
});

test('a SYN before the begin whose record is handled after it neither', () => {
  becomesReadable();
  const sentNs = nowNs - MS;
  round(() => own.opens(NETNS, sentNs));
  kernelCounts(ACTIVE);
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
});

test('nor is one that the kernel had counted, and whose record has a time after the begin', () => {
  becomesReadable();
  kernelCounts(ACTIVE);
  round(() => own.opens(NETNS, nowNs + MS));
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 51, seen: 51 });
});

test('what the kernel counted while the begin was read is no difference', () => {
  becomesReadable();
  kernel.meanwhile = () => kernelCounts(ACTIVE);
  round();
  kernel.meanwhile = () => {};
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
});

test('what is missing away from the begin is still missing', () => {
  becomesReadable();
  own.opens(NETNS, nowNs - 10 * MS);
  kernelCounts(ACTIVE);
  round();
  for (let i = 0; i < 2; i++) kernelCounts(ACTIVE);
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 52, seen: 50 });
  expect(row('ActiveOpens')?.explanation).toContain('2 not seen, and nothing that is known');
});

test('a connect that fails before its SYN, begun before the begin, takes nothing off', () => {
  becomesReadable();
  const attemptNs = nowNs - 5 * MS;
  own.opens(NETNS, attemptNs);
  round();
  own.of(NETNS).add(ACTIVE, -1, attemptNs);
  goesOn();
  expect(row('ActiveOpens')).toMatchObject({ kernel: 50, seen: 50 });
});
