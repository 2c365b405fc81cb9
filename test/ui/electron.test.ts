// The real Electron window through Playwright, on a session file, where the runtime is
// installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { SessionBuilder } from '../fixtures/session-builder.ts';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runtime = join(root, 'node_modules/electron/dist/electron');
const folder = temporaryDirectory();
const file = join(folder, 'lunch.synscope');
const builder = new SessionBuilder(file);
builder.refused({ process_id: builder.process('curl', { pid: 812 }) });
builder.close();

let application: ElectronApplication | null = null;

afterEach(async () => {
  await application?.close();
  application = null;
});

/** Why this cannot run here; null when it can. */
function obstacle(): string | null {
  if (!existsSync(runtime)) return 'Electron runtime not installed';
  if (!existsSync(join(root, 'dist/node/electron-main.js'))) return 'npm run build was not run';
  if (process.geteuid?.() === 0) return 'the window does not run as root';
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? null : 'no display (xvfb-run)';
}

async function start(): Promise<ElectronApplication> {
  application = await _electron.launch({
    executablePath: runtime,
    args: [root, '--open', file],
    env: { ...process.env, SYNSCOPE_STATE_DIR: join(folder, 'state') } as Record<string, string>,
  });
  return application;
}

test('the window shows a session file, and its page has no Node', async (context) => {
  const why = obstacle();
  if (why !== null) return context.skip(why);
  const started = await start();
  const page = await started.firstWindow();
  await page.getByText('ECONNREFUSED').first().waitFor();
  expect(page.url()).toBe('synscope://app/');
  const globals = await page.evaluate(() => ({
    require: 'require' in globalThis,
    process: 'process' in globalThis,
    shell: Object.keys(Object(globalThis)['synscope'] ?? {}),
  }));
  expect(globals).toMatchObject({ require: false, process: false });
  expect(globals.shell).toContain('call');
});

test('the page can neither leave nor open another', async (context) => {
  const why = obstacle();
  if (why !== null) return context.skip(why);
  const started = await start();
  const page = await started.firstWindow();
  await page.getByText('curl').first().waitFor();
  await page.evaluate(() => {
    window.open('https://example.com/');
    window.location.href = 'https://example.com/';
  });
  await page.waitForTimeout(500);
  expect(page.url()).toBe('synscope://app/');
  expect(started.windows()).toHaveLength(1);
});
