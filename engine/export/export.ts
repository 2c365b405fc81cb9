// Writes the attempts of a selection as CSV or JSON Lines: in pieces, so that a million of
// them need no memory and the engine answers in between; in place at once or not at all.
// From engine/query/reader.ts, to a file that a person named.
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExportFormat, Selection } from '../../contract/api.ts';
import type { AttemptDetail } from '../../contract/attempt.ts';
import { plainJson } from '../../contract/plain-text.ts';
import type { AttemptId } from '../../contract/units.ts';
import { Problem } from '../problem.ts';
import {
  checkNotSource,
  putInPlace,
  targetOf,
  unfinishedPath,
  writeProblem,
} from '../session/save.ts';
import { attemptJson } from './attempt-json.ts';
import { CSV_HEADER, csvLine } from './csv.ts';

/** What can be exported: engine/query/reader.ts. */
export interface ExportableSession {
  readonly path: string;
  selectedIds(selection: Selection): Float64Array;
  attempt(id: AttemptId): AttemptDetail | null;
}

export interface ExportOptions {
  /** Called after each piece, at most some hundred times a second. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the export; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Attempts written between two turns of the event loop: about 10 ms. */
const PIECE = 100;

function toLine(detail: AttemptDetail, format: ExportFormat): string {
  return format === 'csv' ? csvLine(detail) : `${plainJson(attemptJson(detail))}\n`;
}

async function writeAttempts(
  file: FileHandle,
  session: ExportableSession,
  ids: Float64Array,
  format: ExportFormat,
  { onProgress, signal }: ExportOptions,
): Promise<number> {
  let written = 0;
  if (format === 'csv') await file.appendFile(CSV_HEADER);
  for (let at = 0; at < ids.length; at += PIECE) {
    if (signal?.aborted)
      throw new Problem('cancelled', 'The export was cancelled; no file was written.');
    // An attempt that the flight recorder dropped since the list was made is left out.
    const details = [...ids.subarray(at, at + PIECE)].flatMap((id) => session.attempt(id) ?? []);
    await file.appendFile(details.map((detail) => toLine(detail, format)).join(''));
    written += details.length;
    onProgress?.(Math.min(at + PIECE, ids.length), ids.length);
    await nextTurn();
  }
  return written;
}

/**
 * Writes the selected attempts, oldest first, to `path`, replacing a file that is there.
 * Rejects with a `Problem` for a wrong filter, a path that cannot be written, the
 * session itself, a full disk, or when cancelled; then nothing at `path` has changed.
 */
export async function exportSession(
  session: ExportableSession,
  selection: Selection,
  format: ExportFormat,
  path: string,
  options: ExportOptions = {},
): Promise<{ path: string; attempts: number }> {
  const target = targetOf(path);
  checkNotSource(session.path, target);
  const ids = session.selectedIds(selection);
  const unfinished = unfinishedPath(target);
  try {
    const file = await open(unfinished, 'wx', 0o600);
    const attempts = await writeAttempts(file, session, ids, format, options).finally(() =>
      file.close(),
    );
    putInPlace(unfinished, target);
    return { path: target, attempts };
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw writeProblem(target, thrown);
  }
}
