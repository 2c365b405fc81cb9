// The disk becomes full while a capture is on screen, and later has room again; and while
// it is recorded into a file. A real file system of 3 MB in a mount namespace of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';
import { command } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
afterAll(remove);
const LIVE = join(import.meta.dirname, '../fixtures/full-disk-live.ts');

/** Runs a shell script with `$1` = a full-size tmpfs of 3 MB. */
function inSmallFolder(script: string, ...args: string[]) {
  const whole = `mount -t tmpfs -o size=3m none "$1" && ${script}`;
  const environment = { ...process.env, SYNSCOPE_STATE_DIR: folder };
  const options = { encoding: 'utf8', env: environment, timeout: 90_000 } as const;
  return spawnSync('unshare', ['-m', 'sh', '-c', whole, 'sh', folder, ...args], options);
}

test('live: it says so, keeps what it has, goes on showing, and writes again', {
  timeout: 90_000,
}, () => {
  const [node] = command;
  const ended = inSmallFolder('exec "$2" "$3" "$1"', node, LIVE);
  expect(ended.stderr).toBe('');
  const { full, stillShown, after, notes } = JSON.parse(ended.stdout);
  expect(full.unwritten).toBeGreaterThan(0);
  expect(full.notes.join('\n')).toContain('The disk is full: new events are not saved');
  expect(full.shown).toBeGreaterThan(0);
  expect(stillShown).toBeGreaterThanOrEqual(full.shown);
  expect(after).toBeGreaterThan(stillShown);
  expect(notes.join('\n')).toMatch(/\d+ events before this could not be written to the file/);
});

test('recording: it ends with status 1, says so, and the file is whole', {
  timeout: 90_000,
}, () => {
  const [node, main] = command;
  const connects = `i=0; while [ $i -lt 400 ]; do nc -z 127.77.7.8 9; i=$((i+1)); done`;
  const script = `head -c 2600000 /dev/zero > "$1/ballast"
    ( sleep 2; ${connects} ) 2>/dev/null & load=$!
    "$2" "$3" record -o "$1/full.synscope" --duration 40s; status=$?
    kill $load 2>/dev/null; rm "$1/ballast"
    echo "status $status"
    "$2" "$3" export "$1/full.synscope" --format csv -o -`;
  const ended = inSmallFolder(script, node, main);
  expect(ended.stderr).toContain('The disk is full');
  expect(ended.stdout).toContain('status 1\n');
  expect(ended.stdout).toContain('attempt,direction');
});
