// Names the frames of a recorded session by the debug information of this machine: by
// build-id and address, into a copy. From cli/symbolize.ts to the addon, and into the copy's
// tables `frame` and `stack_frame`.
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { LaterName, LaterRequest } from '../../contract/addon.ts';
import { Problem } from '../problem.ts';
import { openSessionFile } from './open.ts';
import { checkNotSource, putInPlace, targetOf, unfinishedPath, writeProblem } from './save.ts';

export interface NameLaterOptions {
  readonly path: string;
  /** The same as `path` replaces the session at once, when the copy is whole. */
  readonly output: string;
  /** Directories with a `.build-id/` in them, before /usr/lib/debug. */
  readonly directories: readonly string[];
  readonly nameLater: (request: LaterRequest) => LaterName[][] | null;
  /** True ends it between two files: nothing is written then. */
  readonly isStopped?: () => boolean;
}

/** A file of whose frames nothing more was found here. */
export interface MissingFile {
  readonly buildId: string;
  readonly module: string;
  readonly frames: number;
}

export interface LaterNames {
  readonly output: string;
  /** Frames that lacked a name or a line and have a build-id. */
  readonly asked: number;
  readonly gainedNames: number;
  readonly gainedLines: number;
  /** Functions that turned out to be inlined at one of these frames. */
  readonly inlined: number;
  readonly missing: readonly MissingFile[];
  /** The session was to be replaced, and nothing was gained: it is as it was. */
  readonly unchanged: boolean;
  /** Hard links to a session that was replaced: they keep it as it was. */
  readonly otherNames: number;
}

interface Incomplete {
  readonly id: number;
  readonly name: string | null;
  readonly offset: number;
}

/** Frames of one file; of a session from a stranger more than these are left as they are. */
const FRAMES_OF_FILE = 100_000;
const FILES = 10_000;
const BUILD_ID = /^[0-9a-f]{8,128}$/;

const INCOMPLETE = `quality <> 'kernel' AND inlined = 0 AND build_id IS NOT NULL AND offset > 0 AND file IS NULL`;

const STRIPPED = 'the file has no symbol here (stripped)';
/**
 * What is said of a missing name (native/src/frame.h), and goes with it. Any other problem tells
 * why the caller of the frame is not known, which no debug information changes.
 */
const NO_NAME = [STRIPPED, 'the file cannot be read any more'];

