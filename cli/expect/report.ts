// What `synscope expect` says at the end: each rule, and for a broken one the attempts that
// broke it with their verdicts. For people, or as one JSON object.
import type { AttemptDetail } from '../../contract/attempt.ts';
import { plainJson } from '../../contract/plain-text.ts';
import { attemptJson } from '../../engine/export/attempt-json.ts';
import { attemptLine, type Paint, printable, verdictText } from '../format.ts';
import type { Judgement } from './judge.ts';

/** Attempts shown of each broken rule. */
export const SHOWN = 20;

export interface Report {
  readonly judgements: readonly Judgement[];
  /** Attempts that broke rules, as far as they are shown. */
  readonly details: ReadonlyMap<number, AttemptDetail>;
  /** Attempts of the command in all. */
  readonly attempts: number;
  /** Exit status of the command. */
  readonly status: number;
  /** What a reader must know: lost events, attempts without an owner, … */
  readonly notes: readonly string[];
}

function ruleLines({ rule, held, reason, brokenBy }: Judgement, report: Report, paint: Paint) {
  const mark = held ? paint('green', 'holds ') : paint('red', 'BROKEN');
  const lines = [`${mark}  ${printable(rule.text)}`, `        ${paint('dim', reason)}`];
  for (const id of brokenBy.slice(0, SHOWN)) {
    const detail = report.details.get(id);
    if (!detail) continue;
    lines.push(`  ${attemptLine(detail.row, paint)}`);
    const verdict = verdictText(detail, paint);
    if (verdict !== null) lines.push(`  ${verdict}`);
  }
  const more = brokenBy.length - SHOWN;
  if (more > 0) lines.push(paint('dim', `    … and ${more} more`));
  return lines;
}

/** For people: the broken rules last, where they are seen. */
export function reportText(report: Report, paint: Paint): string {
  const { judgements, attempts, notes, status } = report;
  const ordered = judgements.toSorted((a, b) => Number(b.held) - Number(a.held));
  const broken = judgements.filter(({ held }) => !held).length;
  const rules = `${judgements.length} rule${judgements.length === 1 ? '' : 's'}`;
  const seen = `${attempts} attempt${attempts === 1 ? '' : 's'} of the command seen, its exit status was ${status}`;
  return [
    ...ordered.flatMap((judgement) => ruleLines(judgement, report, paint)),
    ...notes,
    `synscope expect: ${broken === 0 ? `${rules} held` : `${broken} of ${rules} broken`}; ${seen}`,
  ].join('\n');
}

/** One line. */
export function reportJson({ judgements, details, attempts, status, notes }: Report): string {
  return plainJson({
    type: 'expect',
    held: judgements.every(({ held }) => held),
    status,
    attempts,
    rules: judgements.map(({ rule, held, reason, brokenBy, excused }) => ({
      rule: rule.text,
      held,
      reason,
      broken: brokenBy.length,
      excused,
      attempts: brokenBy.slice(0, SHOWN).flatMap((id) => {
        const detail = details.get(id);
        return detail ? [attemptJson(detail)] : [];
      }),
    })),
    notes,
  });
}
