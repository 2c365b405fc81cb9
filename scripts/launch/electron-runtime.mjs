// The Electron runtime: whether it is there, and fetching it once. Its npm package brings
// only a downloader, and the host of the download may be out of reach.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node } from './setup.mjs';
import { ROOT, run, setStamp, stampOf, step } from './steps.mjs';

const FOLDER = join(ROOT, 'node_modules/electron');
const REACH_MS = 5000;
const DOWNLOAD_MS = 15 * 60_000;
const ASK_AGAIN_MS = 24 * 3_600_000;

function version() {
  return JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')).version;
}

/** Path of the runtime; null when it is not installed. */
export function electronPath() {
  const path = join(FOLDER, 'dist/electron');
  return existsSync(path) && existsSync(join(FOLDER, 'path.txt')) ? path : null;
}

/** Whether the host answers at all, so that a wall costs seconds and not minutes. */
async function isReachable() {
  const base =
    process.env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/v';
  try {
    const answer = await fetch(`${base}${version()}/SHASUMS256.txt`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(REACH_MS),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Fetches the runtime unless it is there, or was out of reach less than a day ago. */
export async function fetchElectron() {
  const failed = stampOf('electron-failed');
  const recently = failed?.version === version() && Date.now() - failed.at < ASK_AGAIN_MS;
  if (electronPath() !== null || recently) return electronPath();
  await step('the Electron runtime', async () => {
    const reached = await isReachable();
    const done =
      reached && (await run(node(), [join(FOLDER, 'install.js')], { timeoutMs: DOWNLOAD_MS })).ok;
    if (!done) setStamp('electron-failed', { version: version(), at: Date.now() });
    return done ? 'downloaded' : 'out of reach, asked again in a day';
  });
  return electronPath();
}
