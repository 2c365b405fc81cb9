// Every rule has its page and its name, and tells something whatever a file says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Told } from '../../../engine/diagnosis/rule.ts';
import { RULES } from '../../../engine/diagnosis/rules.ts';
import { attempt } from '../renderer/attempts.ts';

const PAGES = join(import.meta.dirname, '../../../docs/verdicts');

test.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  expect(id).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
  expect(rule.title.length).toBeLessThanOrEqual(24);
  const page = join(PAGES, `${id}.md`);
  expect(existsSync(page), page).toBe(true);
  expect(readFileSync(page, 'utf8').split('\n')[0]).toBe(`# ${rule.title} (\`${id}\`)`);
  for (const params of [{}, { port: 'x', count: null, comm: 7 }]) {
    const { sentence, claims, next } = rule.tell(new Told(attempt(), params));
    expect(sentence).toMatch(/\.$/);
    expect(`${sentence} ${claims.map(({ text }) => text).join(' ')}`).not.toMatch(
      /undefined|NaN|null/,
    );
    expect(next.length).toBeGreaterThan(0);
  }
});

test('names are not used twice', () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});