/** What was found, put into the copy. */
class Renaming {
  readonly #rename: StatementSync;
  readonly #inline: StatementSync;
  /** Frame → those inlined into it, innermost first. */
  readonly #inlined = new Map<number, number[]>();
  gainedNames = 0;
  gainedLines = 0;

  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#rename = database.prepare(
      `UPDATE frame SET name = ?, file = ?, line = ?,
         problem = CASE WHEN problem IN (SELECT value FROM json_each(?)) THEN ? ELSE problem END
         WHERE id = ?`,
    );
    this.#inline = database.prepare(`INSERT INTO frame
      (name, module, build_id, offset, address, quality, problem, file, line, inlined)
      SELECT ?, module, build_id, offset, address, quality, NULL, ?, ?, 1 FROM frame WHERE id = ?`);
  }

  /** Functions at one frame, innermost first: the last is the frame's own. */
  take(frame: Incomplete, functions: readonly LaterName[]): void {
    const own = functions.at(-1);
    if (own === undefined || own.inlined) return;
    const name = frame.name ?? own.name;
    if (frame.name === null && name !== null) this.gainedNames++;
    if (own.file !== null) this.gainedLines++;
    const problem = name === null ? STRIPPED : null;
    this.#rename.run(name, own.file, own.line, JSON.stringify(NO_NAME), problem, frame.id);
    const inlined = functions.slice(0, -1).map(({ name, file, line }) => {
      return Number(this.#inline.run(name, file, line, frame.id).lastInsertRowid);
    });
    if (inlined.length > 0) this.#inlined.set(frame.id, inlined);
  }

  /** Makes room in the stacks for the inlined frames. Returns how many there are. */
  nest(): number {
    const places = this.#database.prepare(
      'SELECT frame_id FROM stack_frame WHERE stack_id = ? ORDER BY depth',
    );
    const remove = this.#database.prepare('DELETE FROM stack_frame WHERE stack_id = ?');
    const insert = this.#database.prepare(
      'INSERT INTO stack_frame (stack_id, depth, frame_id) VALUES (?, ?, ?)',
    );
    const stacks = new Set<number>();
    const holders = this.#database.prepare(
      'SELECT DISTINCT stack_id FROM stack_frame JOIN stack ON stack.id = stack_id WHERE frame_id IN (SELECT value FROM json_each(?))',
    );
    const nested = JSON.stringify([...this.#inlined.keys()]);
    for (const row of holders.all(nested)) stacks.add(Number(row['stack_id']));
    for (const stack of stacks) {
      const before = places.all(stack).map((row) => Number(row['frame_id']));
      const after = before.flatMap((frame) => [...(this.#inlined.get(frame) ?? []), frame]);
      remove.run(stack);
      for (const [depth, frame] of after.entries()) insert.run(stack, depth, frame);
    }
    return [...this.#inlined.values()].reduce((sum, frames) => sum + frames.length, 0);
  }
}

async function nameAll(
  database: DatabaseSync,
  options: NameLaterOptions,
): Promise<Omit<LaterNames, 'output' | 'unchanged' | 'otherNames'>> {
  const files = database.prepare(
    `SELECT build_id, min(module) AS module FROM frame WHERE ${INCOMPLETE} GROUP BY build_id LIMIT ${FILES}`,
  );
  const frames = database.prepare(
    `SELECT id, name, offset FROM frame WHERE build_id = ? AND ${INCOMPLETE} LIMIT ${FRAMES_OF_FILE}`,
  );
  const renaming = new Renaming(database);
  const missing: MissingFile[] = [];
  let asked = 0;
  for (const row of files.all()) {
    const buildId = String(row['build_id']);
    if (!BUILD_ID.test(buildId)) continue;
    const incomplete = frames.all(buildId) as unknown as Incomplete[];
    asked += incomplete.length;
    await setImmediate();
    if (options.isStopped?.()) throw new Problem('stopped', 'Stopped: nothing was written.');
    const module = String(row['module']);
    const found = options.nameLater({
      path: module,
      buildId,
      // The call is before the address that it returns to.
      addresses: incomplete.map(({ offset }) => offset - 1),
      directories: options.directories,
    });
    const before = renaming.gainedNames + renaming.gainedLines;
    for (const [index, frame] of incomplete.entries()) renaming.take(frame, found?.[index] ?? []);
    if (renaming.gainedNames + renaming.gainedLines === before) {
      missing.push({ buildId, module, frames: incomplete.length });
    }
  }
  const inlined = renaming.nest();
  const { gainedNames, gainedLines } = renaming;
  return { asked, gainedNames, gainedLines, inlined, missing };
}

/** The copy of the session to work on; the session itself is only read. */
function copyTo(path: string, unfinished: string): void {
  const session = openSessionFile(path);
  try {
    session.database.prepare('VACUUM INTO ?').run(unfinished);
  } finally {
    session.close();
  }
}

/** Whoever owns the session and may read it owns and may read the named one. */
function keepOwner(file: number, { uid, gid, mode }: Stats, target: string): void {
  const made = fstatSync(file);
  try {
    if (made.uid !== uid || made.gid !== gid) fchownSync(file, uid, gid);
    // After it, since a change of owner takes bits away.
    fchmodSync(file, mode & 0o777);
  } catch (thrown) {
    throw new Problem(
      'not-writable',
      `${target} was not written: it belongs to another account or group, from which replacing it would take it (${thrown instanceof Error ? thrown.message : thrown}).`,
      'Write to another file: -o named.synscope',
    );
  }
}

async function nameCopy(unfinished: string, options: NameLaterOptions) {
  const database = new DatabaseSync(unfinished);
  try {
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = DELETE; BEGIN');
    const names = await nameAll(database, options);
    database.exec('COMMIT');
    return names;
  } finally {
    database.close();
  }
}

/** Names a copy of the session and puts it at `target`; `original` is what it replaces there, when that is the session. */
async function nameInto(
  target: string,
  unfinished: string,
  original: Stats | null,
  options: NameLaterOptions,
): Promise<LaterNames> {
  // VACUUM INTO takes an empty file: this one is nobody else's from its begin.
  const file = openSync(unfinished, 'wx', 0o600);
  try {
    copyTo(resolve(options.path), unfinished);
    const names = await nameCopy(unfinished, options);
    const { gainedNames, gainedLines, inlined } = names;
    const unchanged = original !== null && gainedNames + gainedLines + inlined === 0;
    if (unchanged) {
      rmSync(unfinished);
    } else {
      if (original !== null) keepOwner(file, original, target);
      putInPlace(unfinished, target);
    }
    const otherNames = original === null || unchanged ? 0 : original.nlink - 1;
    return { output: target, ...names, unchanged, otherNames };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a copy of the session in which frames have the names and lines that this machine
 * knows, in place at once or not at all. A copy at another place is its writer's alone; one in
 * the place of the session has its owner and its mode, and is not written when nothing was gained.
 * Throws a `Problem` when that cannot be done.
 */
export async function nameSessionLater(options: NameLaterOptions): Promise<LaterNames> {
  const path = resolve(options.path);
  const target = targetOf(options.output);
  const replaces = target === targetOf(path);
  if (replaces && existsSync(`${path}-wal`)) {
    throw new Problem(
      'in-use',
      `${options.path} is being recorded, or its recording was cut off.`,
      'Write to another file: -o named.synscope',
    );
  }
  if (!replaces) checkNotSource(path, target);
  const unfinished = unfinishedPath(target);
  try {
    return await nameInto(target, unfinished, replaces ? statSync(target) : null, options);
  } catch (thrown) {
    for (const suffix of ['', '-journal']) rmSync(`${unfinished}${suffix}`, { force: true });
    throw writeProblem(target, thrown);
  }
}
