// A finding of the session file → the words of a verdict. Used by engine/query/; the file
// may be of another version, or a stranger's.
import type { AttemptRow } from '../../contract/attempt.ts';
import type { Confidence, Evidence, Verdict, VerdictBadge } from '../../contract/verdict.ts';
import { Told } from './rule.ts';
import { ruleById } from './rules.ts';

const CONFIDENCES: readonly Confidence[] = ['certain', 'likely', 'possible'];

function confidenceOf(value: unknown): Confidence {
  return CONFIDENCES.find((each) => each === value) ?? 'possible';
}

/** Null when there is no verdict. */
export function badgeOf(id: unknown, confidence: unknown): VerdictBadge | null {
  if (typeof id !== 'string') return null;
  const rule = ruleById(id);
  return { id, title: rule?.title ?? id, confidence: confidenceOf(confidence) };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return plain ? (value as Record<string, unknown>) : {};
}

function parse(text: unknown): Readonly<Record<string, unknown>> {
  try {
    return typeof text === 'string' ? objectOf(JSON.parse(text)) : {};
  } catch {
    return {};
  }
}

/** `findingJson`: `{params, events}` as the writer stored it. */
export function tellVerdict(row: AttemptRow, findingJson: unknown): Verdict | null {
  if (row.verdict === null) return null;
  const rule = ruleById(row.verdict.id);
  if (rule === null) {
    const sentence = `A verdict of another version of Synscope: ${row.verdict.id}.`;
    return { ...row.verdict, sentence, evidence: [], next: [], command: null };
  }
  const finding = parse(findingJson);
  const events = objectOf(finding['events']);
  const { sentence, claims, next, command } = rule.tell(new Told(row, objectOf(finding['params'])));
  const evidence = claims.flatMap(({ text, event }): Evidence[] => {
    if (event === undefined) return [{ text, eventId: null }];
    const id = events[event];
    // A claim that names an event is made only where there was one.
    return typeof id === 'number' && Number.isSafeInteger(id) ? [{ text, eventId: id }] : [];
  });
  return { ...row.verdict, sentence, evidence, next, command: command ?? null };
}
