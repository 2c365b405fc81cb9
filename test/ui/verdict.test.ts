// Why attempts failed, as the window shows it: the verdict with its proofs, and the failures
// in groups. A session file through the real engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SessionBuilder } from '../fixtures/session-builder.ts';
import { useBrowser, type WatchedPage } from './browser.ts';
import { startViewer, type Viewer } from './viewer.ts';

const MS = 1_000_000;
const SECOND = 1_000 * MS;
const LISTENER = { about: 'listener', listeners: 0, pid: null, comm: null };
const browser = useBrowser();

/** Adds a refused attempt with its verdict and the context that proves it. */
function addRefused(builder: SessionBuilder, process: number, startedNs: number, port: number) {
  const group = port;
  const attempt = builder.refused({
    process_id: process,
    owner_source: 'connect',
    remote_address: '127.0.0.1',
    remote_port: port,
    started_ns: startedNs,
    verdict: 'refused-no-listener',
    confidence: 'certain',
    failure_group: group,
  });
  const context = builder.event(attempt, startedNs / MS + 0.2, 'context', {
    detail: JSON.stringify(LISTENER),
  });
  const reset = builder.database
    .prepare("SELECT id FROM event WHERE attempt_id = ? AND kind = 'reset-received'")
    .get(attempt);
  const finding = { params: {}, events: { reset: reset?.['id'], listener: context } };
  builder.database
    .prepare('UPDATE attempt SET finding = ? WHERE id = ?')
    .run(JSON.stringify(finding), attempt);
  return attempt;
}

/** Two kinds of failures, of curl three times to :9 and of psql once to :5432, and one that went well. */
function buildSession(path: string): void {
  const builder = new SessionBuilder(path);
  const curl = builder.process('curl', { pid: 501 });
  const psql = builder.process('psql', { pid: 502 });
  for (const port of [9, 5432]) {
    builder.insert('failure_group', {
      id: port,
      verdict: 'refused-no-listener',
      error: 'ECONNREFUSED',
      direction: 'outgoing',
      address: '127.0.0.1',
      port,
      fingerprint: null,
      stack: port === 9 ? 'dial_backend ← main (curl)' : null,
      first_ns: SECOND,
    });
  }
  builder.attempt({ process_id: psql, started_ns: 500 * MS, established_ns: 501 * MS });
  for (const second of [1, 2, 3]) addRefused(builder, curl, second * SECOND, 9);
  addRefused(builder, psql, 4 * SECOND, 5432);
  builder.close();
}

async function openFile(page: Page, path: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open', exact: true }).click(),
  ]);
  await chooser.setFiles(path);
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}

function clipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

const folder = mkdtempSync(join(tmpdir(), 'synscope-verdict-'));
const file = join(folder, 'refused.synscope');
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  buildSession(file);
  viewer = await startViewer('--no-capture');
  const first = await browser.open(viewer.url);
  await openFile(first.page, file);
  await first.page.locator('.grid-row').first().waitFor();
  await first.page.context().close();
});

