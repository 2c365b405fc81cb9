// The details as one text, for a ticket or a colleague.
import type { AttemptDetail } from '../../../contract/attempt.ts';
import { badgeText, headingText } from '../../shared/outcome.ts';
import { factsText, ownerFacts, socketFacts } from './facts.tsx';
import { describeAttempt } from './sentence.ts';
import { eventsText, momentText } from './stack-text.ts';
import { verdictText } from './verdict-text.ts';

export function detailsText(detail: AttemptDetail): string {
  const { verdict } = detail;
  const sentences = describeAttempt(detail).map((sentence) => sentence.text);
  return [
    `[${badgeText(detail.row)}] ${headingText(detail.row)}`,
    ...(verdict === null ? [] : [verdictText(detail, verdict)]),
    ...(sentences.length === 0 ? [] : [sentences.join(' ')]),
    `Events\n${eventsText(detail)}`,
    ...detail.stacks.map((stacks) => momentText(stacks, detail.stacks[0])),
    `Owner\n${factsText(ownerFacts(detail))}`,
    `Socket\n${factsText(socketFacts(detail))}`,
  ].join('\n\n');
}
