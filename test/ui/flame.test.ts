// The flame graph with a real session behind it: it zooms, searches, goes back and leads to
// attempts, by pointer and by keys; what it leaves out is said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useBrowser, type WatchedPage } from './browser.ts';
import { openInPage } from './open-file.ts';
import { buildStacks } from './stack-session.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-flame-'));
const file = join(folder, 'stacks.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  buildStacks(file);
  viewer = await startViewer('--no-capture');
  watched = await browser.open(viewer.url);
  await openInPage(watched.page, file);
  await watched.page.context().close();
});

afterAll(async () => {
  await viewer?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  watched = await browser.open(viewer.url);
  page = watched.page;
  await page.locator('.grid-row').first().waitFor();
  return async () => {
    expect(watched.complaints).toEqual([]);
    await page.context().close();
  };
});

async function openFlame(): Promise<void> {
  await page.getByRole('button', { name: 'Stacks (flame graph)' }).click();
  await page.getByRole('treeitem').first().waitFor();
}

const frame = (name: string | RegExp) => page.getByRole('treeitem', { name });
const filter = () => page.getByLabel('Filter').first().inputValue();

/** Share of the graph's width that a frame has. */
async function shareOf(name: string): Promise<number> {
  const [own, all] = await Promise.all(
    [frame(name), page.getByRole('treeitem').first()].map((each) => each.first().boundingBox()),
  );
  return (own?.width ?? 0) / (all?.width ?? 1);
}

test('opens from the overview; each function is as wide as its attempts', async () => {
  await page.getByRole('button', { name: 'Overview' }).click();
  await page.getByRole('button', { name: /^Flame graph: / }).click();
  await frame(/^psql: 6 attempts \(75 %\), 6 failed/).waitFor();
  await frame('do_connect in psql: 4 attempts (50 %), 4 failed').waitFor();
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(2 / 8, 1);
  const said = await page.locator('.flame-sum').innerText();
  expect(said).toContain('8 of 12 attempts');
  for (const reason of [
    '1 accepted',
    '1 older',
    '1 without a stack',
    '1 with a stack that waits',
  ]) {
    expect(said).toContain(reason);
  }
  expect(await page.locator('.flame-legend').innerText()).toContain('libpq.so.5');
});

test('a click zooms, Esc goes back step by step, then to the overview', async () => {
  await openFlame();
  await frame('main in psql').click();
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(2 / 6, 1);
  await frame('probe in psql').click();
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(1, 1);
  await page.keyboard.press('Escape');
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(2 / 6, 1);
  await page.keyboard.press('Escape');
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(2 / 8, 1);
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Overview' }).waitFor();
});

test('a search marks what it finds and counts the attempts', async () => {
  await openFlame();
  await page.getByLabel('Search functions and libraries').fill('LIBPQ');
  await expect.poll(() => page.locator('#flame-tree .found').count()).toBe(4);
  expect(await page.getByRole('status').last().innerText()).toBe('4 of 8 attempts (50 %)');
  await page.getByLabel('Search functions and libraries').fill('no such function (');
  await expect.poll(() => page.locator('#flame-tree .found').count()).toBe(0);
  await page.keyboard.press('Escape');
  expect(await page.getByLabel('Search functions and libraries').inputValue()).toBe('');
});

test('keys alone: to a function, into it, and to its attempts', async () => {
  await openFlame();
  await page.locator('#flame-tree').focus();
  for (const key of [
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
  ]) {
    await page.keyboard.press(key);
  }
  const chosen = page.locator('.flame-focus');
  await expect.poll(() => chosen.innerText()).toContain('do_connect');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => chosen.innerText()).toContain('probe');
  const active = await page.locator('#flame-tree').getAttribute('aria-activedescendant');
  expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('Enter');
  await expect.poll(() => shareOf('probe in psql')).toBeCloseTo(1, 1);
  await page.keyboard.press('f');
  await expect.poll(filter).toBe('frame = probe');
  await expect.poll(() => page.locator('.grid-row').count()).toBe(2);
});

test('a tip says how many; the filter and “Failures” choose what is drawn', async () => {
  await openFlame();
  await frame('do_connect in psql').hover();
  await expect.poll(() => page.locator('.flame-tip').innerText()).toContain('4 attempts (50 %)');
  await page.locator('#filter').fill('proc = deep');
  await frame('step_198 in deep').waitFor();
  await expect.poll(() => frame('do_connect in psql').count()).toBe(0);
  await page.locator('#filter').fill('proc = server');
  await page.getByRole('heading', { name: 'No stack to draw' }).waitFor();
  expect(await page.locator('.flame-reasons').innerText()).toContain('a packet opened them');
  await page.locator('#filter').fill('proc = nobody');
  await page.locator('.empty').waitFor();
  await page.locator('#filter').fill('');
  await frame(/^psql:/).waitFor();
  await page.getByRole('button', { name: 'Failures', exact: true }).last().click();
  await expect.poll(() => page.locator('.flame-sum').innerText()).toContain('8 of 10 failures');
});

test('opens from a failure group, and leads back to it', async () => {
  await page.getByRole('button', { name: 'Failures' }).click();
  await page.locator('.group').first().hover();
  await page.getByRole('button', { name: 'Flame graph of its stacks' }).first().click();
  await frame(/^psql: 6 attempts \(100 %\)/).waitFor();
  expect(await filter()).toMatch(/^group = [0-9a-f]{13}$/);
  await page.getByRole('button', { name: 'Colour by failures' }).click();
  await page.locator('#flame-tree').focus();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.group').count()).toBe(1);
  expect(await filter()).toBe('');
});

test('hostile and endless names are text, and nothing leaves its place', async () => {
  await openFlame();
  await frame('<img src=x').first().waitFor();
  await frame('net::pool<…>::connect(…)').click();
  const state = await page.evaluate(() => ({
    ran: 'ran' in window,
    strangers: document.querySelectorAll('img[onerror], body script').length,
    tooWide: document.documentElement.scrollWidth > window.innerWidth,
    tooHigh: document.documentElement.scrollHeight > window.innerHeight,
    text: document.body.innerText,
  }));
  expect(state).toMatchObject({ ran: false, strangers: 0, tooWide: false, tooHigh: false });
  // biome-ignore format: one range each
  expect(state.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069]/);
});
