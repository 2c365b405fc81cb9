// `synscope serve` as a person starts it, in a state directory of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Viewer {
  readonly url: string;
  /** Ends it with SIGINT, as Ctrl-C does; resolves when it has. */
  stop(): Promise<void>;
}

/** @param args what follows `serve --no-open`. */
export async function startViewer(...args: string[]): Promise<Viewer> {
  const state = mkdtempSync(join(tmpdir(), 'synscope-ui-'));
  const child = spawn(process.execPath, [COMMAND, 'serve', '--no-open', ...args], {
    env: { ...process.env, SYNSCOPE_STATE_DIR: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A test run that ends early does not leave a capture behind.
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGINT');
    await ended;
    process.off('exit', endWithUs);
    rmSync(state, { recursive: true, force: true });
  };
  try {
    return { url: await printedUrl(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function printedUrl(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
}
