// What a session file says of the kernel's counters is summed up over all of its rows.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../fixtures/query.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();

function sessionWith(name: string, rows: readonly (readonly [number, number | null, number])[]) {
  const path = join(directory, name);
  const builder = new SessionBuilder(path);
  const insert = builder.database.prepare(
    "INSERT INTO comparison VALUES (?, 'ActiveOpens', 0, ?, ?, 0, 'a reason')",
  );
  for (const row of rows) insert.run(...row);
  builder.close();
  return openFile(path);
}

test('hundreds of namespaces: the sum has all of them, the list as many as a screen takes', () => {
  const many = Array.from({ length: 450 }, (_, index) => [index + 1, 10, 10] as const);
  const reader = sessionWith('many.synscope', [[0, null, 7], ...many]);
  const { completeness } = reader.status();
  expect(completeness?.attempts).toEqual({ seen: 4500, kernel: 4500, unasked: 7 });
  expect(completeness?.rows).toHaveLength(300);
  reader.close();
});

test('a difference in the last of them is a difference', () => {
  const many = Array.from({ length: 450 }, (_, index) => [index + 1, 10, 10] as const);
  const reader = sessionWith('differs.synscope', [...many, [451, 10, 9]]);
  expect(reader.status().completeness).toMatchObject({ differs: true, complete: false });
  reader.close();
});
