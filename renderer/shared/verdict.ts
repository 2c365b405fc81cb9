// Verdicts as the window puts them: how sure in words and as a mark, and the filter that
// selects one. Takes what contract/verdict.ts describes. Pure.
import type { Confidence, VerdictBadge } from '../../contract/verdict.ts';
import { comparison } from './filter-syntax.ts';

/** The rule that says that no other one fits (docs/verdicts/unknown.md). */
const UNKNOWN = 'unknown';

/** It gave way to another attempt of the same program, which connected (docs/verdicts/lost-race.md). */
const LOST_RACE = 'lost-race';

const SURENESS: Record<Confidence, { readonly word: string; readonly meaning: string }> = {
  certain: { word: 'Certain', meaning: 'the kernel itself said so.' },
  likely: { word: 'Likely', meaning: 'all that was recorded fits it, and little else would.' },
  possible: {
    word: 'Possible',
    meaning: 'it fits, and so does something else; what to check next tells them apart.',
  },
};

/** Whether nothing went wrong for the program: no reason for alarm. */
export function isHarmless({ id }: VerdictBadge): boolean {
  return id === LOST_RACE;
}

/** How sure a verdict is, as a word and what the word stands for. */
export function sureness({ id, confidence }: VerdictBadge): { word: string; meaning: string } {
  if (id === UNKNOWN) {
    return { word: 'Not known', meaning: 'what was recorded fits no cause that Synscope knows.' };
  }
  return SURENESS[confidence];
}

/** How many of three dots are filled: the sureness for the eye. */
export function surenessDots({ id, confidence }: VerdictBadge): 0 | 1 | 2 | 3 {
  if (id === UNKNOWN) return 0;
  return confidence === 'certain' ? 3 : confidence === 'likely' ? 2 : 1;
}

/** `nobody listens. Certain: the kernel said so itself, in a recorded event.` */
export function verdictTitle(verdict: VerdictBadge): string {
  const { word, meaning } = sureness(verdict);
  return `${verdict.title}. ${word}: ${meaning}`;
}

/** Filter text that selects what has this verdict. */
export function verdictFilter({ id }: VerdictBadge): string {
  return comparison('verdict', id);
}
