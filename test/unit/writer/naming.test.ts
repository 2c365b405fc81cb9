// Names that come late are still names: nothing is given up while the symbolizer is at work.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StackRequest, SymbolizedFrame } from '../../../contract/addon.ts';
import type { PendingStack } from '../../../engine/session/writer-stacks.ts';
import { type NamedStacks, Naming } from '../../../engine/workers/naming.ts';

type Answer = (frames: SymbolizedFrame[][]) => void;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const request: StackRequest = {
  kind: 'kernel',
  tgid: 7,
  timeNs: 1n,
  addresses: new BigUint64Array([1n]),
};

/** A writer with so many stacks, and a symbolizer that answers when it is told to. */
function scene(count: number) {
  const waiting: PendingStack[] = Array.from({ length: count }, (_, rowId) => ({ rowId, request }));
  const named: number[] = [];
  const troubles: string[] = [];
  const questions: { requests: readonly StackRequest[]; answer: Answer }[] = [];
  const writer: NamedStacks = {
    stacks: {
      take: (limit) => waiting.splice(0, limit),
      get pending() {
        return count - named.length;
      },
    },
    symbolized: (stacks) => named.push(...stacks.map(({ rowId }) => rowId)),
  };
  const symbolize = (requests: readonly StackRequest[]) =>
    new Promise<SymbolizedFrame[][]>((answer) => questions.push({ requests, answer }));
  const naming = new Naming({ symbolize }, writer, (sentence) => troubles.push(sentence));
  return { naming, named, troubles, questions };
}

test('the symbols of the kernel are read before the first stack asks for them', async () => {
  const { naming, questions, named } = scene(1);
  naming.prepare();
  naming.ask();
  expect(questions.map(({ requests }) => requests[0]?.addresses.length)).toEqual([0]);
  questions[0]?.answer([[]]);
  await vi.advanceTimersByTimeAsync(0);
  expect(questions[1]?.requests).toEqual([request]);
  questions[1]?.answer([[]]);
  await vi.advanceTimersByTimeAsync(0);
  expect(named).toEqual([0]);
});

test('the end waits as long as answers come, however many it takes', async () => {
  const { naming, named, troubles, questions } = scene(200);
  let over = false;
  const end = naming.last().then(() => {
    over = true;
  });
  for (let i = 0; i < 4; i++) {
    await vi.advanceTimersByTimeAsync(9_000);
    expect([over, naming.stuck]).toEqual([false, false]);
    questions[i]?.answer([]);
    await vi.advanceTimersByTimeAsync(0);
  }
  await end;
  expect(named.length).toBe(200);
  expect(troubles).toEqual([]);
});

test('a symbolizer that does not answer is given up after ten seconds, and it is said', async () => {
  const { naming, troubles } = scene(3);
  const end = naming.last();
  await vi.advanceTimersByTimeAsync(9_900);
  expect(naming.stuck).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(naming.stuck).toBe(true);
  await end;
  expect(troubles).toEqual(['3 stacks have addresses only: no names came within 10 s.']);
});
