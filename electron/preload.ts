// Runs in the page's isolated world and gives it `window.synscope`: four requests, one
// stream of notices, nothing of Electron or Node. Answered by electron/ipc.ts.
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { MethodName, Methods, Notice } from '../contract/api.ts';
import type { SynscopeShell } from '../contract/shell.ts';
import { type Answer, type Channel, NOTICE_CHANNEL, type Requests } from './channels.ts';

async function ask<C extends Channel>(
  channel: C,
  ...args: Requests[C]['args']
): Promise<Requests[C]['result']> {
  const answer: Answer<Requests[C]['result']> = await ipcRenderer.invoke(channel, ...args);
  if (!answer.ok) throw answer.error;
  return answer.result;
}

const shell: SynscopeShell = {
  kind: 'electron',
  call: async <M extends MethodName>(method: M, params: Methods[M]['params']) =>
    // The contract pairs each method with its result; the channel carries all of them.
    (await ask('synscope:call', method, params)) as Methods[M]['result'],
  onNotice(listener) {
    const receive = (_event: unknown, notice: Notice): void => listener(notice);
    ipcRenderer.on(NOTICE_CHANNEL, receive);
    return () => ipcRenderer.off(NOTICE_CHANNEL, receive);
  },
  // The engine lives in the process that owns this window: when it goes, the window goes.
  onConnection: () => () => {},
  openSession: (file) => ask('synscope:open', file === null ? null : webUtils.getPathForFile(file)),
  saveSession: (session) => ask('synscope:save', session),
  exportSession: (session, selection, format) => ask('synscope:export', session, selection, format),
};

contextBridge.exposeInMainWorld('synscope', shell);
