// Saving a session as one file: everything in it, compacted, in place at once or not at
// all. From the reader of a live session or of an opened file.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bytes } from '../../contract/units.ts';
import { Problem } from '../problem.ts';

/** What can be saved: engine/query/reader.ts. */
export interface SavableSession {
  readonly path: string;
  readonly kind: 'live' | 'file';
  /** Copies the session, as it is now, to a path where nothing is yet. */
  vacuumInto(path: string): void;
}

/** A path beside `target` for what is not finished yet: the same file system, so that a rename is atomic. */
export function unfinishedPath(target: string): string {
  return join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.part`);
}

/** Why a file cannot be written at `target`, in words. */
export function writeProblem(target: string, thrown: unknown): unknown {
  if (thrown instanceof Problem || !(thrown instanceof Error)) return thrown;
  const code = 'code' in thrown ? String(thrown.code) : '';
  const sqlite =
    'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : 0;
  const directory = dirname(target);
  if (code === 'ENOSPC' || code === 'EDQUOT' || sqlite === 13) {
    return new Problem(
      'disk-full',
      `${target} was not written: the disk is full.`,
      `Free some space (df -h ${JSON.stringify(directory)}) or choose another place.`,
    );
  }
  if (code === 'ENOTDIR' || (code === 'ENOENT' && !existsSync(directory))) {
    return new Problem(
      'no-such-directory',
      `${target} was not written: there is no directory ${directory}.`,
      `mkdir -p ${JSON.stringify(directory)}`,
    );
  }
  // SQLite says CANTOPEN, READONLY or PERM where the system said one of these.
  if (['EACCES', 'EPERM', 'EROFS'].includes(code) || [3, 8, 14].includes(sqlite)) {
    return new Problem(
      'not-writable',
      `${target} was not written: ${directory} may not be written to.`,
      'Choose another place, such as your home directory.',
    );
  }
  if (code === 'EISDIR')
    return new Problem(
      'not-writable',
      `${target} was not written: it is a directory.`,
      'Give it a file name.',
    );
  if (/^E[A-Z0-9]+$/.test(code))
    return new Problem('not-writable', `${target} was not written: ${thrown.message}.`);
  return sqlite === 10
    ? new Problem(
        'not-writable',
        `${target} was not written: ${thrown.message}.`,
        'Check the disk, or choose another place.',
      )
    : thrown;
}

/** Throws a `Problem` unless a file may be created or replaced at `target`. */
function checkTarget(target: string): void {
  try {
    const directory = statSync(dirname(target));
    if (!directory.isDirectory())
      throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    const existing = statSync(target, { throwIfNoEntry: false });
    if (existing?.isDirectory())
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    if (existing !== undefined && !existing.isFile()) {
      throw new Problem(
        'not-writable',
        `${target} was not written: it is not a regular file.`,
        'Choose another name.',
      );
    }
  } catch (thrown) {
    throw writeProblem(target, thrown);
  }
}

/**
 * Where a file named `path` is written: through a symbolic link, what it points at is
 * replaced and the link stays. Throws a `Problem` unless that can be.
 */
export function targetOf(path: string): string {
  const asked = resolve(path);
  checkTarget(asked);
  return statSync(asked, { throwIfNoEntry: false }) === undefined ? asked : realpathSync(asked);
}

/** The same file, under whatever name. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return (
    first !== undefined &&
    second !== undefined &&
    first.dev === second.dev &&
    first.ino === second.ino
  );
}

/** Throws a `Problem` when `target` is the session that is read, or the log beside it. */
export function checkNotSource(source: string, target: string): void {
  const logs = ['-wal', '-shm', '-journal'].map((suffix) => `${source}${suffix}`);
  if (!isSame(source, target) && !logs.some((log) => log === target || isSame(log, target))) return;
  throw new Problem(
    'same-file',
    `${target} is the session itself, which is in use.`,
    'Choose another name.',
  );
}

/** Flushes a file or directory to the disk. */
function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts a finished file in its place: after this, a power cut leaves the old or the new one, whole. */
export function putInPlace(unfinished: string, target: string): void {
  flush(unfinished);
  renameSync(unfinished, target);
  flush(dirname(target));
}

/** A copy of the live session is complete as of now, so it says that it ended in order. */
function markEnded(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = DELETE; UPDATE session SET clean_end = 1');
  } finally {
    database.close();
  }
}

/**
 * Writes a session as one file at `path`, replacing a file that is there. Throws a `Problem`
 * when that cannot be done; then nothing at `path` has changed. Command lines are in it, so
 * only its owner may read it until they share it: not those either who could read, or owned,
 * the file that was there.
 */
export function saveSession(session: SavableSession, path: string): { path: string; bytes: Bytes } {
  const target = targetOf(path);
  checkNotSource(session.path, target);
  const unfinished = unfinishedPath(target);
  try {
    session.vacuumInto(unfinished);
    chmodSync(unfinished, 0o600);
    if (session.kind === 'live') markEnded(unfinished);
    const { size } = statSync(unfinished);
    putInPlace(unfinished, target);
    return { path: target, bytes: size };
  } catch (thrown) {
    for (const suffix of ['', '-journal']) rmSync(`${unfinished}${suffix}`, { force: true });
    throw writeProblem(target, thrown);
  }
}
