// Every scenario of the failure lab. Played by test/kernel/failures.test.ts; that each rule has
// one is checked by test/unit/diagnosis/scenarios.test.ts, where there is no kernel to play on.
import { answers } from './answers.ts';
import { calls } from './calls.ts';
import { limits } from './limits.ts';
import { packets } from './packets.ts';
import { policies } from './policies.ts';
import type { Scenario } from './scenario.ts';

/** Rules that no scenario makes, and why that cannot be. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {};

/** Rules whose scenarios stand with what else those tests look at, in these files. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'user-timeout': 'test/kernel/timed-out.test.ts',
  'keep-alive-timeout': 'test/kernel/timed-out.test.ts',
  'zero-window-timeout': 'test/kernel/timed-out.test.ts',
};

export const SCENARIOS: readonly Scenario[] = [
  ...calls,
  ...limits,
  ...policies,
  ...packets,
  ...answers,
];
