// The stack view with a real session behind it: the column, what folds, what each frame
// says and does, by pointer and by keys.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useBrowser, type WatchedPage } from './browser.ts';
import { startSynthetic } from './harness.ts';
import { openInPage } from './open-file.ts';
import { buildStacks, TEMPLATE } from './stack-session.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-stacks-'));
const file = join(folder, 'stacks.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;
let stack: Locator;

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
  stack = page.getByRole('list', { name: 'Stack, innermost first' });
  await page.locator('.grid-row').first().waitFor();
  return async () => {
    expect(watched.complaints).toEqual([]);
    await page.context().close();
  };
});

/** Shows the oldest attempt of a process. */
async function look(process: string): Promise<void> {
  await page.locator('.grid-row', { hasText: process }).last().click();
  await expect.poll(() => page.locator('.details-title h2').innerText()).toContain(process);
}

/** The lines of the stack, each as its words. */
async function lines(): Promise<string[]> {
  const texts = await stack.locator('> li').allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
}

test('one column: the kernel, the system call, the program; libraries are folded', async () => {
  await look('psql');
  await expect
    .poll(lines)
    .toEqual([
      '▸ kernel · 4 frames tcp_v4_connect … __x64_sys_connect',
      'system call connect(2)',
      'user · unwound by CFI · 10 frames',
      '0 __connect libc.so.6 cfi',
      '▸ libpq.so.5 · 4 frames pqConnectDBStart … PQconnectdbParams',
      '5 do_connect psql cfi',
      '6 main psql cfi',
      expect.stringMatching(/^▸ libc\.so\.6 · 2 frames/),
      '9 _start psql cfi',
    ]);
  const legend = page.locator('.stack-legend');
  expect(await legend.innerText()).toContain('unwind tables');
});

test('what was opened is open for every attempt, also after a reload', async () => {
  await look('psql');
  await stack.getByRole('button', { name: /^▸ libpq|libpq\.so\.5 · 4/ }).click();
  await expect.poll(lines).toContain('2 PQconnectPoll libpq.so.5 cfi');
  await page.reload();
  await look('psql');
  await expect.poll(lines).toContain('2 PQconnectPoll libpq.so.5 cfi');
  await stack.getByRole('button', { name: /libpq\.so\.5 · 4/ }).click();
  await expect.poll(lines).not.toContain('2 PQconnectPoll libpq.so.5 cfi');
});

test('a failure by a packet shows the stack of the connect, and says so', async () => {
  await look('psql');
  await page.getByRole('button', { name: /^at failure/ }).click();
  const shown = (await lines()).slice(0, 4);
  expect(shown[0]).toContain('tcp_reset … tcp_v4_rcv');
  expect(shown[1]).toContain('closed by a packet in softirq');
  expect(shown[2]).toBe('the stack taken at connect');
  expect(shown[3]).toContain('10 frames');
  await page.getByRole('button', { name: /^at connect/ }).click();
  expect((await lines())[1]).toBe('system call connect(2)');
});

test('keys go from line to line, open a frame, and copy the stack', async () => {
  await look('psql');
  await stack.getByRole('button').first().focus();
  for (let nth = 0; nth < 3; nth++) await page.keyboard.press('ArrowDown');
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  expect(await focused()).toContain('do_connect');
  await page.keyboard.press('Enter');
  const facts = page.locator('.frame-facts');
  expect(await facts.innerText()).toContain('/usr/bin/psql');
  expect(await facts.innerText()).toMatch(/Build-id\s+0{30,}/);
  await page.keyboard.press('Escape');
  expect(await facts.count()).toBe(0);
  expect(await page.locator('.details-title h2').count()).toBe(1);
  await page.keyboard.press('c');
  await page.getByText('Copied the stack.').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain('#0  tcp_v4_connect+0x1e (vmlinux)');
  expect(text).toContain('--- system call connect(2) ---');
  expect(text).toContain('#1  pqConnectDBStart (libpq.so.5+0x9000)');
  await page.keyboard.press('End');
  expect(await focused()).toContain('_start');
});

