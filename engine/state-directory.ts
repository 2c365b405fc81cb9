// The folder that Synscope keeps between runs: live sessions, the browser profile of the
// app window, copies that a page opened. Used by the engine and by every shell.
import { mkdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Problem } from './problem.ts';

/** $HOME, unless it belongs to someone else (sudo may keep it): root leaves nothing there. */
function home(): string {
  const claimed = process.env.HOME;
  if (claimed === undefined || !isAbsolute(claimed)) return userInfo().homedir;
  const owner = statSync(claimed, { throwIfNoEntry: false })?.uid;
  return owner === process.geteuid?.() ? claimed : userInfo().homedir;
}

/** Its path, without making it: $SYNSCOPE_STATE_DIR, or `synscope` in the XDG state home. */
export function statePath(): string {
  const { SYNSCOPE_STATE_DIR: own, XDG_STATE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return own;
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'synscope');
  return join(home(), '.local/state/synscope');
}

/** The folder, made for this user alone. Throws a `Problem` when it cannot be. */
export function stateDirectory(): string {
  const path = statePath();
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Problem(
      'state-directory',
      `The state directory ${path} cannot be made: ${error instanceof Error ? error.message : error}`,
      'Set SYNSCOPE_STATE_DIR to a folder that you can write to.',
    );
  }
  return path;
}
