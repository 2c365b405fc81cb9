// Opening a session file, which may come from anyone: nothing in it is trusted before it
// has the tables that Synscope writes and nothing else. Gives engine/query/ a read-only
// connection; a file that cannot be read where it is, is copied first.
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Problem } from '../problem.ts';
import { checkContents } from './check-contents.ts';
import { checkColumns, checkPlainTables } from './check-tables.ts';
import { APPLICATION_ID, FORMAT_VERSION } from './schema.ts';
import { upgradeSession } from './upgrade.ts';

export interface OpenedSession {
  readonly database: DatabaseSync;
  /** Absolute path as it was asked for, also when a copy is being read. */
  readonly path: string;
  /** Sentences that a reader must know. */
  readonly notes: readonly string[];
  /** Closes the connection and removes the copy, if there is one. */
  close(): void;
}

/** Bytes of a database that are checked page by page before it is shown: about 0.1 s. */
const WHOLE_CHECK_BYTES = 32 * 1024 * 1024;
/** Longest value that a query may read or make; the ids of ten million attempts have 180 MB. */
const LONGEST_VALUE_BYTES = 256 * 1024 * 1024;
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

/** What a person reads when the system refuses a file. */
function systemProblem(path: string, thrown: unknown): Problem {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOENT') {
    return new Problem(
      'no-such-file',
      `There is no file ${path}.`,
      `Check the name: ls -l ${JSON.stringify(resolve(path, '..'))}`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Problem(
      'no-permission',
      `${path} may not be read by this user.`,
      `Ask its owner, or: sudo chmod a+r ${JSON.stringify(path)}`,
    );
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('unreadable-session', `${path} cannot be read: ${message}.`);
}

function statSession(path: string): Stats {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) {
      throw new Problem(
        'not-a-session',
        `${path} is a directory, not a session file.`,
        'Give the path of a .synscope file in it.',
      );
    }
    if (!stats.isFile()) throw new Problem('not-a-session', `${path} is not a regular file.`);
    accessSync(path, constants.R_OK);
    return stats;
  } catch (thrown) {
    throw thrown instanceof Problem ? thrown : systemProblem(path, thrown);
  }
}

function notASession(path: string): Problem {
  return new Problem(
    'not-a-session',
    `${path} is not a Synscope session.`,
    'Sessions are written by synscope record and by “Save” in the window.',
  );
}

function truncated(path: string): Problem {
  return new Problem(
    'truncated-session',
    `${path} is cut off: part of the file is missing.`,
    'Copy or download it again.',
  );
}

/**
 * Looks at the first bytes, before SQLite does. Skipped with a write-ahead log beside the
 * file, whose pages overrule these.
 */
function checkHeader(path: string, size: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  const read = readSync(file, header, 0, HEADER_BYTES, 0);
  closeSync(file);
  const start = header.toString('latin1', 0, Math.min(read, MAGIC.length));
  if (read === 0 || !MAGIC.startsWith(start)) throw notASession(path);
  if (read < HEADER_BYTES) throw truncated(path);
  if (header.readUInt32BE(68) !== APPLICATION_ID) throw notASession(path);
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (size < pageSize * header.readUInt32BE(28)) throw truncated(path);
}

/** Settings for a file that somebody else made. */
function harden(database: DatabaseSync): void {
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
  database.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0');
}

