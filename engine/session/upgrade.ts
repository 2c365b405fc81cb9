// Bringing the copy of an older session file to the current format, step by step. open.ts
// makes the copy; the file itself is never changed.
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problem.ts';
import { FORMAT_VERSION } from './schema.ts';

/** Turns format `from` into format `from + 1`. */
export interface UpgradeStep {
  readonly from: number;
  readonly sql: string;
}

/** In order. Format 1 is the first there is; a change of schema.ts adds the step that leads to it. */
export const UPGRADE_STEPS: readonly UpgradeStep[] = [
  {
    from: 1,
    sql: `ALTER TABLE frame ADD COLUMN file TEXT;
      ALTER TABLE frame ADD COLUMN line INTEGER;
      ALTER TABLE frame ADD COLUMN inlined INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE stack ADD COLUMN same_as INTEGER;
      UPDATE frame SET offset = NULL WHERE quality <> 'kernel'`, // it was an offset in the file
  },
];

/** Upgrades the file at `path` in place. Throws a `Problem` when a step is missing or fails; the copy is then worthless. */
export function upgradeSession(
  path: string,
  fromVersion: number,
  toVersion = FORMAT_VERSION,
  steps = UPGRADE_STEPS,
): void {
  const database = new DatabaseSync(path);
  try {
    for (let version = fromVersion; version < toVersion; version++) {
      const step = steps.find(({ from }) => from === version);
      if (step === undefined) throw tooOld(version);
      database.exec(`BEGIN; ${step.sql}; PRAGMA user_version = ${version + 1}; COMMIT`);
    }
  } finally {
    database.close();
  }
}

function tooOld(version: number): Problem {
  const sentence = `The session has format ${version}, which this Synscope no longer reads.`;
  return new Problem(
    'too-old-session',
    sentence,
    'Open and save it with the Synscope that wrote it, or one version newer.',
  );
}
