// What the overview's charts show, and what a click on them selects. Pure.
import type { Overview } from '../../../contract/api.ts';
import type { Outcome } from '../../../contract/attempt.ts';
import type { UnixMilliseconds } from '../../../contract/units.ts';
import { comparison } from '../../shared/filter-syntax.ts';
import { outcomeName } from '../../shared/outcome.ts';

export interface TimeBar {
  readonly at: UnixMilliseconds;
  readonly end: UnixMilliseconds;
  /** Attempts that did not fail: stacked with the failures they give all attempts. */
  readonly rest: number;
  readonly failures: number;
  readonly drawn: Drawn;
}

/** What is drawn for the counts: nothing that is there is too small to be seen. */
export interface Drawn {
  readonly rest: number;
  readonly failures: number;
}

/** Least part of the largest bar that can be seen and pointed at. */
const LEAST_PART = 0.02;

/** @param most attempts of the largest bar. */
export function drawnCounts(rest: number, failures: number, most: number): Drawn {
  const seen = (count: number): number => (count === 0 ? 0 : Math.max(count, most * LEAST_PART));
  const least = { rest: seen(rest), failures: seen(failures) };
  // What one part is drawn larger the other is drawn smaller, where it is the larger one.
  const excess = Math.max(
    0,
    least.rest + least.failures - Math.max(rest + failures, most * 2 * LEAST_PART),
  );
  return rest >= failures
    ? { ...least, rest: least.rest - excess }
    : { ...least, failures: least.failures - excess };
}

/** One bar for each bucket. */
export function timeBars(overview: Overview): TimeBar[] {
  const { buckets, from, to } = overview;
  const width = buckets.length === 0 ? 0 : (to - from) / buckets.length;
  const most = Math.max(0, ...buckets.map(({ attempts }) => attempts));
  return buckets.map(({ at, attempts, failures }) => ({
    at,
    end: at + width,
    rest: Math.max(0, attempts - failures),
    failures,
    drawn: drawnCounts(Math.max(0, attempts - failures), failures, most),
  }));
}

export interface NamedBar {
  readonly name: string;
  readonly rest: number;
  readonly failures: number;
  readonly filter: string;
  readonly drawn: Drawn;
}

const MOST_BARS = 10;
const ERRNO = /^E[A-Z0-9]+$/;

/** Failures by error; where there was no errno, by outcome. */
export function errorBars(overview: Overview): NamedBar[] {
  const most = Math.max(0, ...overview.byError.map(({ count }) => count));
  return overview.byError.slice(0, MOST_BARS).map(({ error, outcome, count }) => ({
    name: ERRNO.test(error) ? `${error} · ${outcomeName(outcome)}` : outcomeName(outcome),
    rest: 0,
    failures: count,
    filter: errorFilter(error, outcome),
    drawn: drawnCounts(0, count, most),
  }));
}

function errorFilter(error: string, outcome: Outcome): string {
  const byOutcome = `outcome = ${outcome}`;
  return ERRNO.test(error) ? `error = ${error} and ${byOutcome}` : `failed and ${byOutcome}`;
}

/** The processes with most attempts. */
export function processBars(overview: Overview): NamedBar[] {
  const most = Math.max(0, ...overview.byProcess.map(({ attempts }) => attempts));
  return overview.byProcess.slice(0, MOST_BARS).map(({ comm, attempts, failures }) => ({
    name: comm === '' ? 'unknown' : comm,
    rest: attempts - failures,
    failures,
    filter: comm === '' ? 'proc = none' : comparison('proc', comm),
    drawn: drawnCounts(attempts - failures, failures, most),
  }));
}
