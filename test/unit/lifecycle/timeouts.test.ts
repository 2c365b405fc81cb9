// Which timer gave a socket up, from the figures that the kernel decides by.
import { expect, test } from 'vitest';
import { ESTABLISHED, FIN_WAIT1, SYN_SENT } from '../../../engine/lifecycle/tcp-state.ts';
import { type TimerFigures, timeoutDetail } from '../../../engine/lifecycle/timeouts.ts';

const IDLE: TimerFigures = {
  rtoUs: 204_000,
  userTimeoutMs: 0,
  keepaliveTimeMs: 7_200_000,
  keepaliveIntvlMs: 75_000,
  sndWnd: 64_000,
  unacked: 0,
  unsent: 0,
  ackMs: 9000,
  probingMs: 0,
  retransmits: 0,
  probesOut: 0,
  keepaliveProbes: 9,
  retries2: 15,
  synRetries: 0,
  orphan: 0,
};

const given = (state: number, figures: Partial<TimerFigures>, lastedMs: number | null = 60_000) =>
  timeoutDetail(state, { ...IDLE, ...figures }, lastedMs);

test.each([
  ['handshake', SYN_SENT, { unacked: 1, retransmits: 6, sndWnd: 0 }],
  ['retransmission', ESTABLISHED, { unacked: 100, retransmits: 15 }],
  ['retransmission', FIN_WAIT1, { unacked: 1, retransmits: 8, orphan: 1 }],
  ['zero-window', ESTABLISHED, { unsent: 100, sndWnd: 0, probesOut: 15 }],
  // The peer took its window back over what was on its way.
  ['zero-window', ESTABLISHED, { unacked: 100, sndWnd: 0, retransmits: 15 }],
  ['keep-alive', ESTABLISHED, { probesOut: 9 }],
] as const)('%s', (timer, state, figures) => {
  expect(given(state, figures)).toMatchObject({ timer });
});

test('TCP_USER_TIMEOUT decides wherever it is set, but beside a count only once it has run out', () => {
  const decided = (detail: ReturnType<typeof given>) => detail.userTimeoutMs;
  const set = { userTimeoutMs: 5000 };
  expect(decided(given(ESTABLISHED, { ...set, unacked: 9, retransmits: 4 }))).toBe(5000);
  expect(decided(given(ESTABLISHED, { ...set, probesOut: 1 }))).toBe(5000);
  expect(decided(given(ESTABLISHED, { ...set, unsent: 9, probingMs: 5001 }))).toBe(5000);
  expect(decided(given(ESTABLISHED, { ...set, unsent: 9, probingMs: 900 }))).toBeUndefined();
  // Before 5.11 the kernel did not note since when it probed.
  expect(decided(given(ESTABLISHED, { ...set, unsent: 9, probesOut: 3 }))).toBe(5000);
  expect(decided(given(ESTABLISHED, { ...set, unsent: 9, probesOut: 15 }))).toBeUndefined();
  expect(decided(given(SYN_SENT, set, 5100))).toBe(5000);
  expect(decided(given(SYN_SENT, set, 1100))).toBeUndefined();
  expect(decided(given(SYN_SENT, set, null))).toBe(5000);
  expect(decided(given(ESTABLISHED, { unacked: 9 }))).toBeUndefined();
});

test('it tells what the timer was set to, and no more', () => {
  expect(given(ESTABLISHED, { probesOut: 9 })).toEqual({
    timer: 'keep-alive',
    state: 'ESTABLISHED',
    probes: 9,
    rtoMs: 204,
    retries2: 15,
    silentMs: 9000,
    window: 64_000,
    keepAlive: { idleMs: 7_200_000, intervalMs: 75_000, probes: 9 },
    unacked: 0,
    unsent: 0,
  });
  expect(given(SYN_SENT, { unacked: 1, retransmits: 2, synRetries: 2 })).toEqual({
    timer: 'handshake',
    state: 'SYN_SENT',
    resent: 2,
    rtoMs: 204,
    synRetries: 2,
    unacked: 1,
    unsent: 0,
  });
});
