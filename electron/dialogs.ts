// Where a file is to be opened from or saved to: the system's own dialogs. Asked by
// electron/ipc.ts; null when the person cancels.
import { type BrowserWindow, dialog, type FileFilter } from 'electron';
import type { ExportFormat, SessionStatus } from '../contract/api.ts';

const SESSION_FILTER = { name: 'Synscope sessions', extensions: ['synscope'] };
const EXPORT_FILTERS: Readonly<Record<ExportFormat, FileFilter>> = {
  csv: { name: 'Comma-separated values', extensions: ['csv'] },
  jsonl: { name: 'JSON Lines', extensions: ['jsonl'] },
};

/** `2026-11-21-0924`, for names of files. */
function stamp(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', '-').replace(':', '');
}

/** A session file to open. */
export async function askForSession(window: BrowserWindow): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Open a session',
    properties: ['openFile'],
    filters: [SESSION_FILTER, { name: 'All files', extensions: ['*'] }],
  });
  return canceled ? null : (filePaths[0] ?? null);
}

/** Where a copy of a session goes. */
export async function askWhereToSave(
  window: BrowserWindow,
  status: SessionStatus,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Save the session',
    defaultPath: status.name ?? `${status.host}-${stamp(new Date())}.synscope`,
    filters: [SESSION_FILTER],
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  return canceled ? null : filePath;
}

/** Where an export goes. */
export async function askWhereToExport(
  window: BrowserWindow,
  format: ExportFormat,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Export the attempts',
    defaultPath: `attempts-${stamp(new Date())}.${format}`,
    filters: [EXPORT_FILTERS[format]],
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  return canceled ? null : filePath;
}