test('all attempts through a frame', async () => {
  await look('psql');
  await stack.getByRole('button', { name: /do_connect/ }).click();
  await page.getByRole('button', { name: 'Show all attempts through this frame' }).click();
  await expect
    .poll(() => page.getByLabel('Filter').first().inputValue())
    .toBe('frame = do_connect');
  await expect.poll(() => page.locator('.grid-row').count()).toBe(4);
});

test('names without end or with signs in them stay in their line, and are whole when opened', async () => {
  await look('odd');
  await expect.poll(async () => (await lines()).join('\n')).toContain('net::pool<…>::connect(…)');
  const all = (await lines()).join('\n');
  expect(all).toContain('<img src=x');
  expect(all).toContain('\\u202e\\x1b[31m');
  for (const mark of ['cfi', 'jit', 'fp', 'guess', 'none'])
    expect(all).toMatch(new RegExp(`${mark}$`, 'm'));
  expect(all).toContain('process gone before its mappings were read');
  await stack.getByRole('button', { name: /net::pool/ }).click();
  expect(await page.locator('.frame-facts dd').first().innerText()).toBe(TEMPLATE);
  await page.getByRole('button', { name: 'Show all attempts through this frame' }).click();
  await expect.poll(() => page.locator('.grid-row').count()).toBe(1);
  const state = await page.evaluate(() => ({
    ran: 'ran' in window,
    pane:
      (document.getElementById('details')?.scrollWidth ?? 0) -
      (document.getElementById('details')?.clientWidth ?? 0),
  }));
  expect(state).toEqual({ ran: false, pane: 0 });
});

test('an escaped name is found by what is shown of it', async () => {
  await look('odd');
  await stack.getByRole('button', { name: /<img src=x/ }).click();
  await page.getByRole('button', { name: 'Show all attempts through this frame' }).click();
  await expect.poll(() => page.locator('.grid-row').count()).toBe(1);
  expect(await page.locator('.grid-row').innerText()).toContain('odd');
});

test('200 frames are all there', async () => {
  await look('deep');
  await expect.poll(async () => (await lines()).length).toBe(203);
  await stack.getByRole('button', { name: /^199/ }).scrollIntoViewIfNeeded();
  expect(await stack.getByRole('button', { name: /^199/ }).innerText()).toContain('main');
});

test('no stack: why', async () => {
  await look('bare');
  await page.getByText('No stack was taken here:').waitFor();
  expect(await lines()).toEqual(['left out: too many connections at that moment']);
  await look('waiting');
  await expect.poll(async () => (await lines()).join('\n')).toContain('names are being looked up');
  await page.locator('.grid-row', { hasText: 'earlier' }).click();
  await expect.poll(async () => (await lines()).join('\n')).toContain('older than the capture');
  await page.locator('.grid-row', { hasText: 'accepted' }).click();
  await expect.poll(async () => (await lines()).join('\n')).toContain('softirq');
});

test('with the details open, every column and every tab has its place', async () => {
  await look('psql');
  const cut = await page.evaluate(() => {
    const grid = document.getElementById('rows');
    const tabs = [...document.querySelectorAll('.tab')].map(
      (tab) => tab.getBoundingClientRect().top,
    );
    return {
      hidden: (grid?.scrollWidth ?? 0) - (grid?.clientWidth ?? 0),
      rowsOfTabs: new Set(tabs).size,
      tabs: tabs.length,
    };
  });
  expect(cut).toEqual({ hidden: 0, rowsOfTabs: 1, tabs: 4 });
  expect(await page.getByRole('columnheader', { name: /Local/ }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: /Local/ }).waitFor();
});

test('source lines, inlined functions and hints are shown where the engine tells them', async () => {
  const server = await startSynthetic({ attempts: 20, kind: 'file' });
  const other = await browser.open(server.url);
  try {
    await other.page.locator('.grid-row').first().click();
    const shown = other.page.getByRole('list', { name: 'Stack, innermost first' });
    await expect.poll(() => shown.innerText()).toContain('command.c:3461');
    const text = await shown.innerText();
    expect(text).toContain('inlined');
    expect(text).toContain('start node with --perf-basic-prof');
    expect(other.complaints).toEqual([]);
  } finally {
    await other.page.context().close();
    await server.close();
  }
});
