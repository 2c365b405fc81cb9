// `synscope trace`: a line, or a JSON object, as each attempt ends or fails; those still
// open when it ends follow, and a summary is last.
import { rmSync } from 'node:fs';
import type { Completeness } from '../contract/completeness.ts';
import type { Bytes, Milliseconds } from '../contract/units.ts';
import { DEFAULT_BOUNDS, type Engine } from '../engine/engine-types.ts';
import { missingHooks, ringOption, startCapture, unwritable } from './capture.ts';
import { completenessText } from './completeness.ts';
import { formatDuration } from './duration.ts';
import { listenForEnd, print } from './interrupt.ts';
import { Printer, type PrinterOptions } from './printer.ts';
import { checkFilter } from './wanted.ts';

export interface TraceOptions extends PrinterOptions {
  readonly durationMs: Milliseconds | null;
  /** Null = the engine's default. */
  readonly ringBytes: Bytes | null;
}

interface Summary {
  readonly type: 'summary';
  readonly events: number;
  readonly lost: number;
  /** Attempts seen, whether they were wanted or not. */
  readonly attempts: number;
  readonly printed: number;
  /** Of those printed. */
  readonly failures: number;
  readonly hooksMissing: readonly string[];
  readonly durationMs: Milliseconds;
  readonly notes: readonly string[];
  /** What was seen beside what the kernel counted itself; null when that could not be read. */
  readonly completeness: Completeness | null;
}

async function summarize(engine: Engine, printer: Printer, beganAt: number): Promise<Summary> {
  const status = await engine.call('status', { session: 'live' });
  return {
    type: 'summary',
    events: status.events,
    lost: status.lost,
    attempts: status.attempts,
    printed: printer.printed,
    failures: printer.failures,
    hooksMissing: missingHooks(status.hooks).map((hook) => hook.hook),
    durationMs: Math.round(performance.now() - beganAt),
    notes: status.notes,
    completeness: status.completeness,
  };
}

function summaryText(summary: Summary): string {
  const lost = summary.lost === 0 ? 'none lost' : `${summary.lost} LOST`;
  const sentences = [
    `${summary.printed} of ${summary.attempts} attempts printed, ${summary.failures} of them failed;`,
    `${summary.events} events seen, ${lost}, in ${formatDuration(summary.durationMs)}`,
  ];
  const counted = completenessText(summary.completeness);
  return [sentences.join(' '), ...counted, ...summary.notes].join('\n');
}

async function sumUp(engine: Engine, printer: Printer, json: boolean, beganAt: number) {
  const summary = await summarize(engine, printer, beganAt);
  if (json) await print(`${JSON.stringify(summary)}\n`);
  else process.stderr.write(`${summaryText(summary)}\n`);
}

/**
 * Runs until its duration is over, Ctrl-C, a signal, or nobody reads its output. What it
 * prints comes out of a session file: when that cannot be written, it ends with status 1.
 */
export async function trace(options: TraceOptions): Promise<void> {
  checkFilter(options.wanted.filter);
  const printer = new Printer(options);
  const live = { path: null, bounds: DEFAULT_BOUNDS, ...ringOption(options.ringBytes) };
  const ending = listenForEnd();
  const engine = await startCapture(live, 'Ctrl-C ends', (started) => printer.follow(started));
  const beganAt = performance.now();
  ending.endAfter(options.durationMs);
  const end = await Promise.race([ending.ended, unwritable(engine)]);
  if (end === 'output-ended') printer.stop();
  try {
    await engine.stopCapture();
    await printer.finish();
    if (end === 'unwritable') process.exitCode = 1;
    if (end !== 'output-ended') await sumUp(engine, printer, options.json, beganAt);
  } finally {
    await engine.stop();
    // What is to be kept is recorded with `record`.
    if (engine.livePath !== null) rmSync(engine.livePath, { force: true });
  }
}
