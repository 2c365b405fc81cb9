// Answers the requests of the page, after having checked who asks and what for. From
// electron/preload.ts to the engine and the dialogs.
import { basename } from 'node:path';
import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { checkCall, checkFormat, checkSelection, checkSession } from '../contract/validate.ts';
import type { Engine } from '../engine/engine-types.ts';
import { asApiError, Problem } from '../engine/problem.ts';
import { type Answer, type Channel, NOTICE_CHANNEL, type Requests } from './channels.ts';
import { askForSession, askWhereToExport, askWhereToSave } from './dialogs.ts';
import { isOurPage } from './page-protocol.ts';

type Handler<C extends Channel> = (
  ...args: readonly unknown[]
) => Promise<Requests[C]['result']> | Requests[C]['result'];

function badRequest(): Problem {
  return new Problem('bad-call', 'The request is not of its type.');
}

/** The main frame of our own window, on our own page; a frame inside it is someone else. */
function isOurs(event: IpcMainInvokeEvent, window: BrowserWindow): boolean {
  const frame = event.senderFrame;
  return (
    frame !== null &&
    event.sender === window.webContents &&
    frame.parent === null &&
    isOurPage(frame.url)
  );
}

function handle<C extends Channel>(window: BrowserWindow, channel: C, handler: Handler<C>): void {
  ipcMain.handle(channel, async (event, ...args): Promise<Answer<Requests[C]['result']>> => {
    try {
      if (!isOurs(event, window)) throw new Problem('forbidden', 'This page may not ask.');
      return { ok: true, result: await handler(...args) };
    } catch (thrown) {
      return { ok: false, error: asApiError(thrown) };
    }
  });
}

const CHANNELS: readonly Channel[] = [
  'synscope:call',
  'synscope:open',
  'synscope:save',
  'synscope:export',
];

/** Connects a window to the engine; returns the function that disconnects it. */
export function connect(window: BrowserWindow, engine: Engine): () => void {
  handle(window, 'synscope:call', async (method, params) => {
    const call = checkCall(method, params);
    if (!call.ok) throw new Problem('bad-call', call.sentence);
    return await engine.call(call.value.method, call.value.params);
  });
  handle(window, 'synscope:open', async (given) => {
    if (given !== null && (typeof given !== 'string' || given === '')) throw badRequest();
    const path = given ?? (await askForSession(window));
    return path === null ? null : await engine.call('openSession', { path });
  });
  handle(window, 'synscope:save', async (session) => {
    if (!checkSession(session)) throw badRequest();
    const path = await askWhereToSave(window, await engine.call('status', { session }));
    if (path === null) return null;
    const saved = await engine.call('saveSession', { session, path });
    return { name: basename(saved.path), bytes: saved.bytes };
  });
  handle(window, 'synscope:export', async (session, selection, format) => {
    if (!checkSession(session) || !checkSelection(selection) || !checkFormat(format))
      throw badRequest();
    const path = await askWhereToExport(window, format);
    if (path === null) return null;
    const exported = await engine.call('exportSession', { session, selection, format, path });
    return { name: basename(exported.path), attempts: exported.attempts };
  });
  const stopNotices = engine.onNotice((notice) => {
    if (!window.isDestroyed()) window.webContents.send(NOTICE_CHANNEL, notice);
  });
  return () => {
    stopNotices();
    for (const channel of CHANNELS) ipcMain.removeHandler(channel);
  };
}
