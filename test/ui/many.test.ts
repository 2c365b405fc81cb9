// 100,000 attempts and more: the page has the rows of the screen and no others, and asks
// for no others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillSession, SessionBuilder } from '../fixtures/session-builder.ts';
import { useBrowser, type WatchedPage } from './browser.ts';
import { startSynthetic } from './harness.ts';
import { startViewer, type Viewer } from './viewer.ts';

const MANY = 100_000;
const MOST_IN_PAGE = 60;
const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-many-'));
const file = join(folder, 'many.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  const builder = new SessionBuilder(file);
  fillSession(builder, MANY);
  builder.close();
  viewer = await startViewer('--no-capture');
  watched = await browser.open(viewer.url);
  page = watched.page;
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open', exact: true }).click(),
  ]);
  await chooser.setFiles(file);
  await page.locator('.grid-row').first().waitFor();
});

afterAll(async () => {
  await viewer.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows in the page, those without an answer yet, and the highest row number. */
function state(): Promise<{ inPage: number; loading: number; lastIndex: number; counted: number }> {
  return page.evaluate(() => ({
    inPage: document.querySelectorAll('.grid-row').length,
    loading: document.querySelectorAll('.grid-loading').length,
    lastIndex: Math.max(
      ...[...document.querySelectorAll('.grid-row[aria-rowindex]')].map((row) =>
        Number(row.getAttribute('aria-rowindex')),
      ),
    ),
    counted: Number(document.getElementById('rows')?.getAttribute('aria-rowcount')),
  }));
}

test('all are there to scroll through, some are in the page', async () => {
  const { inPage, counted } = await state();
  expect(counted).toBe(MANY + 1);
  expect(inPage).toBeGreaterThan(10);
  expect(inPage).toBeLessThan(MOST_IN_PAGE);
});

test('every place that is scrolled to gets its rows', async () => {
  for (const share of [0.1, 0.9, 0.5, 1, 0]) {
    await page.evaluate((part) => {
      const grid = document.getElementById('rows');
      if (grid !== null) grid.scrollTop = grid.scrollHeight * part;
    }, share);
    await expect.poll(async () => (await state()).loading).toBe(0);
    expect((await state()).inPage).toBeLessThan(MOST_IN_PAGE);
  }
  await page.keyboard.press('End');
  await expect.poll(async () => (await state()).lastIndex).toBe(MANY + 1);
});

test('a wheel that turns fast leaves no gap behind', async () => {
  await page.mouse.move(600, 500);
  for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, -1_800);
  await expect.poll(async () => (await state()).loading).toBe(0);
  expect((await state()).inPage).toBeLessThan(MOST_IN_PAGE);
});

test('sorted by duration, the longest is on top', async () => {
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: /Duration/ }).click();
  const durations = page.locator('.grid-row .grid-cell:nth-child(9)');
  await expect
    .poll(async () => Number.parseFloat((await durations.first().innerText()) || '0'))
    .toBeGreaterThan(4.9);
  await page.getByRole('columnheader', { name: /Started/ }).click();
});

test('in another order the selected row is still on the screen', async () => {
  await page.evaluate(() => document.getElementById('rows')?.scrollTo({ top: 700_000 }));
  await expect.poll(async () => (await state()).loading).toBe(0);
  const selected = page.locator('.grid-row[aria-selected="true"]');
  // The rows of the old place may still be there for a frame, and a click on one goes with it.
  await expect
    .poll(async () => {
      await page.locator('.grid-row').nth(12).click();
      return await selected.count();
    })
    .toBe(1);
  const index = await selected.getAttribute('aria-rowindex');
  const text = await selected.innerText();
  await page.getByRole('columnheader', { name: /Sent/ }).click();
  await expect.poll(() => selected.getAttribute('aria-rowindex')).not.toBe(index);
  expect(await selected.innerText()).toBe(text);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => selected.innerText()).not.toBe(text);
  await page.keyboard.press('Escape');
});

test('a filter over all of them counts what it selects', async () => {
  await page.locator('#filter').fill('failed and proc = curl');
  await expect
    .poll(() => page.locator('.status-bar').innerText())
    .toMatch(/[\d,]+ of 100,000 attempts/);
  await expect
    .poll(async () =>
      (await page.locator('.grid-row').allInnerTexts()).every((text) => text.includes('curl')),
    )
    .toBe(true);
  expect(watched.complaints).toEqual([]);
});

test('a million rows scroll to their last', async () => {
  const server = await startSynthetic({ attempts: 1_000_000 });
  try {
    const million = await browser.open(server.url);
    await million.page.locator('.grid-row').first().waitFor();
    await million.page.keyboard.press('End');
    await million.page.locator('.grid-row[aria-rowindex="1000001"]').waitFor();
    await expect.poll(() => million.page.locator('.grid-loading').count()).toBe(0);
    await million.page.context().close();
  } finally {
    await server.close();
  }
});

test('a flood of notices does not become a flood of questions', async () => {
  const server = await startSynthetic({ attempts: 500 });
  try {
    const flooded = await browser.open(server.url);
    await flooded.page.locator('.grid-row').first().waitFor();
    const before = server.asked.get('attempts') ?? 0;
    const beganAt = performance.now();
    for (let at = 0; at < 300; at++) {
      server.add(20);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const during = (server.asked.get('attempts') ?? 0) - before;
    const seconds = (performance.now() - beganAt) / 1_000;
    // At most ten questions a second, and one for what is left.
    expect(during).toBeGreaterThan(3);
    expect(during).toBeLessThanOrEqual(seconds * 10 + 2);
    await expect
      .poll(() => flooded.page.locator('#rows').getAttribute('aria-rowcount'))
      .toBe('6501');
    await flooded.page.context().close();
  } finally {
    await server.close();
  }
});

test('new rows do not move those under the pointer', async () => {
  const server = await startSynthetic({ attempts: 200 });
  try {
    const pointed = await browser.open(server.url);
    const row = pointed.page.locator('.grid-row').nth(4);
    await row.waitFor();
    await row.hover();
    const text = await row.innerText();
    const place = await row.boundingBox();
    server.add(30);
    await pointed.page.getByText('30 new ↑').waitFor();
    expect(await row.innerText()).toBe(text);
    expect(await row.boundingBox()).toEqual(place);
    await pointed.page.mouse.move(5, 5);
    await expect.poll(() => row.innerText()).not.toBe(text);
    await pointed.page.context().close();
  } finally {
    await server.close();
  }
});
