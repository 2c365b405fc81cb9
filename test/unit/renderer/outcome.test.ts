import { expect, test } from 'vitest';
import {
  badgeText,
  badgeTitle,
  connectText,
  headingText,
  rowText,
  toneOf,
} from '../../../renderer/shared/outcome.ts';
import { abandoned, attempt } from './attempts.ts';

test('a living attempt shows its state, an ended one its outcome', () => {
  expect(badgeText(attempt({ ended: false, state: 'ESTABLISHED', outcome: 'open' }))).toBe(
    'ESTABLISHED',
  );
  expect(badgeText(attempt({ closedBy: 'remote' }))).toBe('closed by peer');
  expect(badgeText(attempt({ closedBy: 'local' }))).toBe('closed by us');
  expect(badgeText(attempt({ closedBy: null }))).toBe('closed');
  expect(badgeText(abandoned())).toBe('abandoned');
});

test('failures are red, waiting is amber, open is green', () => {
  expect(toneOf(abandoned())).toBe('red');
  expect(toneOf(attempt({ ended: false, state: 'SYN_SENT', outcome: 'connecting' }))).toBe('amber');
  expect(toneOf(attempt({ ended: false, state: 'ESTABLISHED', outcome: 'open' }))).toBe('green');
  expect(toneOf(attempt())).toBe('blue');
  expect(toneOf(attempt({ outcome: 'unknown' }))).toBe('grey');
});

test('trouble is amber, whether it goes on or has ended', () => {
  const verdict = {
    id: 'zero-window',
    title: "peer's window closed",
    confidence: 'certain',
  } as const;
  const open = attempt({ ended: false, state: 'ESTABLISHED', outcome: 'open', verdict });
  expect(badgeText(open)).toBe("peer's window closed");
  expect(badgeTitle(open)).toContain('Certain: the kernel itself said so. Now in ESTABLISHED.');
  expect(toneOf(open)).toBe('amber');
  expect(toneOf(attempt({ verdict }))).toBe('amber');
  expect(badgeTitle(attempt({ verdict }))).not.toContain('Now in');
});

test('the time to connect says how it went', () => {
  expect(connectText(attempt())).toBe('18 ms');
  expect(connectText(abandoned())).toBe('gave up 10.0 s');
  expect(connectText(abandoned({ outcome: 'refused', durationMs: 0.12 }))).toBe('refused 0.12 ms');
  const waiting = abandoned({
    outcome: 'connecting',
    failed: false,
    ended: false,
    durationMs: 3_140,
  });
  expect(connectText(waiting)).toBe('3.14 s …');
  expect(connectText(attempt({ startedAt: null, connectMs: null }))).toBe('—');
});

test('the heading points from who began to who answered', () => {
  expect(headingText(attempt())).toBe('nc → 10.0.3.7:5432');
  expect(headingText(attempt({ direction: 'accepted', comm: 'sshd' }))).toBe(
    '10.0.3.7:5432 → sshd',
  );
  expect(headingText(attempt({ comm: null }))).toBe('unknown process → 10.0.3.7:5432');
});

test('a row copies as one line', () => {
  const text = rowText(abandoned({ error: 'ETIMEDOUT' }));
  expect(text).toContain('abandoned\tnc 30122\t10.0.3.7:5432\t10.0.0.8:44410');
  expect(text).toContain('gave up 10.0 s');
  expect(text.endsWith('ETIMEDOUT')).toBe(true);
  expect(text).not.toContain('\n');
});
