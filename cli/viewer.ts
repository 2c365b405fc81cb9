// `synscope open` and `synscope serve`: an engine behind serve/, and a window on it. Also
// what `npm start` shows where the Electron runtime is not installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startEngine } from '../engine/engine.ts';
import { DEFAULT_BOUNDS, type Engine } from '../engine/engine-types.ts';
import { Problem } from '../engine/problem.ts';
import { dropInheritedRights } from '../engine/rights.ts';
import { pageIsBuilt } from '../engine/shells/page.ts';
import { repositoryRoot } from '../engine/shells/root.ts';
import { stateDirectory } from '../engine/state-directory.ts';
import { findBrowser, hasDisplay, isRootAlone, openAppWindow } from '../serve/browser.ts';
import { checkPort, type PageServer, startServer } from '../serve/server.ts';
import { listenForEnd } from './interrupt.ts';

export interface ViewerOptions {
  /** Session file to open; null = none. */
  readonly file: string | null;
  readonly capture: boolean;
  /** Null = the one of the last time, so that a page's settings stay; else any. */
  readonly port: number | null;
  /** `until-closed`: the program ends with its window. */
  readonly window: 'none' | 'open' | 'until-closed';
}

/** Settings of a page belong to its origin, and the port is part of that. */
function rememberedPort(): number {
  try {
    const port = Number(readFileSync(join(stateDirectory(), 'port'), 'utf8'));
    return Number.isInteger(port) && port > 1023 && port < 65536 ? port : 0;
  } catch {
    return 0;
  }
}

async function serveOn(engine: Engine, port: number | null): Promise<PageServer> {
  if (port !== null) return await startServer(engine, port);
  const remembered = rememberedPort();
  const server = await startServer(engine, remembered).catch(async (error: unknown) => {
    if (remembered === 0) throw error;
    return await startServer(engine, 0);
  });
  if (remembered === 0) writeFileSync(join(stateDirectory(), 'port'), String(server.port));
  return server;
}

async function begin(options: ViewerOptions): Promise<Engine> {
  if (!pageIsBuilt()) {
    throw new Problem('not-built', 'The page of the viewer is not built.', 'Run: npm run build');
  }
  const live = options.capture ? { path: null, bounds: DEFAULT_BOUNDS } : null;
  const engine = await startEngine({ live });
  // The engine has what it needs; a browser that is started from here gets none of it.
  dropInheritedRights();
  try {
    if (options.file !== null) await engine.call('openSession', { path: resolve(options.file) });
  } catch (error) {
    await engine.stop();
    throw error;
  }
  const problem = engine.captureProblem;
  if (problem !== null)
    process.stderr.write(
      `${problem.sentence}\n${problem.fix}\nNothing is captured; session files can be opened.\n`,
    );
  return engine;
}

function whyNoWindow(): string {
  if (!hasDisplay()) return 'There is no display';
  if (isRootAlone()) return 'A browser is not started as root, and no other account started this';
  return 'No Chrome or Chromium is installed';
}

/**
 * Resolves when the window and every other page are closed; never, when none was opened.
 * A window that is open when `ended` comes is closed: its page would be dead.
 */
async function showWindow(
  server: PageServer,
  untilClosed: boolean,
  ended: Promise<unknown>,
): Promise<void> {
  const browser = hasDisplay() && !isRootAlone() ? findBrowser() : null;
  if (browser === null) {
    process.stderr.write(`${whyNoWindow()}: open the address above in a browser. Ctrl-C ends.\n`);
    return await new Promise(() => {});
  }
  const window = openAppWindow(browser, server.url);
  void ended.then(() => window.kill());
  await Promise.race([
    once(window, 'exit'),
    once(window, 'error').then(([error]) => {
      process.stderr.write(`${browser} did not start: ${error.message}\n`);
      return new Promise(() => {});
    }),
  ]);
  if (!untilClosed) return await new Promise(() => {});
  // The page may live on in a browser that was already running.
  if (server.pages() > 0) await new Promise<void>((done) => server.onEmpty(done));
}

/**
 * The Electron window on a file: the installed program that this runs in, or the runtime
 * of the checkout. Null where there is neither, or no display, and for root: as whom the
 * window may run is settled where a browser is started.
 */
function electronCommand(file: string): readonly string[] | null {
  if (!hasDisplay() || process.geteuid?.() === 0) return null;
  const open = ['--open', resolve(file)];
  if (process.versions['electron'] !== undefined) return [process.execPath, ...open];
  const root = repositoryRoot();
  const runtime = join(root, 'node_modules/electron/dist/electron');
  const built = existsSync(runtime) && existsSync(join(root, 'dist/node/electron-main.js'));
  return built ? [runtime, root, ...open] : null;
}

/** `synscope open`: the Electron window where there is one, else the browser's. */
export async function openInViewer(file: string, window: boolean): Promise<void> {
  const [program, ...args] = (window ? electronCommand(file) : null) ?? [];
  if (program === undefined) {
    const shown = window ? 'until-closed' : 'none';
    await showViewer({ file, capture: false, port: null, window: shown });
    return;
  }
  const { ELECTRON_RUN_AS_NODE: _asNode, ...env } = process.env;
  const child = spawn(program, args, { stdio: 'inherit', env });
  const [status] = await once(child, 'exit');
  process.exitCode = typeof status === 'number' ? status : 1;
}

/** Runs until Ctrl-C or a signal, or until the window is closed if so wanted. */
export async function showViewer(options: ViewerOptions): Promise<void> {
  const { ended } = listenForEnd();
  // A capture makes its file at once: not for a port that is taken.
  if (options.port !== null) await checkPort(options.port);
  const engine = await begin(options);
  try {
    const server = await serveOn(engine, options.port);
    process.stdout.write(`${server.url}\n`);
    const shown =
      options.window === 'none'
        ? new Promise<void>(() => {})
        : showWindow(server, options.window === 'until-closed', ended);
    await Promise.race([ended, shown]);
    await server.close();
  } finally {
    await engine.stop();
  }
}
