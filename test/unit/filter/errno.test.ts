// The errno table against this machine's own.
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { ERRNO_NAMES, errnoByName, errnoMeaning, errnoName } from '../../../contract/errno.ts';

test('every errno that Node knows has the same number here', () => {
  const ours = Object.keys(constants.errno).map((name) => [name, errnoByName(name)]);
  expect(Object.fromEntries(ours)).toEqual(constants.errno);
});

test('names, meanings and numbers without a name', () => {
  expect(errnoName(111)).toBe('ECONNREFUSED');
  expect(errnoByName('econnrefused')).toBe(111);
  expect(errnoName(9999)).toBe('errno 9999');
  expect(errnoMeaning(9999)).toBeNull();
  expect(ERRNO_NAMES.every((name) => errnoMeaning(errnoByName(name) ?? 0))).toBe(true);
});
