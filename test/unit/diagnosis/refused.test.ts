import { expect, test } from 'vitest';
import { connected, refused } from '../../fixtures/socket-story.ts';
import { judged } from './verdict.ts';

const NOBODY = { about: 'listener', listeners: 0, pid: null, comm: null } as const;

test('nobody listens on an own address', () => {
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:9')], [NOBODY]);
  expect(verdict).toMatchObject({
    id: 'refused-no-listener',
    confidence: 'certain',
    command: "ss -ltnp 'sport = :9'",
  });
  expect(verdict?.sentence).toContain('Nothing listened on 127.0.0.1:9');
  expect(verdict?.sentence).toContain('curl (pid 100)');
  expect(proofs).toEqual(['state', 'context']);
});

test('without the list of listeners it is likely, and no claim is made of it', () => {
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:9')]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'likely' });
  expect(proofs).toEqual(['state']);
});

test('another machine refused', () => {
  const { verdict } = judged([refused('curl', '10.0.0.2:443')]);
  expect(verdict).toMatchObject({ id: 'refused-by-peer', confidence: 'likely' });
});

test('an attempt that did not fail has no verdict', () => {
  expect(judged([connected('curl', '10.0.0.2:443')]).verdict).toBeNull();
});
