// Every rule is made for real in the failure lab (test/kernel/failures/), or says why it is not.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RULES, TROUBLES } from '../../../engine/diagnosis/rules.ts';
import { ELSEWHERE, EXCEPTIONS, SCENARIOS } from '../../kernel/failures/scenarios.ts';

const ids = [...RULES, ...TROUBLES].map(({ id }) => id);
const played = new Set(SCENARIOS.map(({ verdict }) => verdict));

test.each(ids)('%s has a scenario, or a reason to have none', (id) => {
  const reasons = [played.has(id), Object.hasOwn(EXCEPTIONS, id), Object.hasOwn(ELSEWHERE, id)];
  expect(reasons.filter(Boolean)).toHaveLength(1);
});

test('scenarios and exceptions are of rules that there are', () => {
  const named = [...played, ...Object.keys(EXCEPTIONS), ...Object.keys(ELSEWHERE)];
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  expect(Object.values(EXCEPTIONS).filter((reason) => reason.length < 20)).toEqual([]);
});

test.each(Object.entries(ELSEWHERE))('%s is made in %s', (id, file) => {
  expect(readFileSync(file, 'utf8')).toContain(`'${id}'`);
});

test('no two scenarios have one name', () => {
  const names = SCENARIOS.map(({ verdict, title }) => `${verdict}: ${title}`);
  expect(new Set(names).size).toBe(names.length);
});
