import { copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newLiveFile } from '../../../engine/workers/live-files.ts';
import { refused } from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';
import { WrittenSession } from '../../fixtures/written-session.ts';

const root = temporaryDirectory();
/** A pid that no process has: beyond the largest that Linux gives. */
const GONE = 4_194_305;
let runs = 0;
let state = '';

beforeEach(() => {
  runs++;
  state = join(root, `state-${runs}`);
  vi.stubEnv('SYNSCOPE_STATE_DIR', state);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A live session of an earlier run: stopped in order, or killed with its log beside it. */
function earlierRun(day: number, { crashed = false, pid = GONE } = {}): string {
  const { path } = newLiveFile();
  const directory = join(path, '..');
  const name = `live-2026-01-0${day}T00-00-00-000Z-${pid}.synscope`;
  const session = new WrittenSession(directory, null, 'fresh').hears(
    refused('curl', '10.0.0.2:443'),
  );
  session.commitAt(10);
  // As a kill would leave it: the file and its log as they are now.
  for (const suffix of crashed ? ['', '-wal'] : []) {
    copyFileSync(session.path + suffix, join(directory, name + suffix));
  }
  session.finishAt(20);
  if (crashed) rmSync(session.path);
  else renameSync(session.path, join(directory, name));
  return join(directory, name);
}

test('a new live session has a path of its own in a private folder', () => {
  const { path, notes } = newLiveFile();
  expect(path.startsWith(join(state, 'live/live-'))).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(notes).toEqual([]);
});

test('a run that crashed is repaired to one file, kept and mentioned once', () => {
  const crashed = earlierRun(1, { crashed: true });
  expect(existsSync(`${crashed}-wal`)).toBe(true);
  const { notes } = newLiveFile();
  expect(notes).toEqual([expect.stringContaining(crashed)]);
  expect(existsSync(crashed)).toBe(true);
  expect(existsSync(`${crashed}-wal`)).toBe(false);
  expect(newLiveFile().notes).toEqual([]);
});

test('of sessions that ended in order the newest three stay; crashed ones do not count', () => {
  const crashed = earlierRun(1, { crashed: true });
  for (const day of [2, 3, 4, 5, 6]) earlierRun(day);
  newLiveFile();
  const left = readdirSync(join(state, 'live')).map((name) => name.slice(0, 15));
  expect(existsSync(crashed)).toBe(true);
  expect(left.sort()).toEqual([
    'live-2026-01-01',
    'live-2026-01-04',
    'live-2026-01-05',
    'live-2026-01-06',
  ]);
});

test('the session of a run that goes on is left alone', () => {
  const running = earlierRun(1, { crashed: true, pid: process.ppid });
  newLiveFile();
  expect(existsSync(`${running}-wal`)).toBe(true);
});
