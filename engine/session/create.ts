// Makes the file of a session that begins: its tables, and the rows that do not change. Used
// by engine/session/writer.ts.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import type { HookStatus } from '../../contract/addon.ts';
import type { UnixMilliseconds } from '../../contract/units.ts';
import type { Bounds } from '../engine-types.ts';
import { SYNSCOPE_VERSION } from '../version.ts';
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA } from './schema.ts';

export interface SessionBegin {
  readonly path: string;
  readonly layoutHash: string;
  readonly hooks: readonly HookStatus[];
  readonly startedUnixMs: UnixMilliseconds;
  readonly startedMonotonicNs: bigint;
  /** Null = everything is kept. */
  readonly bounds: Bounds | null;
}

/** The file with its tables and the row of the session; nothing is left behind when that fails. */
export function createSession(begin: SessionBegin): DatabaseSync {
  // Command lines are in it: nobody else may read it. Fails when it is there already.
  closeSync(openSync(begin.path, 'wx', 0o600));
  const database = new DatabaseSync(begin.path, { enableForeignKeyConstraints: false });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000');
    database.exec(`BEGIN;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${FORMAT_VERSION};
      ${SCHEMA}`);
    insertSession(database, begin);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(begin.path + suffix, { force: true });
    throw error;
  }
}

function insertSession(database: DatabaseSync, begin: SessionBegin): void {
  database
    .prepare(
      `INSERT INTO session (id, uuid, synscope_version, layout_hash, host, kernel,
         started_unix_ms, started_monotonic_ns, ended_ns) VALUES (1, ?, ?, ?, ?, ?, ?, ?, 0)`,
    )
    .run(
      randomUUID(),
      SYNSCOPE_VERSION,
      begin.layoutHash,
      hostname(),
      release(),
      begin.startedUnixMs,
      String(begin.startedMonotonicNs),
    );
  const insertHook = database.prepare(
    'INSERT INTO hook (family, hook, attached, required, problem) VALUES (?, ?, ?, ?, ?)',
  );
  for (const { family, hook, attached, required, problem } of begin.hooks) {
    insertHook.run(family, hook, Number(attached), Number(required), problem);
  }
}
