// An installed Synscope that was started without the rights to capture asks for them once,
// and starts itself again with them. In a checkout scripts/launch/start.mjs has done so before.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { missingCapabilities } from '../engine/rights.ts';
import { repositoryRoot } from '../engine/shells/root.ts';

/** What scripts/launch/installed.mjs ends with when no rights were given. */
const DECLINED = 77;

/** Tells whoever asked for the rights that they were given; whether this is that second start. */
function beganWithRights(): boolean {
  const mark = process.env['SYNSCOPE_BEGUN'];
  if (mark === undefined) return false;
  delete process.env['SYNSCOPE_BEGUN'];
  closeSync(openSync(mark, 'w'));
  return true;
}

/**
 * Status of the window that ran with the rights, once it is closed. Null when this process
 * is the one to show the window: it has the rights, or nobody gave any.
 */
export async function runWithRights(args: readonly string[]): Promise<number | null> {
  if (beganWithRights() || missingCapabilities(['CAP_BPF']).length === 0) return null;
  const launcher = join(repositoryRoot(), 'dist/node/installed.js');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const child = spawn(process.execPath, [launcher, ...args], { stdio: 'inherit', env });
  const [status] = await once(child, 'exit');
  return status === DECLINED ? null : Number(status ?? 1);
}
