// docs/filter.md against the table of fields, and its examples against the parser.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FIELDS, FLAGS, operatorsOf } from '../../../contract/filter/fields.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/filter.md'), 'utf8');

/** Cells of the table whose header begins with `name`. */
function tableOf(name: string): string[][] {
  const lines =
    page
      .slice(page.indexOf(`| ${name} |`))
      .split('\n\n')[0]
      ?.split('\n') ?? [];
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('every field, with its aliases, values and operators', () => {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' ');
  expect(tableOf('field')).toEqual(
    FIELDS.map((field) => [
      code([field.name]),
      code(field.aliases),
      field.type + (field.optional ? ', none' : ''),
      code(operatorsOf(field)),
      field.description,
    ]),
  );
});

test('every flag', () => {
  expect(tableOf('flag')).toEqual(
    FLAGS.map(({ name, description }) => [`\`${name}\``, description]),
  );
});

test('the examples parse', () => {
  const examples = (page.split('```')[1] ?? '')
    .trim()
    .split('\n')
    .map((line) => line.split(/ {3,}/)[0] ?? '');
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) expect(parseFilter(example), example).toMatchObject({ ok: true });
});
