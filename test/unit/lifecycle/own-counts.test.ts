// Each count in the sense of the kernel's counter of the same name.
import { expect, test } from 'vitest';
import { COUNTER_NAMES, type CounterName } from '../../../contract/completeness.ts';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { OwnCounts } from '../../../engine/lifecycle/own-counts.ts';
import {
  CLOSE,
  CLOSE_WAIT,
  ESTABLISHED,
  FIN_WAIT1,
  SYN_RECV,
  SYN_SENT,
} from '../../../engine/lifecycle/tcp-state.ts';

const NETNS = 7;
const ECONNREFUSED = 111;

function outgoing(counts: OwnCounts, atNs: number): Attempt {
  const attempt = new Attempt(1, 1, 1, NETNS, atNs);
  attempt.direction = 'outgoing';
  attempt.startedNs = atNs;
  attempt.countedRetransmits = 0;
  counts.opens(NETNS, atNs);
  return attempt;
}

function accepted(): Attempt {
  const attempt = new Attempt(2, 2, 1, NETNS, 0);
  attempt.direction = 'accepted';
  return attempt;
}

/** The counters that are not 0. */
function told(counts: OwnCounts): Partial<Record<CounterName, number>> {
  const { counted } = counts.of(NETNS);
  return Object.fromEntries(
    COUNTER_NAMES.flatMap((name, index) => (counted[index] ? [[name, counted[index]]] : [])),
  );
}

test('a refused connect is an active open and a failed attempt', () => {
  const counts = new OwnCounts();
  counts.changes(outgoing(counts, 10), SYN_SENT, CLOSE, ECONNREFUSED, 1, 20);
  expect(told(counts)).toEqual({ ActiveOpens: 1, AttemptFails: 1 });
});

test('a connect that is given up is no failed attempt for the kernel', () => {
  const counts = new OwnCounts();
  counts.changes(outgoing(counts, 10), SYN_SENT, CLOSE, 0, 3, 20);
  expect(told(counts)).toEqual({ ActiveOpens: 1 });
});

test('a connect that fails before its SYN is sent is no active open', () => {
  const counts = new OwnCounts();
  counts.changes(outgoing(counts, 10), SYN_SENT, CLOSE, 0, 0, 20);
  expect(told(counts)).toEqual({});
});

test('what leaves SYN_RECV was accepted, unless both sides called', () => {
  const counts = new OwnCounts();
  counts.changes(accepted(), SYN_RECV, ESTABLISHED, 0, 1, 20);
  expect(told(counts)).toEqual({ PassiveOpens: 1 });
  counts.changes(outgoing(counts, 30), SYN_RECV, ESTABLISHED, 0, 1, 40);
  expect(told(counts)).toEqual({ PassiveOpens: 1, ActiveOpens: 1 });
});

test('only what was established or half closed by the peer is reset', () => {
  const counts = new OwnCounts();
  for (const state of [ESTABLISHED, CLOSE_WAIT, FIN_WAIT1]) {
    counts.changes(accepted(), state, CLOSE, 104, 5, 20);
  }
  expect(told(counts)).toEqual({ EstabResets: 2 });
});

test('retransmissions are segments: several at once, and those that no record told', () => {
  const counts = new OwnCounts();
  const attempt = outgoing(counts, 10);
  counts.retransmits(attempt, 2, 1, 20);
  counts.retransmits(attempt, 2, 0, 30);
  counts.retransmits(attempt, 5, 1, 40);
  counts.synackRetransmit(NETNS, 50);
  expect(told(counts)).toMatchObject({ RetransSegs: 6 });
});

test('what a socket retransmitted before it was known is not counted', () => {
  const counts = new OwnCounts();
  const scanned = accepted();
  counts.retransmits(scanned, 40, 0, 10);
  expect(told(counts)).toEqual({});
  counts.retransmits(scanned, 41, 1, 20);
  const retransmitting = accepted();
  counts.retransmits(retransmitting, 10, 1, 30);
  expect(told(counts)).toEqual({ RetransSegs: 2 });
});

test('what is older than the first reading is left out, and what comes after the cut waits', () => {
  const counts = new OwnCounts();
  const namespace = counts.of(NETNS);
  namespace.beganNs = 100;
  namespace.cutNs = 200;
  for (const at of [90, 150, 250]) counts.resetSent(NETNS, at);
  expect(told(counts)).toEqual({ OutRsts: 1 });
  expect(namespace.nearBegin[COUNTER_NAMES.indexOf('OutRsts')]).toBe(3);
  namespace.join();
  expect(told(counts)).toEqual({ OutRsts: 2 });
  expect(namespace.moved).toBe(true);
  namespace.join();
  expect(namespace.moved).toBe(false);
});

test('namespaces without end are not kept, but counted together', () => {
  const counts = new OwnCounts();
  for (let netns = 1; netns <= 2000; netns++) counts.resetSent(netns, 10);
  expect([...counts.namespaces()].length).toBe(500);
  expect(counts.beyond.counted[COUNTER_NAMES.indexOf('OutRsts')]).toBe(1500);
});
