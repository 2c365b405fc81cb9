// An installed Chrome or Chromium as an app window on the server's page, and as whom it
// runs: never as root. Used by cli/viewer.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { stateDirectory } from '../engine/state-directory.ts';

const NAMES = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge',
  'brave-browser',
];

const FLAGS = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1440,900',
];

/** The account that a window runs as when this program runs as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
}

/** Path of a browser that can show an app window; null when none is installed. */
export function findBrowser(searchPath: string = process.env.PATH ?? ''): string | null {
  for (const name of NAMES) {
    for (const folder of searchPath.split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}

/** Whether there is a screen to open a window on. */
export function hasDisplay(environment: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** The account of a uid, from the text of /etc/passwd. */
export function accountOf(uid: number, passwd: string): Account | null {
  for (const line of passwd.split('\n')) {
    const [name = '', , id, group, , home = ''] = line.split(':');
    if (id === String(uid)) return { uid, gid: Number(group), name, home };
  }
  return null;
}

/** Who called sudo or pkexec; null when this is no root, or root by itself. */
export function callerOfRoot(): Account | null {
  if (process.geteuid?.() !== 0) return null;
  const uid = Number(process.env.SUDO_UID ?? process.env.PKEXEC_UID ?? '0');
  if (!Number.isInteger(uid) || uid <= 0) return null;
  return accountOf(uid, readFileSync('/etc/passwd', 'utf8'));
}

/** Whether a browser already uses this profile; it would take the window and end ours at once. */
function isInUse(profile: string): boolean {
  try {
    const pid = readlinkSync(join(profile, 'SingletonLock')).split('-').at(-1);
    return existsSync(`/proc/${pid}`);
  } catch {
    return false;
  }
}

/** A profile of Synscope's own: nothing of the person's browser is touched. */
function profileFor(account: Account | null): string {
  const parent = account === null ? stateDirectory() : join(account.home, '.local/state/synscope');
  const usual = join(parent, 'browser');
  const profile = isInUse(usual) ? join(parent, `browser-${process.pid}`) : usual;
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  if (account !== null) {
    for (const folder of [parent, profile]) chownSync(folder, account.uid, account.gid);
  }
  return profile;
}

function environmentOf(account: Account | null): NodeJS.ProcessEnv {
  if (account === null) return process.env;
  return {
    ...process.env,
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    XDG_RUNTIME_DIR: `/run/user/${account.uid}`,
  };
}

/** Root, and nobody called sudo or pkexec: there is no account that a window could run as. */
export function isRootAlone(): boolean {
  return process.geteuid?.() === 0 && callerOfRoot() === null;
}

/**
 * Opens the page in a window of its own, as the person behind root where this is root.
 * Throws when root has nobody behind it: a browser has too much to do with strangers' data.
 */
export function openAppWindow(browser: string, url: string): ChildProcess {
  if (isRootAlone()) throw new Error('A browser is not started as root.');
  const account = callerOfRoot();
  const args = [`--app=${url}`, `--user-data-dir=${profileFor(account)}`, ...FLAGS];
  return spawn(browser, args, {
    stdio: 'ignore',
    env: environmentOf(account),
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
}
