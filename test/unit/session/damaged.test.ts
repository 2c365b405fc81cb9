// Files with bytes changed at random: each opens or is refused with a sentence, nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../../engine/problem.ts';
import { saveSession } from '../../../engine/session/save.ts';
import { openFile, selecting, windowOf } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();

function wholeSession(): Buffer {
  const path = join(directory, 'whole.synscope');
  const session = new SessionBuilder(path);
  fillSession(session, 60, 2);
  const user = session.stack('user', [{ name: 'connect', module: null }]);
  session.event(session.refused(), 2000, 'connect', { user_stack_id: user });
  session.close();
  return readFileSync(path);
}

/** Everything that a screen would ask of it. */
function readAll(path: string): void {
  const reader = openFile(path);
  try {
    reader.status();
    reader.overview(selecting(''), 10);
    for (const column of ['started', 'process', 'remote', 'duration'] as const) {
      const { ids } = windowOf(reader, 'not curl', { column, descending: true });
      for (const id of ids) reader.attempt(id);
    }
    reader.complete('remote', '');
    saveSession(reader, join(directory, 'saved.synscope'));
  } finally {
    reader.close();
  }
}

test('changed bytes never crash the reader', () => {
  const whole = wholeSession();
  let refused = 0;
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 12,
  });
  const path = join(directory, 'changed.synscope');
  fc.assert(
    fc.property(changes, fc.option(fc.nat(whole.length)), (bytes, end) => {
      const changed = Buffer.from(whole.subarray(0, end ?? whole.length));
      for (const [at, value] of bytes) if (at < changed.length) changed[at] = value;
      writeFileSync(path, changed);
      try {
        readAll(path);
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        expect(thrown.sentence).not.toBe('');
        refused++;
      }
    }),
    { numRuns: 250, seed: 20260131 },
  );
  expect(refused).toBeGreaterThan(100);
});
