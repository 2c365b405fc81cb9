// A real Chromium for the benches, through playwright; it ends with this process.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Why there is no browser; null when there is one. */
export function whyNoBrowser(): string | null {
  return chromiumPath() === null
    ? 'no Chromium or Chrome is installed (apt-get install chromium)'
    : null;
}

function chromiumPath(): string | null {
  return PATHS.find((path) => existsSync(path)) ?? null;
}

export interface BrowserWindow {
  readonly page: Page;
  readonly version: string;
  close(): Promise<void>;
}

/** Opens an address in a new browser. Throws without one: ask `whyNoBrowser` before. */
export async function openBrowser(url: string): Promise<BrowserWindow> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error(`Cannot measure: ${whyNoBrowser()}`);
  // Chromium has no sandbox of its own for root.
  const args = ['--no-first-run', '--disable-background-networking', '--no-sandbox'];
  const browser: Browser = await chromium.launch({
    executablePath,
    args,
    // bench/run.ts ends everything itself.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const context = await browser.newContext({ viewport: { width: 1640, height: 940 } });
  const page = await context.newPage();
  await page.goto(url);
  return { page, version: browser.version(), close: () => browser.close() };
}
