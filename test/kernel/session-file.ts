// Reads a session file as a stranger would, with SQLite alone, and records one for a
// test. What the tables mean: docs/session-file.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { Child, Ended } from './children.ts';
import { captureBegins, synscope } from './trace-run.ts';

export type Row = Record<string, SQLOutputValue>;

/** Rows of a query on a session file. */
export function rows(file: string, sql: string, ...values: (string | number)[]): Row[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all(...values);
  } finally {
    database.close();
  }
}

/** Attempts of a process with their owner, oldest first. */
export function attemptsOf(file: string, pid: number): Row[] {
  return rows(
    file,
    `SELECT attempt.*, process.pid, process.comm, process.exe, process.cmdline, process.uid
     FROM attempt JOIN process ON process.id = attempt.process_id
     WHERE process.pid = ? ORDER BY attempt.id`,
    pid,
  );
}

/** A folder for the files of a test, removed by `remove`. */
export function scratch(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'synscope-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A running `synscope record -o FILE`. */
export class Recording {
  readonly file: string;
  readonly child: Child;

  constructor(file: string, child: Child) {
    this.file = file;
    this.child = child;
  }

  static async start(file: string, ...flags: string[]): Promise<Recording> {
    const child = synscope(['record', '-o', file, ...flags]);
    await captureBegins(child);
    return new Recording(file, child);
  }

  /** Presses Ctrl-C and waits for the end. */
  async stop(): Promise<Ended> {
    return await this.child.stop('SIGINT', 15_000);
  }
}
