// Why an attempt failed, or what troubled one that did not, as the screen, the export and
// `trace` know it. Comes from engine/diagnosis/, through engine/query/.

/**
 * - `certain`: the kernel said so in a recorded event.
 * - `likely`: what was recorded fits this cause, and another one is rare.
 * - `possible`: it fits, and so does something else, which `next` tells apart.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

/** One claim of a verdict. */
export interface Evidence {
  readonly text: string;
  /** The recorded event that proves it (AttemptEvent.id); null when the row itself does. */
  readonly eventId: number | null;
}

/** What fits into a cell of the table. */
export interface VerdictBadge {
  /** Name of the rule and of its page, docs/verdicts/ID.md. */
  readonly id: string;
  /** Two to four words. */
  readonly title: string;
  readonly confidence: Confidence;
}

export interface Verdict extends VerdictBadge {
  /** The cause in one sentence. */
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
  /** What to check or do, most telling first. */
  readonly next: readonly string[];
  /** A command that shows or reproduces it, to be copied; never run by Synscope. */
  readonly command: string | null;
}
