// How long a receive window was closed. Used by the rules about stalls, one for each side.
import type { ClosedWindow } from '../../../lifecycle/trouble.ts';
import type { Claim, Param, Told } from '../../rule.ts';
import { duration, times } from '../../words.ts';

/** The longest stall, by its events. */
export function closedEvents({ beganId, endedId }: ClosedWindow) {
  return { began: { id: beganId }, ended: { id: endedId } };
}

export function closedParams(window: ClosedWindow): Record<string, Param> {
  return {
    stalls: window.stalls,
    longestMs: Math.round(window.longestMs),
    totalMs: Math.round(window.totalMs),
  };
}

/** `for 3.2 s`, or `twice, for 5 s in all` */
export function sayHowLong(told: Told): string {
  const stalls = told.number('stalls', 1);
  const ms = Math.max(told.number('longestMs'), told.number('totalMs'));
  return stalls <= 1 ? `for ${duration(ms)}` : `${times(stalls)}, for ${duration(ms)} in all`;
}

/** `what`: said of the begin. */
export function closedClaims(told: Told, what: string): Claim[] {
  const longest = duration(told.number('longestMs'));
  const times = told.number('stalls', 1) > 1 ? ', the longest time' : '';
  return [
    { text: `the window was closed${times}${what}`, event: 'began' },
    { text: `it was open again, or the connection ended, ${longest} later`, event: 'ended' },
  ];
}
