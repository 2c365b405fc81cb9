// `synscope export`: the attempts of a session file as CSV or JSON Lines, into a file or
// to stdout. Needs no privileges.
import { createReadStream, lstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ExportFormat } from '../contract/api.ts';
import { startEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine-types.ts';
import { Problem } from '../engine/problem.ts';
import { checkFilter } from './wanted.ts';

export interface ExportOptions {
  readonly file: string;
  readonly format: ExportFormat;
  /** `-` is stdout. */
  readonly output: string;
  readonly filter: string;
  readonly failed: boolean;
  /** Replaces a file that is there. */
  readonly force: boolean;
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Refuses to replace what is there, unless that was asked for; a link counts, wherever it leads. */
function checkOutput({ file, output, force }: ExportOptions): void {
  if (output === '-') return;
  const there = lstatSync(output, { throwIfNoEntry: false });
  if (there === undefined) return;
  const [from, to] = [file, output].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (from !== undefined && from.dev === to?.dev && from.ino === to.ino) {
    throw new Problem(
      'same-file',
      `${output} is the session file that is to be exported.`,
      `Choose another name: -o attempts.csv`,
    );
  }
  if (force || there.isDirectory()) return;
  throw new Problem(
    'exists',
    `${output} is already there, and an export does not overwrite.`,
    'Choose another name, or replace it with --force.',
  );
}

async function exportTo(engine: Engine, options: ExportOptions, path: string): Promise<number> {
  const status = await engine.call('openSession', { path: resolve(options.file) });
  const { attempts } = await engine.call('exportSession', {
    session: status.session,
    selection: { filter: options.filter, failedOnly: options.failed, upToId: null, range: null },
    format: options.format,
    path,
  });
  return attempts;
}

async function exportToStdout(engine: Engine, options: ExportOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'synscope-export-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const leave = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ENDING_SIGNALS) process.once(signal, leave);
  try {
    const path = join(directory, `export.${options.format}`);
    await exportTo(engine, options, path);
    await pipeline(createReadStream(path), process.stdout, { end: false });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && error.syscall === 'write')) throw error;
    // cli/main.ts says what is wrong with stdout; nothing is when `… | head` has read enough.
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, leave);
    remove();
  }
}

/** Writes the export; says on stderr how many attempts it holds. */
export async function exportSession(options: ExportOptions): Promise<void> {
  checkFilter(options.filter);
  checkOutput(options);
  const engine = await startEngine({ live: null });
  try {
    if (options.output === '-') {
      await exportToStdout(engine, options);
    } else {
      const attempts = await exportTo(engine, options, resolve(options.output));
      process.stderr.write(`${options.output}: ${attempts} attempts\n`);
    }
  } finally {
    await engine.stop();
  }
}
