// When a command that goes on and on is to end: its duration is over, Ctrl-C, a
// signal, or its output takes no more. Used by trace, record and serve.
import type { Milliseconds } from '../contract/units.ts';

/** Why it ends. */
export type End = 'duration' | 'interrupted' | 'output-ended';

/** npm and a terminal both deliver one Ctrl-C; only a later one means "at once". */
const SAME_PRESS_MS = 1000;

/** Told by `listenForEnd`. */
export interface Ending {
  /** Resolves once. */
  readonly ended: Promise<End>;
  /** Ends it when this much time has passed from now; null = never. */
  endAfter(durationMs: Milliseconds | null): void;
}

/**
 * Listens from now on: called before a command says that it is ready, so that no signal
 * finds nobody. A second Ctrl-C, later than a second after the first, leaves at once.
 */
export function listenForEnd(): Ending {
  let firstAt: number | null = null;
  let end: (why: End) => void = () => {};
  const ended = new Promise<End>((resolve) => {
    end = resolve;
  });
  const interrupted = (): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      end('interrupted');
    } else if (performance.now() - firstAt > SAME_PRESS_MS) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  process.stdout.on('error', () => end('output-ended'));
  const endAfter = (durationMs: Milliseconds | null): void => {
    if (durationMs !== null) setTimeout(() => end('duration'), durationMs).unref();
  };
  return { ended, endAfter };
}

/** Writes to stdout, and waits while its reader is slower. Resolves also when it is gone. */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  if (stdout.destroyed || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stdout.off('drain', done);
      stdout.off('close', done);
      stdout.off('error', done);
      resolve();
    };
    stdout.once('drain', done);
    stdout.once('close', done);
    stdout.once('error', done);
  });
}
