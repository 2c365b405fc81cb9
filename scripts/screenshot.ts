// `npm run screenshot`: draws docs/images/window.png, the real window on the sample
// session with a silent host selected. Run by hand when the window changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Selects the attempt that its caller abandoned after the most SYNs. */
async function selectSilence(page: Page): Promise<void> {
  await page.getByRole('searchbox').or(page.locator('input')).first().fill('failed ');
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: /Retr/ }).click();
  await page.locator('.grid-row').filter({ hasText: 'gave up' }).first().click();
  await page.locator('.stack-frame, .frame').first().waitFor();
}

const server = spawn(
  process.execPath,
  ['cli/main.ts', 'open', 'samples/failures.synscope', '--no-open'],
  { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [url] = (await once(createInterface(server.stdout), 'line')) as [string];
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: BROWSER, args });
  const page = await browser.newPage({
    viewport: { width: 1640, height: 940 },
    colorScheme: 'dark',
  });
  await page.goto(url);
  await page.locator('.grid-row').first().waitFor();
  await selectSilence(page);
  await page.screenshot({ path: `${ROOT}docs/images/window.png` });
  await browser.close();
} finally {
  server.kill('SIGINT');
}
