// A verdict's claims with the events that prove them, for the screen and as text. Pure.
import type { AttemptDetail, AttemptEvent } from '../../../contract/attempt.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import { formatOffset } from '../../shared/format.ts';
import { headingText } from '../../shared/outcome.ts';
import { sureness } from '../../shared/verdict.ts';
import { type NamedMark, nameMarks } from './marks.ts';

/**
 * - `mark`: the event that proves it, named.
 * - `unlisted`: an event proves it that is not among those that the details have.
 * - null: the row itself proves it.
 */
export interface ProvedClaim {
  readonly text: string;
  readonly proof: { readonly mark: NamedMark } | 'unlisted' | null;
}

/** The claims of a verdict, each with its event. */
export function provedClaims(verdict: Verdict, events: readonly AttemptEvent[]): ProvedClaim[] {
  const marks = new Map(nameMarks(events).map((mark) => [mark.event.id, mark]));
  return verdict.evidence.map(({ text, eventId }) => {
    if (eventId === null) return { text, proof: null };
    const mark = marks.get(eventId);
    return { text, proof: mark === undefined ? 'unlisted' : { mark } };
  });
}

export interface ProsePart {
  readonly text: string;
  readonly code: boolean;
  /** Which piece of its text it is. */
  readonly place: number;
}

/** A text of a rule in pieces; what stands between backquotes is code. */
export function proseParts(text: string): ProsePart[] {
  return text
    .split(/`([^`]+)`/)
    .map((part, place) => ({ text: part, code: place % 2 === 1, place }))
    .filter((part) => part.text !== '');
}

/** What a chip says: the event's name and when it was. */
export function chipText({ event, name }: NamedMark): string {
  const isTimeless = event.kind === 'context' || event.atMs === 0;
  return isTimeless ? name : `${name} ${formatOffset(event.atMs)}`;
}

/** The verdict as text, for a ticket or a colleague. */
export function verdictText(detail: AttemptDetail, verdict: Verdict): string {
  const { word, meaning } = sureness(verdict);
  const claims = provedClaims(verdict, detail.events).map((claim) => `- ${claimText(claim)}`);
  const next = verdict.next.map((each, index) => `${index + 1}. ${each}`);
  return [
    `${verdict.title}: ${headingText(detail.row)}`,
    verdict.sentence,
    `${word}: ${meaning}`,
    ...(claims.length === 0 ? [] : ['', 'Because', ...claims]),
    ...(next.length === 0 ? [] : ['', 'Check next', ...next]),
    ...(verdict.command === null ? [] : ['', `$ ${verdict.command}`]),
    '',
    `Verdict “${verdict.id}” of Synscope`,
  ].join('\n');
}

function claimText({ text, proof }: ProvedClaim): string {
  if (proof === null) return text;
  if (proof === 'unlisted') return `${text} (recorded)`;
  return `${text} (${formatOffset(proof.mark.event.atMs)}: ${proof.mark.event.text})`;
}
