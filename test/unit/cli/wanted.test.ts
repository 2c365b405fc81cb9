// Which rows the flags of `synscope trace` choose.
import { expect, test } from 'vitest';
import { flagsWant, type Wanted } from '../../../cli/wanted.ts';
import type { AttemptRow } from '../../../contract/attempt.ts';
import { attempt } from '../renderer/attempts.ts';

const ALL: Wanted = {
  failed: false,
  connectOnly: false,
  acceptOnly: false,
  pid: null,
  comm: null,
  filter: '',
};

function wants(row: Partial<AttemptRow>, flags: Partial<Wanted>): boolean {
  return flagsWant(attempt(row), { ...ALL, ...flags });
}

test('one direction, together with failures', () => {
  const row = { direction: 'outgoing', failed: true } as const;
  expect(wants(row, { failed: true, connectOnly: true })).toBe(true);
  expect(wants(row, { failed: true, acceptOnly: true })).toBe(false);
  expect(wants({ ...row, failed: false }, { failed: true, connectOnly: true })).toBe(false);
  expect(wants({ direction: 'accepted' }, { acceptOnly: true })).toBe(true);
  expect(wants({ direction: 'unknown' }, { acceptOnly: true })).toBe(false);
});

test('nobody knows what a socket was for that could not be made or bound', () => {
  for (const row of [{ call: 'socket' }, { call: 'bind', direction: 'accepted' }] as const) {
    expect(wants(row, { connectOnly: true })).toBe(true);
    expect(wants(row, { acceptOnly: true })).toBe(true);
  }
  const accept = { call: 'accept', direction: 'accepted' } as const;
  expect(wants(accept, { connectOnly: true })).toBe(false);
  expect(wants(accept, { acceptOnly: true })).toBe(true);
});
