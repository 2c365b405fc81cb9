// The main process under the Electron mock, with a real engine on a real session file:
// how the window is locked down, who may ask, and what they get.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as electron from '../../fixtures/electron-mock.ts';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

vi.mock('electron', () => import('../../fixtures/electron-mock.ts'));

const folder = temporaryDirectory();
const file = join(folder, 'lunch.synscope');
const builder = new SessionBuilder(file);
builder.refused();
builder.close();

const { main } = await import('../../../electron/main.ts');

beforeEach(() => {
  vi.spyOn(process, 'geteuid').mockReturnValue(1000);
  vi.stubEnv('SYNSCOPE_STATE_DIR', join(folder, 'state'));
});

afterEach(async () => {
  // Ends the engine as quitting does, and waits until it has asked to quit again.
  const event = { preventDefault: vi.fn() };
  electron.app.emit('will-quit', event);
  if (event.preventDefault.mock.calls.length > 0) {
    await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled());
  }
  electron.resetElectron();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function start(...args: readonly string[]): Promise<electron.BrowserWindow> {
  vi.stubGlobal('process', Object.assign(process, { argv: ['synscope-window', ...args] }));
  await main();
  const [window] = electron.BrowserWindow.all;
  if (window === undefined) throw new Error('no window was made');
  return window;
}

async function ask(window: electron.BrowserWindow, channel: string, ...args: readonly unknown[]) {
  return await electron.handlers.get(channel)?.(electron.invokeEvent(window), ...args);
}

test('the window has no Node, is isolated and sandboxed, and shows our own page', async () => {
  const window = await start('--open', file);
  expect(window.options['webPreferences']).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
  });
  expect(window.loadURL).toHaveBeenCalledWith('synscope://app/');
  expect(window.show).toHaveBeenCalled();
});

test('as root there is no window, and a sentence says what to do', async () => {
  vi.spyOn(process, 'geteuid').mockReturnValue(0);
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await main();
  expect(electron.BrowserWindow.all).toHaveLength(0);
  expect(electron.app.exit).toHaveBeenCalledWith(1);
  expect(said.mock.calls.join('')).toMatch(/does not run as root.*synscope serve/);
});

test('pages neither navigate nor open windows nor embed pages', async () => {
  const window = await start('--open', file);
  for (const name of ['will-navigate', 'will-redirect', 'will-attach-webview']) {
    const event = { preventDefault: vi.fn() };
    window.webContents.emit(name, event);
    expect(event.preventDefault, name).toHaveBeenCalled();
  }
  expect(window.webContents.openHandler?.()).toEqual({ action: 'deny' });
});

test('permissions are denied but for writing to the clipboard and notifying', async () => {
  const window = await start('--open', file);
  const [[handler] = []] = electron.session.defaultSession.setPermissionRequestHandler.mock.calls;
  const decided = (permission: string): boolean => {
    const decide = vi.fn();
    handler(window.webContents, permission, decide);
    return decide.mock.calls[0]?.[0];
  };
  expect(decided('clipboard-sanitized-write')).toBe(true);
  expect(decided('notifications')).toBe(true);
  for (const other of ['media', 'geolocation', 'clipboard-read', 'openExternal']) {
    expect(decided(other), other).toBe(false);
  }
});

test('the file of the command line is open, and there is no capture', async () => {
  const window = await start('--open', file);
  const answer = await ask(window, 'synscope:call', 'hello', {});
  expect(answer).toMatchObject({
    ok: true,
    result: {
      live: null,
      captureProblem: null,
      sessions: [{ name: 'lunch.synscope', failures: 1 }],
    },
  });
});

test('only the main frame of our own page may ask', async () => {
  const window = await start('--open', file);
  const handler = electron.handlers.get('synscope:call');
  const strangers = [
    electron.invokeEvent(window, 'https://example.com/'),
    electron.invokeEvent(window, 'synscope://app/', { url: 'synscope://app/' }),
    electron.invokeEvent(new electron.BrowserWindow({})),
    { sender: window.webContents, senderFrame: null },
  ];
  for (const event of strangers) {
    expect(await handler?.(event, 'hello', {})).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
  }
});

test('unknown methods and wrong parameters never reach the engine', async () => {
  const window = await start('--open', file);
  const wrong = [
    ['openSession', { path: '/etc/passwd' }],
    ['status', {}],
    ['toString', {}],
    [null, null],
  ];
  for (const [method, params] of wrong) {
    expect(await ask(window, 'synscope:call', method, params)).toMatchObject({
      ok: false,
      error: { code: 'bad-call' },
    });
  }
});

test('a session is saved where the person says', async () => {
  const window = await start('--open', file);
  const hello = await ask(window, 'synscope:call', 'hello', {});
  const session = Object(hello).result.sessions[0].session;
  expect(await ask(window, 'synscope:save', session)).toEqual({ ok: true, result: null });
  const filePath = join(folder, 'kept.synscope');
  electron.dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath });
  expect(await ask(window, 'synscope:save', session)).toMatchObject({
    ok: true,
    result: { name: 'kept.synscope' },
  });
});

test('a second instance hands its file over', async () => {
  const window = await start('--open', file);
  electron.app.emit('second-instance', {}, ['synscope-window', 'nothing.synscope'], folder);
  await vi.waitFor(() => expect(electron.dialog.showErrorBox).toHaveBeenCalled());
  expect(electron.dialog.showErrorBox.mock.calls[0]?.[1]).toContain('nothing.synscope');
  expect(window.focus).toHaveBeenCalled();
});

test('an instance that is not the first leaves at once', async () => {
  electron.app.requestSingleInstanceLock.mockReturnValueOnce(false);
  await expect(start()).rejects.toThrow('no window was made');
  expect(electron.app.quit).toHaveBeenCalled();
});
