// What every committed file keeps to: a size that one can read at a sitting, a first line
// that says what it is for, and no path of anybody's machine.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 330;
const SOURCE = /\.(ts|tsx|mjs|c|h|cc)$/;
const TEXT = /\.(ts|tsx|mjs|c|h|cc|css|json|md|yml|html|svg)$|(^|\/)(Makefile|run)$/;
/** The names of tests say what they are for. */
const TEST = /\.test\.tsx?$/;
const GENERATED = /(^|\/)generated\/|layout_hash\.h$|package-lock\.json$/;
/** Home folders and build folders of one machine; the documentation's own examples are `~/`. */
const MACHINE_PATH = /(?<![\w.-])\/(?:home\/(?!\*)[a-z]\w+|work|Users\/\w+|builds)\/[\w.-]+/;

/** What is wrong with a file, one sentence each. */
export function complaints(path: string, text: string): string[] {
  if (GENERATED.test(path)) return [];
  const found: string[] = [];
  const lines = text.split('\n').length - 1;
  if (SOURCE.test(path) && lines > MAX_LINES) {
    found.push(`has ${lines} lines: name the two ideas that it holds, and split it`);
  }
  if (SOURCE.test(path) && !TEST.test(path) && !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(text)) {
    found.push('does not begin with a comment that says what it is for');
  }
  const place = MACHINE_PATH.exec(text)?.[0];
  if (place !== undefined) found.push(`names a path of one machine: ${place}`);
  return found;
}

function check(): number {
  const listed = execFileSync(
    'git',
    [
      '-c',
      `safe.directory=${ROOT}`,
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  let wrong = 0;
  for (const path of listed.split('\0')) {
    const file = join(ROOT, path);
    if (!TEXT.test(path) || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    for (const complaint of complaints(path, readFileSync(file, 'utf8'))) {
      wrong += 1;
      console.error(`${path} ${complaint}.`);
    }
  }
  return wrong === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = check();
