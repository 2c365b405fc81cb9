// The window and everything that it may not do: no navigation, no further windows, no
// embedded pages, no permissions but writing to the clipboard and notifying. Opened by electron/main.ts.
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, type Session } from 'electron';
import { repositoryRoot } from '../engine/shells/root.ts';
import { isOurPage, PAGE_URL } from './page-protocol.ts';

/** Copying rows, stacks and verdicts; alerts on the desktop, once the person turned them on. */
const ALLOWED_PERMISSIONS: readonly string[] = ['clipboard-sanitized-write', 'notifications'];

/** Denies what pages can ask a browser for. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide) => {
    decide(ALLOWED_PERMISSIONS.includes(permission) && isOurPage(contents.getURL()));
  });
  session.setPermissionCheckHandler((contents, permission) => {
    return ALLOWED_PERMISSIONS.includes(permission) && isOurPage(contents?.getURL() ?? '');
  });
  session.setDevicePermissionHandler(() => false);
}

/** For every page that ever comes to be, also ones that we did not make. */
export function confinePages(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** The window, not yet showing its page: `show` loads it once the engine is connected. */
export function createWindow(): BrowserWindow {
  return new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 720,
    minHeight: 480,
    title: 'Synscope',
    icon: join(repositoryRoot(), 'assets/icons/256x256.png'),
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#14161a' : '#ffffff',
    show: false,
    webPreferences: {
      preload: join(repositoryRoot(), 'dist/node/preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
}

/** Loads the page, and shows the window when it has painted. */
export async function show(window: BrowserWindow): Promise<void> {
  window.once('ready-to-show', () => window.show());
  await window.loadURL(PAGE_URL);
}
