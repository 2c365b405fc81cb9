// docs/session-file.md against the schema: every table and column, in order, and examples that run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { FORMAT_VERSION, SCHEMA } from '../../../engine/session/schema.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/session-file.md'), 'utf8');

function openEmpty(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  return database;
}

/** Columns by table, as the page has them: the first table of each chapter named after one. */
function documented(): [string, string[]][] {
  const chapters = page.split(/^## /m).slice(1);
  return chapters.flatMap((chapter): [string, string[]][] => {
    const table = /^`(\w+)`/.exec(chapter)?.[1];
    if (table === undefined) return [];
    const rows = chapter.slice(chapter.indexOf('| column |')).split('\n\n')[0] ?? '';
    return [[table, [...rows.matchAll(/^\| `(\w+)` \| \S/gm)].map(([, column]) => column ?? '')]];
  });
}

test('every table and column is explained, and none that is not there', () => {
  const database = openEmpty();
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const actual = tables.map(({ name }) => {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(String(name));
    return [name, columns.map((column) => column['name'])];
  });
  expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(actual));
  expect(page).toContain(`the format: **${FORMAT_VERSION}**`);
});

test('the examples run', () => {
  const database = openEmpty();
  const examples = [...page.matchAll(/session\.synscope "([^"]+)"/g)].map(([, sql]) => sql ?? '');
  expect(examples).toHaveLength(5);
  for (const sql of examples) expect(() => database.prepare(sql).all()).not.toThrow();
});
