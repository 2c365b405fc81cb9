// A session file in the window, without capture: filter, sort, keys, columns, theme,
// and what it says when there is nothing to show.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useBrowser, type WatchedPage } from './browser.ts';
import { buildFailures, LONG } from './failures.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-file-'));
const failures = join(folder, 'failures.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  buildFailures(failures);
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

function processes(): Promise<string[]> {
  return page.locator('.grid-row .grid-cell:nth-child(2)').allInnerTexts();
}

async function type(filter: string): Promise<void> {
  await page.locator('#filter').fill(filter);
}

test('the newest is on top; a click on a header orders by it, a second the other way', async () => {
  await expect.poll(processes).toEqual(['psql 502', `${LONG} 503`, 'curl 501', 'psql 502']);
  await page.getByRole('columnheader', { name: /Process/ }).click();
  await expect.poll(processes).toEqual([`${LONG} 503`, 'curl 501', 'psql 502', 'psql 502']);
  await page.getByRole('columnheader', { name: /Process/ }).click();
  await expect.poll(async () => (await processes())[3]).toBe(`${LONG} 503`);
});

test('the filter selects while it is typed, completes, and underlines what is wrong', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('fai');
  await page.keyboard.press('Tab');
  await expect.poll(() => page.locator('#filter').inputValue()).toBe('failed ');
  await expect.poll(async () => (await rows()).length).toBe(2);
  await page.keyboard.type('and port > x');
  await page.getByText('port is a number', { exact: false }).waitFor();
  expect(await page.locator('.filter-paint .wrong').allInnerTexts()).toEqual(['x']);
  expect(await rows()).toHaveLength(2);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await rows()).length).toBe(4);
});

test('the list of completions is reached by arrows and has the values of the session', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('proc = cu');
  const option = page.getByRole('option', { name: 'curl' });
  await option.waitFor();
  await page.keyboard.press('ArrowDown');
  expect(await option.getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await rows()).length).toBe(1);
});

test('“Failed only”, and nothing that matches, say so and can be undone', async () => {
  await page.getByRole('button', { name: 'Failed only' }).click();
  await expect.poll(async () => (await rows()).length).toBe(2);
  await type('proc = nobody');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('button', { name: 'Clear the filter', exact: true }).last().click();
  await expect.poll(async () => (await rows()).length).toBe(4);
});

test('everything by keyboard: rows, details, tabs, failures, the list of keys', async () => {
  await page.keyboard.press('End');
  const selected = page.locator('.grid-row[aria-selected="true"]');
  await expect.poll(() => selected.innerText()).toContain('psql');
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => selected.innerText()).toContain('curl');
  await page.keyboard.press('[');
  await expect.poll(() => selected.innerText()).toContain('5432');
  await page.keyboard.press(']');
  await expect.poll(() => selected.innerText()).toContain('curl');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('details');
  await page.getByRole('tab').first().focus();
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-selected')))
    .toBe('true');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('#details').count()).toBe(0);
});

test('details say what happened, show the stack with what is not known, and copy', async () => {
  await page.locator('.grid-row', { hasText: 'curl' }).click();
  await expect
    .poll(() => page.locator('.details-title').innerText())
    .toContain('curl → 10.0.0.2:443');
  expect(await page.locator('.details-text').innerText()).toContain(
    'refused after 0.2 ms (ECONNREFUSED)',
  );
  const stack = page.getByRole('list', { name: 'Stack, innermost first' });
  await expect.poll(() => stack.innerText()).toContain('dial_backend');
  expect(await stack.innerText()).toContain('no symbol covers this address');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'All details as text' }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toContain('#1  dial_backend (curl)');
});

test('an event that is chosen is pointed out in the timeline', async () => {
  await page.locator('.grid-row', { hasText: 'curl' }).click();
  await page.getByRole('tab', { name: /Events/ }).click();
  const events = page.locator('.event');
  expect(await events.count()).toBe(5);
  await page.locator('.event.red').first().click();
  await expect.poll(() => page.locator('.tick.marked').count()).toBe(1);
});

test('columns, their widths, the theme and what is selected outlive a reload', async () => {
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'RTT' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('columnheader', { name: /RTT/ }).count()).toBe(0);
  const process = page.getByRole('columnheader', { name: /Process/ });
  const before = (await process.boundingBox())?.width ?? 0;
  const handle = await process.getByRole('separator').boundingBox();
  await page.mouse.move((handle?.x ?? 0) + 4, (handle?.y ?? 0) + 8);
  await page.mouse.down();
  await page.mouse.move((handle?.x ?? 0) + 84, (handle?.y ?? 0) + 8, { steps: 4 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Theme' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Light' }).click();
  await page.getByRole('button', { name: 'Failed only' }).click();
  await page.reload();
  await page.locator('.grid-row').first().waitFor();
  expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
  expect(await page.getByRole('columnheader', { name: /RTT/ }).count()).toBe(0);
  expect((await process.boundingBox())?.width).toBeCloseTo(before + 80, -1);
  await expect.poll(async () => (await rows()).length).toBe(2);
});

test('a name that is too long ends in an ellipsis and is whole on hover', async () => {
  const cell = page.locator('.grid-cell', { hasText: LONG });
  const name = cell.locator('.process-name');
  await expect.poll(() => name.evaluate((node) => node.scrollWidth > node.clientWidth)).toBe(true);
  expect(await name.evaluate((node) => getComputedStyle(node).textOverflow)).toBe('ellipsis');
  expect(await cell.getAttribute('title')).toContain(LONG);
});

test('the strip selects a time range, Esc gives the whole session back', async () => {
  const strip = page.locator('.strip svg');
  const box = await strip.boundingBox();
  if (box === null) throw new Error('no strip');
  await page.mouse.move(box.x + 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.04, box.y + 20, { steps: 4 });
  await page.mouse.up();
  // All but the last two began in the first 4 % of the minute; what still lives overlaps it.
  await expect.poll(async () => (await rows()).length).toBeLessThan(4);
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await rows()).length).toBe(4);
});

test('the overview leads from a bar to the rows', async () => {
  await page.getByRole('button', { name: 'Overview' }).click();
  await page.getByText('ECONNREFUSED · refused').waitFor();
  await page
    .locator('.chart', { hasText: 'Failures by error' })
    .locator('.recharts-bar-rectangle path')
    .first()
    .click();
  await expect.poll(() => page.locator('#filter').inputValue()).toContain('error = ECONNREFUSED');
  await expect.poll(async () => (await rows()).length).toBe(2);
});
