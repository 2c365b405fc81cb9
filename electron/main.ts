// Electron's main process: one window, one engine in its worker threads, and nothing that
// could be done without Electron. Started by scripts/launch/start.mjs or as the installed
// program; the stop after is electron/ipc.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, session } from 'electron';
import { startEngine } from '../engine/engine.ts';
import { DEFAULT_BOUNDS, type Engine } from '../engine/engine-types.ts';
import { asApiError } from '../engine/problem.ts';
import { dropInheritedRights } from '../engine/rights.ts';
import { repositoryRoot } from '../engine/shells/root.ts';
import { stateDirectory } from '../engine/state-directory.ts';
import { isCommand, ownArguments, readArguments } from './arguments.ts';
import { runWithRights } from './elevation.ts';
import { connect } from './ipc.ts';
import { setMenu } from './menu.ts';
import { declareScheme, servePage } from './page-protocol.ts';
import { confinePages, createWindow, denyPermissions, show } from './windows.ts';

/** Chromium handles what strangers sent: it has a sandbox and an ordinary account, or it does not run. */
const AS_ROOT =
  'synscope: the window does not run as root. Start it from your own account, which is asked for the rights to ' +
  'capture, or run `synscope serve` as root and open its address in your browser.';

function complain(title: string, thrown: unknown): void {
  const { sentence, fix } = asApiError(thrown);
  dialog.showErrorBox(title, fix === null ? sentence : `${sentence}\n\n${fix}`);
}

/** The command line of an installed Synscope: the same runtime, as Node. */
function runCommand(args: readonly string[]): number {
  const main = join(repositoryRoot(), 'dist/node/synscope.js');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return spawnSync(process.execPath, [main, ...args], { stdio: 'inherit', env }).status ?? 1;
}

async function openFile(engine: Engine, window: BrowserWindow, path: string): Promise<void> {
  try {
    await engine.call('openSession', { path });
  } catch (thrown) {
    complain('This file cannot be opened', thrown);
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** Ends in order: the session becomes one whole file before the process goes. */
function stopBeforeQuit(engine: Engine): void {
  let stopped = false;
  app.on('will-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    void engine.stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });
}

async function run(): Promise<void> {
  const wanted = readArguments(ownArguments(process.argv, app.isPackaged), process.cwd());
  await app.whenReady();
  denyPermissions(session.defaultSession);
  servePage();
  setMenu();
  const live = wanted.capture ? { path: null, bounds: DEFAULT_BOUNDS } : null;
  const engine = await startEngine({ live });
  stopBeforeQuit(engine);
  const window = createWindow();
  connect(window, engine);
  if (wanted.file !== null) await openFile(engine, window, wanted.file);
  app.on('second-instance', (_event, argv, folder) => {
    const { file } = readArguments(ownArguments(argv, app.isPackaged), folder);
    if (file !== null) void openFile(engine, window, file);
    else window.focus();
  });
  await show(window);
}

/** Begins. Exported for the test with the Electron mock; called by electron-main's entry. */
export async function main(): Promise<void> {
  const args = ownArguments(process.argv, app.isPackaged);
  if (isCommand(args)) {
    app.exit(runCommand(args));
    return;
  }
  if (process.geteuid?.() === 0) {
    process.stderr.write(`${AS_ROOT}\n`);
    app.exit(1);
    return;
  }
  // Before Chromium starts anything: its helpers would inherit what was given to us.
  dropInheritedRights();
  // Electron takes no scheme once it is ready, and it does not wait for us.
  declareScheme();
  app.setPath('userData', join(stateDirectory(), 'electron'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  if (app.isPackaged && readArguments(args, process.cwd()).capture) {
    // The window with the rights is the one to which a second start hands its file.
    app.releaseSingleInstanceLock();
    const status = await runWithRights(args);
    if (status !== null || !app.requestSingleInstanceLock()) {
      app.exit(status ?? 0);
      return;
    }
  }
  confinePages();
  app.on('window-all-closed', () => app.quit());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => app.quit());
  try {
    await run();
  } catch (thrown) {
    complain('Synscope cannot start', thrown);
    app.exit(1);
  }
}
