// Why there is no capture, for the person: the addon's and the kernel's errors as a
// sentence and a fix. Used by engine/workers/writer.ts.
import { dirname } from 'node:path';
import type { ApiError } from '../../contract/api.ts';
import { writeTrouble } from '../session/writer-trouble.ts';

const FIXES: Readonly<Record<string, string>> = {
  EPERM: 'Run it with sudo, or start it with npm start, which asks for the rights that it needs.',
  ENOENT:
    'Boot a kernel with CONFIG_DEBUG_INFO_BTF=y (every current distribution has one). synscope doctor tells what is there.',
};

/** Any error of loading, attaching or making the file, as an ApiError. */
export function captureProblem(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'capture';
  if (code === 'ERR_SQLITE_ERROR') {
    const fix = 'Choose another path, or make room for it.';
    return { code: 'unwritable', sentence: writeTrouble(error), fix };
  }
  if (isSystemCall(error) && code === 'ENOENT') {
    const directory = dirname(pathOf(error));
    const sentence = `The session file cannot be made: there is no directory ${directory}.`;
    return { code: 'unwritable', sentence, fix: `mkdir -p ${JSON.stringify(directory)}` };
  }
  if (isSystemCall(error)) {
    const sentence = `The session file cannot be made: ${message}.`;
    return { code: 'unwritable', sentence, fix: 'Choose another path.' };
  }
  const fix =
    FIXES[code] ?? 'Run synscope doctor: it tells what works on this machine and what is missing.';
  return { code, sentence: message, fix };
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : '.';
}

/** An error of opening the file; the addon's own errors name no path. */
function isSystemCall(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'open';
}