afterAll(async () => {
  await viewer.stop();
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

const rows = () => page.locator('.grid-row').allInnerTexts();
const verdict = () => page.getByRole('region', { name: 'Verdict' });

async function select(text: string): Promise<void> {
  await page.locator('.grid-row', { hasText: text }).first().click();
  await verdict().waitFor();
}

test('the cell says the verdict, and how sure on hover; the order goes by it', async () => {
  const cell = page.locator('.grid-row', { hasText: 'curl' }).first().locator('.grid-cell').first();
  expect(await cell.innerText()).toBe('nobody listens');
  expect(await cell.getAttribute('title')).toMatch(/^nobody listens\. Certain: /);
  await page.getByRole('columnheader', { name: /State/ }).click();
  await expect.poll(async () => (await rows())[0]).toContain('nobody listens');
  await page.getByRole('columnheader', { name: /State/ }).click();
  await expect.poll(async () => (await rows())[0]).toContain('ESTABLISHED');
});

test('the cause is said once, with how sure and what to check', async () => {
  await select('psql');
  const text = await verdict().innerText();
  expect(text).toContain('Nothing listened on 127.0.0.1:5432');
  expect(text).toContain('Certain');
  expect(text).toContain("ss -ltnp 'sport = :5432'");
  // Without a verdict the details would say it in their own words.
  expect(await page.locator('.details-head').innerText()).not.toContain('refused after');
});

test('a chip leads to its event, in the list and on the timeline', async () => {
  await select('psql');
  await verdict()
    .getByRole('button', { name: /^RST in/ })
    .click();
  const marked = page.locator('.event[aria-pressed="true"]');
  await expect.poll(() => marked.innerText()).toContain('RST received');
  expect(await page.locator('.tick.marked').count()).toBe(1);
  await verdict().getByRole('button', { name: 'looked up' }).click();
  await expect.poll(() => marked.innerText()).toContain('Nobody listened');
  // Context has no tick of its own; chosen, it has.
  await expect
    .poll(() => page.locator('.tick.marked .tick-name').allTextContents())
    .toEqual(['looked up']);
  await expect
    .poll(() =>
      marked.evaluate((line) => {
        const pane = document.getElementById('details')?.getBoundingClientRect();
        const at = line.getBoundingClientRect();
        return pane !== undefined && at.top >= pane.top && at.bottom <= pane.bottom + 1;
      }),
    )
    .toBe(true);
});

test('chips, command and copy are reached by keyboard alone', async () => {
  await page.keyboard.press(']');
  await verdict().waitFor();
  await page.keyboard.press('Enter');
  const passed: string[] = [];
  for (let at = 0; at < 12 && !passed.includes('looked up'); at++) {
    await page.keyboard.press('Tab');
    passed.push(await focused(page));
  }
  expect(passed).toContain('looked up');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('.event[aria-pressed="true"]').count()).toBe(1);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => clipboard(page)).toBe("ss -ltnp 'sport = :5432'");
});

test('the verdict copies as text, with its proofs', async () => {
  await select('psql');
  await page.getByRole('button', { name: 'Copy the verdict as text' }).click();
  await expect.poll(() => clipboard(page)).toContain('Nothing listened on 127.0.0.1:5432');
  expect(await clipboard(page)).toMatch(
    /- the SYN was answered by a RST \(\+0\.15 ms: RST received/,
  );
  await page.getByRole('button', { name: 'Copy', exact: true }).last().click();
  await page.getByRole('button', { name: 'Verdict', exact: true }).click();
  await expect.poll(() => clipboard(page)).toContain('refused-no-listener');
});

test('“Show alike” selects what has the same verdict', async () => {
  await select('psql');
  await page.getByRole('button', { name: 'Show alike' }).click();
  await expect
    .poll(() => page.locator('#filter').inputValue())
    .toBe('verdict = refused-no-listener');
  await expect.poll(async () => (await rows()).length).toBe(4);
});

test('failures stand in groups; one that is clicked shows its attempts, and back again all', async () => {
  await page.getByRole('button', { name: 'Failures' }).click();
  const groups = page.locator('.group');
  await expect.poll(() => groups.count()).toBe(2);
  const first = await groups.first().innerText();
  for (const part of ['nobody listens', 'ECONNREFUSED', '127.0.0.1:9', 'curl', 'dial_backend', '3'])
    expect(first).toContain(part);
  await groups.first().click();
  await expect.poll(async () => (await rows()).length).toBe(3);
  expect((await rows()).every((row) => row.includes('curl'))).toBe(true);
  expect(await page.locator('.opened-group').innerText()).toContain(
    'nobody listens · ECONNREFUSED · 127.0.0.1:9 · curl',
  );
  await page.locator('.opened-group button').first().click();
  await expect.poll(() => groups.count()).toBe(2);
  expect(await page.locator('#filter').inputValue()).toBe('');
});

test('groups by keyboard: arrows choose, c copies, Enter shows the attempts', async () => {
  await page.getByRole('button', { name: 'Failures' }).click();
  await page.locator('.group').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const chosen = page.locator('.group[aria-selected="true"]');
  expect(await chosen.innerText()).toContain('psql');
  await page.keyboard.press('c');
  await expect.poll(() => clipboard(page)).toContain('127.0.0.1:5432');
  expect(await clipboard(page)).toContain('1 failure, first ');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await rows()).length).toBe(1);
  expect((await rows())[0]).toContain('psql');
});

test('no group is selected: says why, and gives all of them back', async () => {
  await page.locator('#filter').fill('proc = nobody');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('button', { name: 'Failures' }).click();
  await page.getByText('No failure is selected').waitFor();
  await page.getByRole('button', { name: 'Show the whole session' }).click();
  await expect.poll(() => page.locator('.group').count()).toBe(2);
});
