// How a command fails: one clear sentence on stderr, the fix under it, and the exit
// status (2 = the command line was wrong, 1 = everything else). Called by cli/main.ts.
import type { Place } from '../contract/filter/ast.ts';
import { plainPlaces, plainText } from '../contract/plain-text.ts';
import { asApiError, Problem } from '../engine/problem.ts';

/** Codes of problems that come from what was typed. */
const USAGE_CODES = new Set(['usage', 'bad-filter']);

/** What was typed cannot be used. Exit status 2. */
export class UsageProblem extends Problem {
  constructor(sentence: string, fix: string | null = null) {
    super('usage', sentence, fix);
  }
}

/** What stdout leads to takes no more. */
export function outputProblem({ code, message }: NodeJS.ErrnoException): Problem {
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const why = full ? 'the disk is full' : message;
  return new Problem(
    'output',
    `The output is incomplete: ${why}.`,
    full ? 'Free some space (df -h), or send the output somewhere else.' : null,
  );
}

/** Characters of a filter that are shown before and after the place. */
const AROUND = 150;

/** The filter around a place, with a caret under the place where the trouble is. */
export function pointInto(filter: string, place: Place): string {
  const first = Math.max(0, place.from - AROUND);
  const shown = filter.slice(first, place.from + AROUND).replaceAll(/\s/g, ' ');
  const [before, after] = [first > 0, first + shown.length < filter.length];
  const room = first + shown.length - place.from;
  const width = Math.max(1, Math.min(place.to - place.from, room));
  const text = `${before ? '…' : ''}${plainPlaces(shown)}${after ? '…' : ''}`;
  return `  ${text}\n  ${' '.repeat(place.from - first + (before ? 1 : 0))}${'^'.repeat(width)}`;
}

/** The text for stderr, and the exit status. `filter` is the filter that was asked for. */
export function explain(thrown: unknown, filter: string): { text: string; status: number } {
  const error = asApiError(thrown);
  // Paths, and names out of a file, may hold anything.
  const lines = [`synscope: ${plainText(error.sentence, '\n')}`];
  if (error.at && filter !== '') lines.push(pointInto(filter, error.at));
  if (error.fix) lines.push(plainText(error.fix, '\n'));
  const usage = USAGE_CODES.has(error.code) || error.at !== undefined;
  return { text: `${lines.join('\n')}\n`, status: usage ? 2 : 1 };
}