function connect(path: string, immutable: boolean): DatabaseSync {
  const url = pathToFileURL(path);
  if (immutable) url.searchParams.set('immutable', '1');
  const options = {
    readOnly: true,
    enableDoubleQuotedStringLiterals: false,
    defensive: true,
    timeout: 2000,
    limits: { length: LONGEST_VALUE_BYTES },
  };
  const database = new DatabaseSync(url, options);
  try {
    harden(database);
    // The first read is what fails when a log cannot be opened where the file is.
    database.prepare('PRAGMA schema_version').get();
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

interface Connection {
  readonly database: DatabaseSync;
  readonly copiedTo: string | null;
}

/** A copy of the file and its log in a private directory, for what cannot be read in place. */
function connectToCopy(path: string): Connection {
  const directory = mkdtempSync(join(tmpdir(), 'synscope-open-'));
  try {
    const copy = join(directory, basename(path));
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    return { database: connect(copy, false), copiedTo: directory };
  } catch (thrown) {
    rmSync(directory, { recursive: true, force: true });
    throw thrown;
  }
}

function connectAnyhow(path: string, live: boolean): Connection {
  const hasLog = existsSync(`${path}-wal`);
  // Without a log nobody is writing: read as it is, and leave no -shm file beside it.
  if (!live && !hasLog) return { database: connect(path, true), copiedTo: null };
  try {
    return { database: connect(path, false), copiedTo: null };
  } catch (thrown) {
    if (live) throw thrown;
    return connectToCopy(path);
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

function checkKind(database: DatabaseSync, path: string): void {
  const id = database.prepare('PRAGMA application_id').get()?.['application_id'];
  if (id !== APPLICATION_ID) throw notASession(path);
  const version = versionOf(database);
  if (version <= FORMAT_VERSION) return;
  const sentence = `${path} was written by a newer Synscope: its format is ${version}, and this one reads up to ${FORMAT_VERSION}.`;
  throw new Problem('newer-session', sentence, 'Update Synscope, then open it again.');
}

/** SQLite's own check: of everything in a small file, of the small tables in a large one. */
function checkPages(database: DatabaseSync, path: string, size: number): void {
  const checks =
    size <= WHOLE_CHECK_BYTES
      ? ['quick_check(1)']
      : ['quick_check(session)', 'quick_check(process)'];
  for (const check of checks) {
    const [first] = Object.values(database.prepare(`PRAGMA ${check}`).get() ?? {});
    if (first === 'ok') continue;
    throw new Problem(
      'damaged-session',
      `${path} is damaged: ${String(first)}.`,
      'Copy it again from where it came from.',
    );
  }
}

function checkWhole(database: DatabaseSync, path: string, size: number): void {
  checkPlainTables(database, path);
  checkColumns(database, path);
  checkPages(database, path, size);
  checkContents(database, path);
}

/** SQLite's complaint about a file, in words. */
function asOpenProblem(thrown: unknown, path: string): unknown {
  if (thrown instanceof Problem) return thrown;
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  if (thrown.code !== 'ERR_SQLITE_ERROR') return systemProblem(path, thrown);
  return new Problem(
    'damaged-session',
    `${path} cannot be read as a session: ${thrown.message}.`,
    'Copy it again from where it came from.',
  );
}

function closing(connection: Connection): () => void {
  return () => {
    if (connection.database.isOpen) connection.database.close();
    if (connection.copiedTo !== null) rmSync(connection.copiedTo, { recursive: true, force: true });
  };
}

/**
 * Opens a session file to read. `live` is the one that this process is writing, which is
 * not checked again. Throws a `Problem` that says why a file cannot be opened.
 */
export function openSessionFile(path: string, { live = false } = {}): OpenedSession {
  const absolute = resolve(path);
  const { size } = statSession(absolute);
  let close = () => {};
  try {
    if (!live && !existsSync(`${absolute}-wal`)) checkHeader(absolute, size);
    let connection = connectAnyhow(absolute, live);
    close = closing(connection);
    const notes: string[] = [];
    if (!live) {
      checkKind(connection.database, absolute);
      const version = versionOf(connection.database);
      checkPlainTables(connection.database, absolute);
      if (version < FORMAT_VERSION) {
        connection = upgraded(connection, version);
        close = closing(connection);
        notes.push(`Read as an upgraded copy: the file itself stays in format ${version}.`);
      }
      checkWhole(connection.database, absolute, size);
    }
    return { database: connection.database, path: absolute, notes, close };
  } catch (thrown) {
    close();
    throw asOpenProblem(thrown, absolute);
  }
}

/** The upgraded copy in place of the connection, which is closed. */
function upgraded(connection: Connection, version: number): Connection {
  const directory = mkdtempSync(join(tmpdir(), 'synscope-upgrade-'));
  const copy = join(directory, 'session.synscope');
  try {
    connection.database.prepare('VACUUM INTO ?').run(copy);
    closing(connection)();
    upgradeSession(copy, version);
    return { database: connect(copy, true), copiedTo: directory };
  } catch (thrown) {
    rmSync(directory, { recursive: true, force: true });
    throw thrown;
  }
}
