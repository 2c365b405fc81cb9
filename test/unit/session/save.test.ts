// Saving: one whole file or none, whatever is at the target and wherever it is.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SessionReader } from '../../../engine/query/reader.ts';
import { saveSession } from '../../../engine/session/save.ts';
import { APPLICATION_ID, FORMAT_VERSION } from '../../../engine/session/schema.ts';
import { openFile, windowOf } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const livePath = join(directory, 'live.synscope');
const isRoot = process.getuid?.() === 0;
let builder: SessionBuilder;
let live: SessionReader;

beforeAll(() => {
  builder = new SessionBuilder(livePath, { clean_end: 0 }, { wal: true });
  fillSession(builder, 200, 2);
  live = SessionReader.open(livePath, {
    session: 'live',
    kind: 'live',
    name: null,
    live: () => null,
  });
});
afterAll(() => {
  live.close();
  builder.close();
});

function pragma(path: string, name: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const [value] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
  database.close();
  return value;
}

test('the live session becomes one finished file that opens again', () => {
  const path = join(directory, 'saved.synscope');
  const { bytes } = saveSession(live, path);
  expect(bytes).toBe(statSync(path).size);
  expect(pragma(path, 'journal_mode')).toBe('delete');
  expect(pragma(path, 'application_id')).toBe(APPLICATION_ID);
  expect(pragma(path, 'user_version')).toBe(FORMAT_VERSION);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const reader = openFile(path);
  expect(windowOf(reader).total).toBe(200);
  expect(reader.status().notes).toEqual([]);
  reader.close();
  expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
});

test('a file that is there is replaced, through a link too', () => {
  const path = join(directory, 'replaced.synscope');
  const link = join(directory, 'link.synscope');
  writeFileSync(path, 'old');
  symlinkSync(path, link);
  expect(saveSession(live, link).path).toBe(path);
  expect(pragma(path, 'application_id')).toBe(APPLICATION_ID);
});

test('the session in use is not overwritten, by any of its names', () => {
  const alias = join(directory, 'alias.synscope');
  symlinkSync(livePath, alias);
  for (const path of [livePath, alias, `${livePath}-wal`, `${livePath}-shm`]) {
    expect(() => saveSession(live, path)).toThrow(expect.objectContaining({ code: 'same-file' }));
  }
  expect(windowOf(live).total).toBe(200);
});

test('a file that did not end in order still says so in its copy', () => {
  const crashed = join(directory, 'crashed.synscope');
  new SessionBuilder(crashed, { clean_end: 0 }).close();
  const reader = openFile(crashed);
  const copy = join(directory, 'copy.synscope');
  saveSession(reader, copy);
  reader.close();
  const again = openFile(copy);
  expect(again.status().notes[0]).toContain('without being stopped in order');
  again.close();
});

test('places that cannot be written', () => {
  mkdirSync(join(directory, 'taken.synscope'));
  for (const [path, code] of [
    [join(directory, 'nowhere', 'x.synscope'), 'no-such-directory'],
    [join(livePath, 'x.synscope'), 'no-such-directory'],
    [join(directory, 'taken.synscope'), 'not-writable'],
    ['/dev/null', 'not-writable'],
    ['/proc/x.synscope', 'not-writable'],
  ] as const) {
    expect(() => saveSession(live, path), path).toThrow(expect.objectContaining({ code }));
  }
});

test.skipIf(isRoot)('a directory of somebody else (skipped: root may write anywhere)', () => {
  const locked = join(directory, 'locked');
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  expect(() => saveSession(live, join(locked, 'x'))).toThrow(
    expect.objectContaining({ code: 'not-writable' }),
  );
});

test('a full disk is told, and what was there before is still there', () => {
  const disk = join(directory, 'disk');
  mkdirSync(disk);
  const source = join(directory, 'large.synscope');
  const large = new SessionBuilder(source);
  fillSession(large, 2000);
  large.close();
  const module = (path: string) => JSON.stringify(join(import.meta.dirname, '../../..', path));
  const script = `
    import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
    import { SessionReader } from ${module('engine/query/reader.ts')};
    import { saveSession } from ${module('engine/session/save.ts')};
    import { exportSession } from ${module('engine/export/export.ts')};
    import { EVERYTHING } from ${module('engine/query/selection.ts')};
    const disk = ${JSON.stringify(disk)};
    writeFileSync(disk + '/x.synscope', 'before');
    const reader = SessionReader.open(${JSON.stringify(source)}, { session: 'x', kind: 'file', name: 'x', live: () => null });
    const codes = [];
    try { saveSession(reader, disk + '/x.synscope'); } catch (problem) { codes.push(problem.code); }
    try { await exportSession(reader, EVERYTHING, 'jsonl', disk + '/y.jsonl'); } catch (problem) { codes.push(problem.code); }
    console.log(JSON.stringify([codes, readdirSync(disk), readFileSync(disk + '/x.synscope', 'utf8')]));`;
  const shell = `mount -t tmpfs -o size=128k tmpfs "${disk}" && exec "${process.execPath}" --input-type=module`;
  const output = execFileSync('unshare', [isRoot ? '-m' : '-rm', 'sh', '-c', shell], {
    input: script,
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual([['disk-full', 'disk-full'], ['x.synscope'], 'before']);
});

test('nothing is left of what failed', () => {
  expect(existsSync(join(directory, 'nowhere'))).toBe(false);
  expect(readFileSync(livePath).subarray(0, 15).toString()).toBe('SQLite format 3');
  expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
});
