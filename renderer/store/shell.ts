// The shell around the page: Electron's preload where there is one, else the server
// that this page came from. What it says is made plain here: names in a session may hold
// anything, and none of it may move the text of the window around.
import { plainValue } from '../../contract/plain-text.ts';
import type { SynscopeShell } from '../../contract/shell.ts';
import { connectBrowserShell } from '../shared/browser-shell.ts';

declare global {
  interface Window {
    readonly synscope?: SynscopeShell;
  }
}

const around: SynscopeShell = window.synscope ?? connectBrowserShell();

async function plain<T>(answer: Promise<T>): Promise<T> {
  try {
    return plainValue(await answer);
  } catch (thrown) {
    throw plainValue(thrown);
  }
}

export const shell: SynscopeShell = {
  kind: around.kind,
  call: (method, params) => plain(around.call(method, params)),
  onNotice: (listener) => around.onNotice((notice) => listener(plainValue(notice))),
  onConnection: (listener) => around.onConnection(listener),
  openSession: (file) => plain(around.openSession(file)),
  saveSession: (session) => plain(around.saveSession(session)),
  exportSession: (session, selection, format) =>
    plain(around.exportSession(session, selection, format)),
};
