// `synscope serve` and `synscope open` as a person starts them, with their pid and the time
// that passed until they printed their address.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../test/kernel/children.ts';
import { command } from '../test/kernel/trace-run.ts';

export interface Viewer {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its address, in ms. */
  readonly startedInMs: number;
  stop(): Promise<void>;
}

/** @param folder where its live session and its other files go. */
export async function startViewer(folder: string, ...args: string[]): Promise<Viewer> {
  const state = join(folder, 'state');
  mkdirSync(state, { recursive: true });
  const [, main] = command;
  const began = performance.now();
  const child = new Child(process.execPath, [main, ...args, '--no-open'], {
    SYNSCOPE_STATE_DIR: state,
  });
  const address = () => /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(child.stdout + child.stderr)?.[0];
  const url = await child.until('the address of the viewer', address, 30_000);
  return {
    url,
    pid: child.pid,
    startedInMs: performance.now() - began,
    async stop() {
      const { code, stderr } = await child.stop('SIGINT', 20_000);
      if (code !== 0) throw new Error(`The viewer ended with ${code}: ${stderr}`);
    },
  };
}
