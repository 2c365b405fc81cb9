// Where live sessions are kept between runs: one file per run in the state directory. Old
// ones are removed, one that was not stopped in order is repaired and kept. Used by
// engine/engine.ts before the writer starts.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stateDirectory } from '../state-directory.ts';

/** Earlier live sessions kept, and the bytes that they may take together. */
const KEPT_FILES = 3;
const KEPT_BYTES = 1024 * 1024 * 1024;
/** Sessions of runs that crashed are kept apart from those, this many. */
const KEPT_CRASHED = 3;
const NAME = /^live-[0-9TZ-]+-(\d+)\.synscope$/;

export interface LiveFile {
  readonly path: string;
  /** Sentences about earlier sessions. */
  readonly notes: readonly string[];
}

/** A path for a new live session, after tidying up the earlier ones. */
export function newLiveFile(): LiveFile {
  const directory = join(stateDirectory(), 'live');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const notes = tidy(directory);
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  return { path: join(directory, `live-${stamp}-${process.pid}.synscope`), notes };
}

interface Earlier {
  readonly path: string;
  readonly bytes: number;
  readonly crashed: boolean;
}

function tidy(directory: string): string[] {
  const notes: string[] = [];
  const earlier = readdirSync(directory)
    .filter((name) => NAME.test(name) && !isRunning(name))
    .sort()
    .reverse()
    .map((name) => look(join(directory, name), notes));
  removeBeyond(
    earlier.filter(({ crashed }) => crashed),
    KEPT_CRASHED,
    KEPT_BYTES,
  );
  removeBeyond(
    earlier.filter(({ crashed }) => !crashed),
    KEPT_FILES,
    KEPT_BYTES,
  );
  return notes;
}

/** Its run goes on: the name ends with the pid. */
function isRunning(name: string): boolean {
  const pid = Number(NAME.exec(name)?.[1]);
  return pid === process.pid || existsSync(`/proc/${pid}`);
}

/** A write-ahead log beside a file tells that its run did not end in order; opening it for writing repairs that. */
function look(path: string, notes: string[]): Earlier {
  const hadLog = existsSync(`${path}-wal`);
  let crashed = hadLog;
  try {
    const database = new DatabaseSync(path);
    if (hadLog) database.exec('PRAGMA journal_mode = DELETE');
    crashed = database.prepare('SELECT clean_end FROM session').get()?.clean_end !== 1;
    database.close();
  } catch {
    crashed = true;
  }
  const bytes = statSync(path).size;
  if (hadLog && crashed) {
    notes.push(
      `The run before ended without being stopped; what it saw is kept: synscope open ${path}`,
    );
  }
  return { path, bytes, crashed };
}

/** Newest first: keeps `files` of them, up to `bytes` in all. */
function removeBeyond(earlier: readonly Earlier[], files: number, bytes: number): void {
  let total = 0;
  for (const [index, file] of earlier.entries()) {
    total += file.bytes;
    if (index < files && total <= bytes) continue;
    for (const suffix of ['', '-wal', '-shm']) rmSync(file.path + suffix, { force: true });
  }
}
