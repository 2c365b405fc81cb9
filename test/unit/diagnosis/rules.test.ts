// Every rule has its page and its name, and is in the index.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RULES, TROUBLES } from '../../../engine/diagnosis/rules.ts';

const PAGES = join(import.meta.dirname, '../../../docs/verdicts');
const ALL = [...RULES, ...TROUBLES];
const INDEX = readFileSync(join(PAGES, 'README.md'), 'utf8');

test.each(ALL.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  expect(rule.title.length).toBeLessThanOrEqual(24);
  const page = join(PAGES, `${id}.md`);
  expect(existsSync(page), page).toBe(true);
  const text = readFileSync(page, 'utf8');
  expect(text.split('\n')[0]).toBe(`# ${rule.title} (\`${id}\`)`);
  for (const part of ['Means', 'Known from', 'Check', 'Reproduce']) {
    expect(text).toContain(`\n**${part}.** `);
  }
  expect(INDEX).toContain(`| [\`${id}\`](${id}.md) | ${rule.title} | `);
});

test('the index lists the rules in the order in which they are asked', () => {
  const listed = [...INDEX.matchAll(/^\| \[`([a-z0-9-]+)`\]/gm)].map(([, id]) => id);
  expect(listed).toEqual(ALL.map(({ id }) => id));
});

test('names are not used twice', () => {
  expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
});
