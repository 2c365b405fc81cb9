// Opening files that are not what they should be, or not where they could be written.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../engine/problem.ts';
import { openSessionFile } from '../../../engine/session/open.ts';
import { FORMAT_VERSION } from '../../../engine/session/schema.ts';
import { upgradeSession } from '../../../engine/session/upgrade.ts';
import { openFile, windowOf } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const isRoot = process.getuid?.() === 0;

function newSession(name: string, attempts = 3): string {
  const path = join(directory, name);
  const session = new SessionBuilder(path);
  fillSession(session, attempts);
  session.close();
  return path;
}

/** A file after SQL that no writer of ours would run. */
function tampered(name: string, sql: string): string {
  const path = newSession(name);
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

function problemOf(path: string): Problem {
  try {
    openSessionFile(path).close();
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error(`${path} opened`);
}

describe('refused, with a sentence', () => {
  test.each([
    ['missing', () => join(directory, 'missing'), 'no-such-file', 'There is no file'],
    ['a directory', () => directory, 'not-a-session', 'is a directory'],
    ['a device', () => '/dev/null', 'not-a-session', 'not a regular file'],
    ['empty', () => written('empty', ''), 'not-a-session', 'not a Synscope session'],
    [
      'text',
      () => written('text', 'hello world, this is no database at all\n'.repeat(99)),
      'not-a-session',
      'not a Synscope session',
    ],
    [
      'only a beginning',
      () => written('start', 'SQLite format 3\0'),
      'truncated-session',
      'cut off',
    ],
    ['another database', () => otherDatabase(), 'not-a-session', 'not a Synscope session'],
    [
      'newer',
      () => tampered('newer', 'PRAGMA user_version = 99'),
      'newer-session',
      `its format is 99, and this one reads up to ${FORMAT_VERSION}`,
    ],
    [
      'a view',
      () => tampered('view', 'CREATE VIEW v AS SELECT 1'),
      'not-a-session',
      'a view called v',
    ],
    [
      'a trigger',
      () => tampered('trigger', 'CREATE TRIGGER t AFTER INSERT ON note BEGIN SELECT 1; END'),
      'not-a-session',
      'a trigger called t',
    ],
    [
      'a virtual table',
      () => tampered('virtual', 'CREATE VIRTUAL TABLE w USING fts5(x)'),
      'not-a-session',
      'a table called w',
    ],
    [
      'a view in place of a table',
      () =>
        tampered('masked', 'DROP TABLE note; CREATE VIEW note AS SELECT 1 AS time_ns, 2 AS text'),
      'not-a-session',
      'a view called note',
    ],
    [
      'another table',
      () => tampered('extra', 'CREATE TABLE extra (x)'),
      'not-a-session',
      'a table called extra',
    ],
    ['a table short', () => tampered('short', 'DROP TABLE hook'), 'not-a-session', 'no table hook'],
    [
      'a column short',
      () => tampered('column', 'ALTER TABLE hook DROP COLUMN problem'),
      'not-a-session',
      'no column problem',
    ],
    [
      'a generated column',
      () => tampered('generated', 'ALTER TABLE note ADD COLUMN g TEXT AS (text)'),
      'not-a-session',
      'more columns',
    ],
    [
      'no line about the session',
      () => tampered('nosession', 'DELETE FROM session'),
      'damaged-session',
      'no line about its session',
    ],
  ])('%s', (_, make, code, sentence) => {
    const problem = problemOf(make());
    expect(problem.sentence).toContain(sentence);
    expect(problem.code).toBe(code);
  });

  test('cut off', () => {
    const path = newSession('cut', 500);
    truncateSync(path, 20_000);
    expect(problemOf(path)).toMatchObject({
      code: 'truncated-session',
      fix: 'Copy or download it again.',
    });
  });

  test('pages overwritten', () => {
    const path = newSession('overwritten', 2000);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 40_960, 60_000);
    writeFileSync(path, bytes);
    expect(problemOf(path).code).toBe('damaged-session');
  });

  test.skipIf(isRoot)('without permission (skipped: root may read anything)', () => {
    const path = newSession('secret');
    chmodSync(path, 0o000);
    expect(problemOf(path).code).toBe('no-permission');
  });
});

function written(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function otherDatabase(): string {
  const path = join(directory, 'other.db');
  rmSync(path, { force: true });
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE attempt (id)');
  database.close();
  return path;
}

/** A session whose writer was killed: its last attempts are in the log beside it. */
function crashedSession(name: string): string {
  const path = join(directory, `${name}-source.synscope`);
  const copy = join(directory, name);
  const session = new SessionBuilder(path, { clean_end: 0 }, { wal: true });
  session.attempt();
  session.attempt();
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  session.close();
  return copy;
}

describe('opened all the same', () => {
  test('a name with odd characters', () => {
    const reader = openFile(newSession('odd name?mode=rwc&x#y %41.synscope'));
    expect(windowOf(reader).total).toBe(3);
    reader.close();
  });

  test('a finished file leaves nothing beside it', () => {
    const path = newSession('alone.synscope');
    const reader = openFile(path);
    windowOf(reader);
    expect(readdirSync(directory).filter((name) => name.startsWith('alone'))).toEqual([
      'alone.synscope',
    ]);
    reader.close();
  });

  test('one whose writer crashed: all that reached its log is there, and it says so', () => {
    const reader = openFile(crashedSession('crashed.synscope'));
    expect(windowOf(reader).total).toBe(2);
    expect(reader.status().notes[0]).toContain('ended without being stopped in order');
    reader.close();
  });

  test('on a read-only medium, with and without a log', () => {
    const names = [newSession('medium.synscope'), crashedSession('medium-crashed.synscope')];
    const mount = join(directory, 'medium');
    mkdirSync(mount);
    const script = `
      import { openSessionFile } from ${JSON.stringify(join(import.meta.dirname, '../../../engine/session/open.ts'))};
      for (const name of ${JSON.stringify(names.map((path) => path.replace(directory, mount)))}) {
        const { database, close } = openSessionFile(name);
        console.log(database.prepare('SELECT count(*) AS n FROM attempt').get().n);
        close();
      }`;
    // A mount namespace of its own, so that the machine's mounts stay as they are.
    const shell = `mount --bind "${directory}" "${mount}" && mount -o remount,ro,bind "${mount}" && exec "${process.execPath}" --input-type=module`;
    const args = isRoot ? ['-m'] : ['-rm'];
    const output = execFileSync('unshare', [...args, 'sh', '-c', shell], {
      input: script,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    expect(output).toBe('3\n2\n');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('synscope-open-'))).toEqual([]);
  });
});

describe('upgrading', () => {
  const steps = [
    { from: 1, sql: 'ALTER TABLE note ADD COLUMN kind TEXT' },
    { from: 2, sql: "UPDATE note SET kind = 'old'" },
  ];

  test('each step runs in order on the copy', () => {
    const path = newSession('upgrade.synscope');
    const before = new DatabaseSync(path);
    before.exec("INSERT INTO note VALUES (1, 'x')");
    before.close();
    upgradeSession(path, 1, 3, steps);
    const after = new DatabaseSync(path);
    expect(after.prepare('SELECT kind FROM note').all()).toEqual([{ kind: 'old' }]);
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 3 });
    after.close();
  });

  test('a format without a step is told, and a failing step leaves its format', () => {
    const path = tampered('gap.synscope', 'PRAGMA user_version = 1');
    expect(() => upgradeSession(path, 1, 2, [])).toThrow(
      expect.objectContaining({ code: 'too-old-session' }),
    );
    expect(() => upgradeSession(path, 1, 2, [{ from: 1, sql: 'DROP TABLE nothing' }])).toThrow();
    const database = new DatabaseSync(path);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    database.close();
  });

  test('the frames of format 1 are read without a place that meant another thing', () => {
    const path = newSession('one.synscope');
    const database = new DatabaseSync(path);
    for (const column of ['file', 'line', 'inlined']) {
      database.exec(`ALTER TABLE frame DROP COLUMN ${column}`);
    }
    database.exec(`INSERT INTO frame (name, offset, address, quality) VALUES
      ('connect', 256, '0x1', 'frame-pointer'), ('tcp_connect', 8, '0x2', 'kernel');
      ALTER TABLE stack DROP COLUMN same_as;
      PRAGMA user_version = 1`);
    database.close();
    const session = openSessionFile(path);
    const rows = session.database.prepare('SELECT offset, line, inlined FROM frame ORDER BY id');
    expect(rows.all()).toEqual([
      { offset: null, line: null, inlined: 0 },
      { offset: 8, line: null, inlined: 0 },
    ]);
    expect(session.database.prepare('SELECT same_as FROM stack').all()).toEqual([]);
    expect(session.notes).toEqual([expect.stringContaining('stays in format 1')]);
    session.close();
  });

  test('an older file that cannot be upgraded stays as it is, and no copy is left', () => {
    const path = tampered('older.synscope', 'PRAGMA user_version = 0');
    const bytes = readFileSync(path);
    expect(problemOf(path).code).toBe('too-old-session');
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('synscope-upgrade-'))).toEqual(
      [],
    );
  });
});
