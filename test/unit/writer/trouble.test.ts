// A disk that is full, for real: a file system of 300 kB in a mount namespace of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const CHILD = join(import.meta.dirname, '../../fixtures/full-disk.ts');
const directory = temporaryDirectory();
const unshares = spawnSync('unshare', ['-rm', 'true']).status === 0;

test.skipIf(!unshares)(
  'a full disk is said, what was saved is kept, and writing goes on when there is room',
  () => {
    const script = 'mount -t tmpfs -o size=300k none "$1" && exec "$2" "$3" "$1"';
    const output = execFileSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', directory, process.execPath, CHILD],
      {
        encoding: 'utf8',
      },
    );
    const { troubles, savedBefore, savedAfter, last, notes, integrity, ...end } =
      JSON.parse(output);
    expect(troubles[0]).toMatch(/^The disk is full: new events are not saved/);
    expect(savedBefore).toBeGreaterThan(0);
    expect(savedAfter).toBeGreaterThan(savedBefore);
    expect(last).toMatchObject({ remote_address: '10.0.0.3', outcome: 'refused' });
    expect(notes[0]).toMatch(/^\d+ events before this could not be written to the file\.$/);
    expect(integrity).toBe('ok');
    // Ended while nothing could be written: the file says what is missing.
    expect(end.notesAtEnd).toHaveLength(2);
    expect(end.incompleteAtEnd).toBeGreaterThan(0);
    expect(end.lostAtEnd).toBeGreaterThan(0);
  },
);
