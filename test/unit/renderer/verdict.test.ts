import { expect, test } from 'vitest';
import type { Verdict } from '../../../contract/verdict.ts';
import { detailsText } from '../../../renderer/panels/details/details-text.ts';
import { describeAttempt } from '../../../renderer/panels/details/sentence.ts';
import {
  chipText,
  proseParts,
  provedClaims,
  verdictText,
} from '../../../renderer/panels/details/verdict-text.ts';
import {
  badgeClass,
  badgeText,
  badgeTitle,
  callText,
  connectText,
  headingText,
  rowText,
} from '../../../renderer/shared/outcome.ts';
import {
  sureness,
  surenessDots,
  verdictFilter,
  verdictTitle,
} from '../../../renderer/shared/verdict.ts';
import { abandoned, attempt, detail, event } from './attempts.ts';

const BADGE = { id: 'silence', title: 'no answer', confidence: 'likely' } as const;

function silence(part: Partial<Verdict> = {}): Verdict {
  return {
    ...BADGE,
    sentence: 'Four SYNs to 10.0.3.7:5432 got no answer.',
    evidence: [],
    next: ['Is the host up?'],
    command: 'tracepath -p 5432 10.0.3.7',
    ...part,
  };
}

const SYN = event(0, { oldState: 'CLOSE', newState: 'SYN_SENT', text: 'CLOSE → SYN_SENT' });
const AGAIN = event(1_021, { kind: 'retransmit', oldState: 'SYN_SENT', text: 'SYN sent again' });
const ASKED = event(10_003, { kind: 'context', text: 'tcp_syn_retries was 6' });

test('each claim has the event that proves it, by name and time', () => {
  const verdict = silence({
    evidence: [
      { text: 'a SYN', eventId: SYN.id },
      { text: 'another', eventId: AGAIN.id },
      { text: 'the setting', eventId: ASKED.id },
      { text: 'no byte', eventId: null },
      { text: 'far away', eventId: 999_999 },
    ],
  });
  const claims = provedClaims(verdict, [SYN, AGAIN, ASKED]);
  const chips = claims.map(({ proof }) =>
    proof === null || proof === 'unlisted' ? proof : chipText(proof.mark),
  );
  expect(chips).toEqual(['SYN', 'SYN 1 +1.02 s', 'looked up', null, 'unlisted']);
});

test('as text it has the cause, how sure, the proofs, what to check, and the command', () => {
  const verdict = silence({ evidence: [{ text: 'the kernel sent it again', eventId: AGAIN.id }] });
  const of = detail(abandoned({ verdict: BADGE }), { verdict, events: [SYN, AGAIN] });
  expect(verdictText(of, verdict)).toBe(
    [
      'no answer: nc → 10.0.3.7:5432',
      'Four SYNs to 10.0.3.7:5432 got no answer.',
      'Likely: all that was recorded fits it, and little else would.',
      '',
      'Because',
      '- the kernel sent it again (+1.02 s: SYN sent again)',
      '',
      'Check next',
      '1. Is the host up?',
      '',
      '$ tracepath -p 5432 10.0.3.7',
      '',
      'Verdict “silence” of Synscope',
    ].join('\n'),
  );
  expect(detailsText(of)).toContain('Four SYNs to 10.0.3.7:5432 got no answer.');
});

test('what stands between backquotes is code', () => {
  const said = (text: string) =>
    proseParts(text).map(({ text: part, code }) => (code ? `[${part}]` : part));
  expect(said('the `drop` rule of `nft`')).toEqual(['the ', '[drop]', ' rule of ', '[nft]']);
  expect(said('one ` alone')).toEqual(['one ` alone']);
});

test('what the verdict says is not said again', () => {
  const of = detail(abandoned({ verdict: BADGE }), { verdict: silence() });
  expect(describeAttempt(of)).toEqual([]);
  const reset = attempt({ outcome: 'reset', failed: true, error: 'ECONNRESET', verdict: BADGE });
  const sentences = describeAttempt(detail(reset, { verdict: silence() }));
  expect(sentences.map(({ text }) => text)).toEqual([
    'Connected to 10.0.3.7:5432 in 18 ms.',
    '211 B sent, 26 MB received.',
  ]);
  expect(sentences.some(({ strong }) => strong)).toBe(false);
});

test('lost events are said beside a verdict too', () => {
  const of = detail(abandoned({ verdict: BADGE, incomplete: true }), { verdict: silence() });
  expect(describeAttempt(of).map(({ text }) => text)).toEqual([
    'Events of this attempt may have been lost, so parts can be missing.',
  ]);
});

test('the badge says the verdict, and doubt is not only a colour', () => {
  const likely = abandoned({ verdict: BADGE });
  expect(badgeText(likely)).toBe('no answer');
  expect(badgeTitle(likely)).toContain('Likely');
  expect(badgeClass(likely)).toBe('badge red');
  const possible = abandoned({ verdict: { ...BADGE, confidence: 'possible' } });
  expect(badgeClass(possible)).toBe('badge red doubt');
  expect(badgeText(abandoned())).toBe('abandoned');
});

test('an attempt that gave way to another is no alarm', () => {
  const lost = { id: 'lost-race', title: 'gave way to another', confidence: 'likely' } as const;
  expect(badgeClass(abandoned({ verdict: lost }))).toBe('badge grey');
});

test('that no cause is known is not called possible', () => {
  const unknown = { id: 'unknown', title: 'cause unknown', confidence: 'possible' } as const;
  expect(sureness(unknown).word).toBe('Not known');
  expect(surenessDots(unknown)).toBe(0);
  expect(surenessDots({ ...BADGE, confidence: 'certain' })).toBe(3);
  expect(verdictTitle(BADGE)).toMatch(/^no answer\. Likely: /);
  expect(verdictFilter(BADGE)).toBe('verdict = silence');
});

test('a call that failed before a connection is told as a call', () => {
  const bind = abandoned({
    call: 'bind',
    outcome: 'failed',
    error: 'EADDRINUSE',
    localAddress: '0.0.0.0',
    localPort: 80,
    durationMs: 0,
  });
  expect(callText(bind)).toBe('bind() of 0.0.0.0:80');
  expect(headingText(bind)).toBe('nc: bind() of 0.0.0.0:80');
  expect(connectText(bind)).toBe('—');
  expect(rowText(bind)).toContain('bind() of 0.0.0.0:80');
  expect(rowText(bind)).not.toContain('10.0.3.7');
  expect(describeAttempt(detail(bind)).map(({ text }) => text)).toEqual([
    'bind() of 0.0.0.0:80 failed with EADDRINUSE.',
  ]);
  expect(callText(abandoned({ call: 'socket' }))).toBe('socket()');
  expect(callText(abandoned({ call: 'accept', localAddress: '::', localPort: 443 }))).toBe(
    'accept() on [::]:443',
  );
});
