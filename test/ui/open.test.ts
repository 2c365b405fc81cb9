// What comes in from outside: dropped files, the sample that ships, a file that is no
// session, and a window with nothing at all.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SessionBuilder } from '../fixtures/session-builder.ts';
import { useBrowser, type WatchedPage } from './browser.ts';
import { buildFailures } from './failures.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-open-'));
const failures = join(folder, 'failures.synscope');
const peaceful = join(folder, 'peaceful.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  buildFailures(failures);
  const builder = new SessionBuilder(peaceful);
  builder.attempt({ started_ns: 1_000_000, established_ns: 2_000_000 });
  builder.close();
  viewer = await startViewer('--no-capture');
  watched = await browser.open(viewer.url);
  page = watched.page;
  await openFile(failures);
  await page.locator('.grid-row').first().waitFor();
  await page.context().close();
});

afterAll(async () => {
  await viewer.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Each test has a window of its own; a new one shows the file that is open. */
beforeEach(async () => {
  watched = await browser.open(viewer.url);
  page = watched.page;
  await page.locator('.grid-row').first().waitFor();
  return async () => {
    expect(watched.complaints).toEqual([]);
    await page.context().close();
  };
});

async function openFile(path: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open', exact: true }).click(),
  ]);
  await chooser.setFiles(path);
}

function rows(): Promise<string[]> {
  return page.locator('.grid-row').allInnerTexts();
}

/** Drops a file on the window, as from a file manager. */
async function drop(path: string): Promise<void> {
  const content = readFileSync(path).toString('base64');
  await page.evaluate(
    ({ bytes, name }) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
      transfer.items.add(new File([content], name));
      const about = { dataTransfer: transfer, bubbles: true, cancelable: true };
      for (const kind of ['dragenter', 'dragover', 'drop']) {
        window.dispatchEvent(new DragEvent(kind, about));
      }
    },
    { bytes: content, name: basename(path) },
  );
}

test('a session file dropped on the window opens; one without failures says so', async () => {
  await drop(peaceful);
  await expect.poll(() => page.locator('.what').innerText()).toContain('peaceful.synscope');
  await page.getByRole('button', { name: 'Failed only' }).click();
  await page.getByText('No connection failed in this session.').waitFor();
});

test('a dropped file that is no session gets a sentence, and what is open stays', async () => {
  const path = join(folder, 'holiday.jpg');
  writeFileSync(path, 'no session at all');
  await drop(path);
  const toast = page.locator('.toast.error');
  await toast.waitFor();
  expect((await toast.innerText()).length).toBeGreaterThan(20);
  expect(await rows()).toHaveLength(4);
  // The server answers a bad file with 4xx, which Chromium itself puts into the console.
  expect(watched.complaints.every((text) => text.includes('Failed to load resource'))).toBe(true);
  watched.complaints.length = 0;
  await toast.getByRole('button', { name: 'Dismiss' }).click();
  await expect.poll(() => toast.count()).toBe(0);
});

test('the session that ships with Synscope shows its failures, each with a stack', async () => {
  const sample = fileURLToPath(new URL('../../samples/failures.synscope', import.meta.url));
  await openFile(sample);
  await page.getByTitle('Open sessions').click();
  await page
    .getByRole('menuitemcheckbox', { name: /failures.synscope/ })
    .last()
    .click();
  await page.locator('#filter').fill('outcome = abandoned and proc = nc');
  await expect.poll(async () => (await rows()).length).toBe(1);
  await page.locator('.grid-row').click();
  const marks = page.locator('.tick-name');
  await expect
    .poll(() => marks.allTextContents())
    .toEqual(['SYN', 'SYN 1', 'SYN 2', 'SYN 3', 'CLOSE']);
  const stack = page.getByRole('list', { name: 'Stack, innermost first' });
  await stack.getByRole('button', { name: /kernel · / }).click();
  await expect.poll(() => stack.innerText()).toContain('tcp_v4_connect');
});

test('without capture the window says what to do', async () => {
  const empty = await startViewer('--no-capture');
  try {
    const bare = await browser.open(empty.url);
    await bare.page.getByText('A recorded session opens without privileges').waitFor();
    await bare.page.getByRole('button', { name: 'Open a session…' }).waitFor();
    expect(bare.complaints).toEqual([]);
    await bare.page.context().close();
  } finally {
    await empty.stop();
  }
});
