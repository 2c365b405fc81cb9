// What rose while an attempt lasted, from readings a second apart.
import { expect, test } from 'vitest';
import type { Asked, Machine } from '../../../engine/context/asked.ts';
import { CounterHistory } from '../../../engine/context/counter-history.ts';
import { askCounters } from '../../../engine/context/counters.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { Trouble } from '../../../engine/lifecycle/trouble.ts';
import { attemptTo } from './attempts.ts';

const S = 1e9;

/** A machine of one namespace whose counters the test turns. */
function machine() {
  const counters = new Map([
    ['ListenOverflows', 100],
    ['TCPTimeouts', 7],
    ['TCPPureAcks', 1],
  ]);
  const state = { nowNs: 0, sign: 0, reads: 0, discoveries: 0, gone: false, from: 0 };
  const kernel = {
    discover: () => state.discoveries++,
    extended: (netns: number) => {
      state.reads++;
      return state.gone || netns < state.from ? null : new Map(counters);
    },
  };
  const history = new CounterHistory(kernel, () => state.nowNs);
  return {
    history,
    state,
    count: (name: string, by = 1) => counters.set(name, (counters.get(name) ?? 0) + by),
    /** Something happens, and time goes on. */
    until: (seconds: number, happens = true) => {
      if (happens) state.sign++;
      state.nowNs = seconds * S;
      history.tick([[1, state.sign]]);
    },
  };
}

test('what rose since the last reading before the begin, and nothing else', () => {
  const { history, until, count } = machine();
  until(0);
  count('TCPTimeouts');
  until(1);
  count('ListenOverflows', 3);
  count('TCPPureAcks', 50);
  until(2);
  count('ListenOverflows');
  expect(history.rise(1, 1.5 * S)).toEqual({ ListenOverflows: 4 });
  expect(history.rise(1, 0.5 * S)).toEqual({ ListenOverflows: 4, TCPTimeouts: 1 });
});

test('nothing rose, and nothing is known', () => {
  const { history, until, state } = machine();
  expect(history.rise(1, 0)).toBeNull();
  until(1);
  state.nowNs = 2 * S;
  expect(history.rise(1, S)).toEqual({});
  expect(history.rise(2, S)).toBeNull();
  state.gone = true;
  state.nowNs = 3 * S;
  expect(history.rise(1, S)).toBeNull();
});

test('a begin before the first reading: what is known of it', () => {
  const { history, until, count, state } = machine();
  until(5);
  count('ListenOverflows');
  state.nowNs = 6 * S;
  expect(history.rise(1, 4.9 * S)).toEqual({ ListenOverflows: 1 });
});

test('where nothing happens nothing is read', () => {
  const { until, state } = machine();
  until(1);
  const { reads } = state;
  for (let second = 2; second < 60; second++) until(second, false);
  expect(state.reads).toBe(reads);
});

test('a burst of failures reads once, and does not shorten the history', () => {
  const { history, until, count, state } = machine();
  until(0);
  count('ListenOverflows');
  until(10);
  const { reads } = state;
  for (let each = 0; each < 1000; each++) history.rise(1, 0);
  expect(state.reads).toBe(reads + 1);
  for (let ms = 0; ms < 60_000; ms += 60) {
    state.nowNs += 60e6;
    history.rise(1, 0);
  }
  expect(history.rise(1, S)).toEqual({ ListenOverflows: 1 });
});

test('a namespace that cannot be read yet is looked for once, and read as soon as it can be', () => {
  const { history, until, count, state } = machine();
  state.gone = true;
  for (const ms of [0, 50, 100, 150]) until(ms / 1000);
  expect(state.discoveries).toBe(1);
  state.gone = false;
  until(0.2);
  count('TCPTimeouts');
  state.nowNs = 0.5 * S;
  expect(history.rise(1, 0)).toEqual({ TCPTimeouts: 1 });
});

test('namespaces that are gone make room for new ones', () => {
  const { history, state, count } = machine();
  const all = (first: number) =>
    Array.from({ length: 32 }, (_, n) => [first + n, state.sign] as const);
  history.tick(all(100));
  state.nowNs = 2 * S;
  state.sign++;
  state.from = 200;
  history.tick(all(100));
  history.tick(all(200));
  count('TCPTimeouts');
  state.nowNs = 3 * S;
  expect(history.rise(200, 2 * S)).toEqual({ TCPTimeouts: 1 });
  expect(history.rise(231, 2 * S)).toEqual({ TCPTimeouts: 1 });
  expect(history.rise(100, 2 * S)).toBeNull();
});

test('ACKs that were left for later, before the SYN-ACK was sent again', async () => {
  const { history, until, count } = machine();
  until(8);
  count('TCPDeferAcceptDrop');
  until(8.9, false);
  until(9);
  until(10);
  const attempt = attemptTo('127.0.0.1', 5000, 1);
  attempt.beginNs = 9.5 * S;
  const told: ContextDetail[] = [];
  const asked = { attempt, machine: { counters: history } as Machine };
  const ask = () => askCounters({ ...asked, tell: (detail) => void told.push(detail) } as Asked);
  await ask();
  attempt.direction = 'accepted';
  attempt.trouble = new Trouble();
  attempt.trouble.handshakeResent = 1;
  await ask();
  expect(told).toEqual([
    { about: 'counters', rose: {} },
    { about: 'counters', rose: {}, deferred: 1 },
  ]);
});
