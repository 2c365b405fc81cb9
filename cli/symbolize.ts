// `synscope symbolize`: names in a recorded session what this machine has debug information
// for, by build-id and address. Needs no privileges.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { plainText } from '../contract/plain-text.ts';
import { loadAddon } from '../engine/capture/addon.ts';
import { Problem } from '../engine/problem.ts';
import {
  type LaterNames,
  type MissingFile,
  nameSessionLater,
} from '../engine/session/name-later.ts';
import { UsageProblem } from './complain.ts';

export interface SymbolizeOptions {
  readonly file: string;
  /** Null = the session itself is replaced. */
  readonly output: string | null;
  readonly directories: readonly string[];
  /** Replaces an output that is there. */
  readonly force: boolean;
}

const MISSING_SHOWN = 20;

function missingLine({ buildId, module, frames }: MissingFile): string {
  return `  ${buildId}  ${plainText(basename(module), ' ')} (${frames} frames)`;
}

/** A file that is replaced at once is another one than that which its hard links lead to. */
function links(otherNames: number): string {
  if (otherNames === 0) return '';
  const names = otherNames === 1 ? '1 other name' : `${otherNames} other names`;
  return ` The file had ${names} (hard links), where the session is as it was.`;
}

/** What was named, and what to install for the rest. */
export function laterNamesText({
  output,
  asked,
  gainedNames,
  gainedLines,
  inlined,
  missing,
  unchanged,
  otherNames,
}: LaterNames): string {
  const sum = `${output}: of ${asked} frames without a name or a line, ${gainedNames} gained a name and ${gainedLines} a line; ${inlined} inlined functions were added.${unchanged ? ' The file was left as it is.' : ''}${links(otherNames)}`;
  if (missing.length === 0) return `${sum}\n`;
  const more =
    missing.length > MISSING_SHOWN ? [`  and ${missing.length - MISSING_SHOWN} more`] : [];
  return [
    sum,
    'No debug information found here, by build-id:',
    ...missing.slice(0, MISSING_SHOWN).map(missingLine),
    ...more,
    'Install their debug packages (Debian, Ubuntu: NAME-dbgsym; Fedora: dnf debuginfo-install NAME; openSUSE: NAME-debuginfo),',
    'or set DEBUGINFOD_URLS, or give --debug-directory DIR with DIR/.build-id/xx/yyyy.debug in it, and run this again.',
    '',
  ].join('\n');
}

/** Throws a `UsageProblem` unless each is a directory that may be searched. */
export function checkDirectories(directories: readonly string[]): void {
  for (const directory of directories) {
    const fix = 'Give a directory with .build-id/xx/yyyy.debug in it.';
    const say = (why: string) => new UsageProblem(`--debug-directory ${directory}: ${why}.`, fix);
    try {
      if (!statSync(directory).isDirectory()) throw say('it is not a directory');
      accessSync(directory, constants.X_OK);
    } catch (thrown) {
      if (thrown instanceof UsageProblem) throw thrown;
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw say('it does not exist');
      throw say(code === 'EACCES' ? 'it may not be searched' : 'it cannot be looked into');
    }
  }
}

/** Writes the named session; says on stderr what it gained. */
export async function symbolize({
  file,
  output,
  directories,
  force,
}: SymbolizeOptions): Promise<void> {
  checkDirectories(directories);
  if (output !== null && !force && existsSync(output)) {
    throw new Problem(
      'exists',
      `${output} is already there, and is not overwritten.`,
      'Choose another name, or replace it with --force.',
    );
  }
  const addon = loadAddon();
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  const names = await nameSessionLater({
    path: file,
    output: output ?? file,
    directories,
    nameLater: (request) => addon.nameLater(request),
    isStopped: () => stopped,
  });
  process.stderr.write(laterNamesText(names));
}
