// The real browser of the ui tests: Debian's Chromium through playwright, and a watch on
// what a page must never do (log an error, break its content security policy).
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why the ui tests cannot run; null when they can. */
function whyNoBrowser(): string | null {
  return chromiumPath() === null
    ? 'skipped: no Chromium or Chrome is installed (apt-get install chromium)'
    : null;
}

function chromiumPath(): string | null {
  return PATHS.find((path) => existsSync(path)) ?? null;
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console, uncaught errors, violations of the policy: none is allowed. */
  readonly complaints: string[];
}

export interface BrowserStage {
  /** A new page in a profile of its own. */
  open(
    url: string,
    options?: { theme?: 'dark' | 'light'; width?: number; height?: number },
  ): Promise<WatchedPage>;
}

/** Gives the file one browser. Skips its tests, with the reason, where there is none. */
export function useBrowser(): BrowserStage {
  let browser: Browser | null = null;
  beforeEach((context) => {
    const reason = whyNoBrowser();
    if (reason !== null) context.skip(reason);
  });
  beforeAll(async () => {
    const executablePath = chromiumPath();
    if (executablePath === null) return;
    // Chromium has no sandbox of its own for root.
    const flags = process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
    browser = await chromium.launch({ executablePath, args: flags });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    async open(url, { theme = 'dark', width = 1640, height = 940 } = {}) {
      if (browser === null) throw new Error('the browser has not started');
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        acceptDownloads: true,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      const complaints = watch(page);
      await page.goto(url);
      return { page, complaints };
    },
  };
}

function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    const isOwn = hostname === '127.0.0.1' || protocol === 'blob:' || protocol === 'data:';
    if (!isOwn) complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}

/** Waits until something in the page is true, and says what it was when it never is. */
export async function eventually<T>(
  read: () => Promise<T>,
  check: (value: T) => void,
  timeoutMs = 15_000,
): Promise<void> {
  await expect
    .poll(
      async () => {
        const value = await read();
        try {
          check(value);
          return 'ok';
        } catch (error) {
          return `${error instanceof Error ? error.message : error}`;
        }
      },
      { timeout: timeoutMs, interval: 100 },
    )
    .toBe('ok');
}
