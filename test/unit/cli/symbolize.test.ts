// What `synscope symbolize` refuses before it looks at anything.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explain } from '../../../cli/complain.ts';
import { checkDirectories } from '../../../cli/symbolize.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const file = join(directory, 'debug.tar');

test.each([
  [join(directory, 'nonexist'), 'it does not exist'],
  [file, 'it is not a directory'],
  [join(file, 'below'), 'it cannot be looked into'],
])('--debug-directory %s is a usage error', (wrong, why) => {
  writeFileSync(file, '');
  expect(() => checkDirectories([directory, wrong])).toThrow(why);
  try {
    checkDirectories([directory, wrong]);
  } catch (thrown) {
    const { text, status } = explain(thrown, '');
    expect(status).toBe(2);
    expect(text).toContain(`--debug-directory ${wrong}: ${why}.`);
  }
});

test('directories that are there are taken', () => {
  expect(() => checkDirectories([directory, '.'])).not.toThrow();
});
