// Every scenario of the failure lab. Played by test/kernel/failures.test.ts; that each rule has
// one is checked by test/unit/diagnosis/scenarios.test.ts, where there is no kernel to play on.
import { answers } from './answers.ts';
import { calls } from './calls.ts';
import { limits } from './limits.ts';
import { packets } from './packets.ts';
import { policies } from './policies.ts';
import type { Scenario } from './scenario.ts';
import { timeouts } from './timeouts.ts';
import { ways } from './ways.ts';

/** Rules that no scenario makes, and why that cannot be. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {};

const TROUBLE = 'test/kernel/trouble.test.ts';

/** What an attempt had to put up with without failing has its scenarios in these files. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'zero-window': TROUBLE,
  'not-reading': TROUBLE,
  'retransmission-timeouts': TROUBLE,
  'missed-keep-alive': TROUBLE,
  'backlog-delayed': TROUBLE,
  'slow-handshake': TROUBLE,
  'segments-lost': TROUBLE,
  'syn-cookies': TROUBLE,
};

export const SCENARIOS: readonly Scenario[] = [
  ...calls,
  ...ways,
  ...limits,
  ...policies,
  ...packets,
  ...answers,
  ...timeouts,
];
