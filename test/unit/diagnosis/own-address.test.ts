// The peer is this machine, which its address alone does not show: another address of the same
// network namespace.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { refused } from '../../fixtures/socket-story.ts';
import { judged } from './verdict.ts';

const NOBODY = { about: 'listener', listeners: 0, pid: null, comm: null } as const;

test.each(['10.77.1.2:40000', '127.0.0.1:40000'])('refused from %s by an own address', (at) => {
  const own: ContextDetail = { ...NOBODY, own: true };
  const story = () => refused('curl', '10.77.1.9:9201').at(at);
  const { verdict, proofs } = judged([story()], [own]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'certain' });
  expect(verdict?.sentence).toContain("this machine's own kernel answered");
  expect(proofs).toEqual(['reset-received', 'context']);
  expect(judged([story()], [NOBODY]).verdict?.id).toBe('refused-by-peer');
});

test('a route of the type local leads to this machine as well', () => {
  const route: ContextDetail = { about: 'route', found: true, local: true, device: 'lo' };
  const { verdict } = judged([refused('curl', '10.77.1.9:9201')], [route]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'likely' });
});
