// Naming a session later in its place: whose file it is stays as it was, and without anything
// gained the file itself does.
import {
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { LaterName } from '../../../contract/addon.ts';
import { nameSessionLater } from '../../../engine/session/name-later.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const isRoot = process.getuid?.() === 0;
const BUILD_ID = 'abcdef0123456789abcdef0123456789abcdef01';

/** A session with one frame that has no name. */
function session(name: string): string {
  const path = join(directory, name);
  const builder = new SessionBuilder(path);
  const stack = builder.stack('user', [{ name: null, module: '/opt/app', offset: 0x1201 }]);
  builder.database.exec(`UPDATE frame SET build_id = '${BUILD_ID}'`);
  builder.refused();
  expect(stack).toBe(1);
  builder.close();
  return path;
}

function nameInPlace(path: string, found: LaterName[][] | null, output = path) {
  return nameSessionLater({ path, output, directories: [], nameLater: () => found });
}

function framesOf(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const names = database.prepare('SELECT name FROM frame').all();
  database.close();
  return names.map(({ name }) => name);
}

const MAIN = [[{ name: 'main', file: '/src/main.c', line: 7, inlined: false }]];

test('a named session keeps its mode, and no unfinished file is left', async () => {
  const path = session('mode.synscope');
  chmodSync(path, 0o640);
  const { unchanged, otherNames } = await nameInPlace(path, MAIN);
  expect({ unchanged, otherNames }).toEqual({ unchanged: false, otherNames: 0 });
  expect(framesOf(path)).toEqual(['main']);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
});

test.runIf(isRoot)('a named session stays with its owner', async () => {
  const path = session('owner.synscope');
  chownSync(path, 1234, 2345);
  chmodSync(path, 0o660);
  await nameInPlace(path, MAIN);
  const { uid, gid, mode } = statSync(path);
  expect([uid, gid, mode & 0o777]).toEqual([1234, 2345, 0o660]);
  expect(framesOf(path)).toEqual(['main']);
});

test('where no frame gained anything the file is not touched', async () => {
  const path = session('nothing.synscope');
  const link = join(directory, 'link.synscope');
  linkSync(path, link);
  const [before, bytes] = [statSync(path), readFileSync(path)];
  expect(await nameInPlace(path, null)).toMatchObject({
    asked: 1,
    gainedNames: 0,
    unchanged: true,
  });
  const after = statSync(path);
  expect([after.ino, after.mtimeMs, after.nlink]).toEqual([before.ino, before.mtimeMs, 2]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('other names of the file are told, since they keep the session as it was', async () => {
  const path = session('first.synscope');
  const other = join(directory, 'second.synscope');
  linkSync(path, other);
  expect((await nameInPlace(path, MAIN)).otherNames).toBe(1);
  expect([framesOf(path), framesOf(other)]).toEqual([['main'], [null]]);
});

test('a copy is private, and is written whatever was gained', async () => {
  const path = session('source.synscope');
  chmodSync(path, 0o644);
  const output = join(directory, 'copy.synscope');
  writeFileSync(output, 'old');
  expect((await nameInPlace(path, null, output)).unchanged).toBe(false);
  expect(statSync(output).mode & 0o777).toBe(0o600);
  expect(framesOf(output)).toEqual([null]);
});

test('a name takes away what is said of its absence, not why the stack ended there', async () => {
  const said = [
    'the file has no symbol here (stripped)',
    'the file cannot be read any more',
    'no unwind information in app: its caller is not known',
  ];
  for (const [index, problem] of said.entries()) {
    const path = session(`problem-${index}.synscope`);
    const before = new DatabaseSync(path);
    before.prepare('UPDATE frame SET problem = ?').run(problem);
    before.close();
    await nameInPlace(path, MAIN);
    const after = new DatabaseSync(path, { readOnly: true });
    const frame = after.prepare('SELECT name, problem FROM frame').get();
    after.close();
    expect(frame).toEqual({ name: 'main', problem: index < 2 ? null : problem });
  }
});
