// `synscope record`: the whole capture into one session file that opens anywhere.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SessionStatus } from '../contract/api.ts';
import type { Bytes, Milliseconds } from '../contract/units.ts';
import type { Engine } from '../engine/engine-types.ts';
import { Problem } from '../engine/problem.ts';
import { ringOption, startCapture, unwritable } from './capture.ts';
import { completenessText } from './completeness.ts';
import { formatDuration } from './duration.ts';
import { listenForEnd } from './interrupt.ts';

export interface RecordOptions {
  readonly output: string;
  readonly durationMs: Milliseconds | null;
  /** Null = the engine's default. */
  readonly ringBytes: Bytes | null;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function counter(status: SessionStatus): string {
  const lost = status.lost === 0 ? '' : `, ${status.lost} events LOST`;
  return `${status.attempts} attempts, ${status.failures} failed, ${status.events} events, ${megabytes(status.fileBytes)}${lost}`;
}

/** Keeps one line of a terminal up to date; a pipe gets only the last sentence. */
function showCounter(engine: Engine): () => void {
  if (process.stderr.isTTY !== true) return () => {};
  const stop = engine.onNotice((notice) => {
    if (notice.kind === 'changed') process.stderr.write(`\r\u001b[K${counter(notice.status)}`);
  });
  return () => {
    stop();
    process.stderr.write('\r\u001b[K');
  };
}

/**
 * Runs until its duration is over, Ctrl-C or a signal; the file is complete in each case.
 * Ends by itself, with exit status 1, when the file cannot take what is captured.
 */
export async function record(options: RecordOptions): Promise<void> {
  const path = resolve(options.output);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem('exists', `${options.output} is a directory.`, 'Give the recording a name.');
  }
  if (existsSync(path)) {
    throw new Problem(
      'exists',
      `${options.output} is already there, and a recording never overwrites.`,
      'Choose another name, or remove it first.',
    );
  }
  const live = { path, bounds: null, ...ringOption(options.ringBytes) };
  const ending = listenForEnd();
  const engine = await startCapture(live, 'Ctrl-C ends the recording');
  const beganAt = performance.now();
  const hideCounter = showCounter(engine);
  try {
    ending.endAfter(options.durationMs);
    const end = await Promise.race([ending.ended, unwritable(engine)]);
    hideCounter();
    await engine.stopCapture();
    const status = await engine.call('status', { session: 'live' });
    const counted = completenessText(status.completeness);
    const notes = [...counted, ...status.notes].map((note) => `${note}\n`).join('');
    const duration = formatDuration(performance.now() - beganAt);
    process.stderr.write(`${options.output}: ${counter(status)}, in ${duration}\n${notes}`);
    if (end === 'unwritable') {
      process.stderr.write(
        'The recording ended here by itself. What was written until then opens as ever.\n',
      );
    }
    if (end === 'unwritable' || status.unwritten > 0) process.exitCode = 1;
  } finally {
    await engine.stop();
  }
}
