// The processes of a session with their parents: who belongs to whom, for `synscope expect`.
import { numberOrNull } from './row.ts';
import type { Statements } from './statements.ts';

export interface KnownProcess {
  readonly pid: number;
  /** Null when it was not seen. */
  readonly parentPid: number | null;
}

export function readProcesses(statements: Statements): KnownProcess[] {
  return statements.all('SELECT DISTINCT pid, parent_pid FROM process').map((row) => ({
    pid: Number(row['pid']),
    parentPid: numberOrNull(row['parent_pid']),
  }));
}
