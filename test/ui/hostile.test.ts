// A session file that somebody made to do harm, in the window: its texts are text, nothing
// of it runs, and nothing leaves its place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SessionBuilder } from '../fixtures/session-builder.ts';
import { useBrowser, type WatchedPage } from './browser.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-hostile-'));
const file = join(folder, 'hostile.synscope');
const MARKUP = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';
const TURNED = 'a\u202egpj.exe\u2066\u061c';
const CONTROLS = '\u001b[31mred\u0007\u009b2J\u0000';
const LONG = 'w'.repeat(200);
let viewer: Viewer;
let watched: WatchedPage;
let page: Page;

/** A kind of failure and an alert about it. */
function addKind(builder: SessionBuilder, text: string): number {
  const about = { kind: text, title: text, text, filter: text };
  builder.insert('alert', { time_ns: 1, ...about });
  const texts = { verdict: text, error: text, direction: text, address: text, stack: text };
  return builder.insert('failure_group', {
    id: text.length,
    port: 9e15,
    first_ns: -5e15,
    ...texts,
  });
}

function build(): void {
  const builder = new SessionBuilder(file, { host: MARKUP, kernel: TURNED });
  builder.insert('note', { time_ns: 1, text: MARKUP });
  for (const comm of [MARKUP, TURNED, CONTROLS, LONG]) {
    const process_id = builder.process(comm, {
      exe: `/${comm}`,
      cmdline: JSON.stringify([comm, 'x'.repeat(20_000), MARKUP]),
      user: comm,
      unit: comm,
      cgroup: comm,
    });
    const failure_group = addKind(builder, comm);
    const judged = { verdict: comm, confidence: comm, finding: comm, failure_group };
    const attempt = builder.refused({
      process_id,
      error: comm.slice(0, 60),
      thread_comm: comm,
      ...judged,
    });
    const stack = builder.stack('user', [
      { name: comm, module: comm },
      { name: null, module: 'w'.repeat(4000), problem: MARKUP },
    ]);
    for (const kind of ['drop', 'icmp', 'call', 'context', comm]) {
      const detail = { reason: comm, flags: comm, from: comm, call: comm, about: comm };
      builder.event(attempt, 2000, kind, { detail: JSON.stringify(detail) });
    }
    builder.event(attempt, 3000, 'error', { detail: JSON.stringify({ softError: comm }) });
    builder.database
      .prepare('UPDATE event SET user_stack_id = ? WHERE attempt_id = ?')
      .run(stack, attempt);
  }
  const finding = { params: { text: MARKUP }, events: { reset: MARKUP, listener: 9e15 } };
  builder.refused({
    verdict: 'refused-no-listener',
    confidence: '__proto__',
    finding: JSON.stringify(finding),
    failure_group: 9e14,
  });
  const odd = { outcome: 'constructor', direction: '__proto__', state: 'TOTALLY_NEW' };
  builder.attempt({ ...odd, owner_source: 'toString', started_ns: -5e15, remote_address: LONG });
  builder.attempt({
    ...odd,
    started_ns: 8e15,
    ended_ns: 9e15,
    retransmits: 9e15,
    bytes_sent: 9e15,
  });
  builder.database.exec("UPDATE frame SET quality = '__proto__'");
  builder.close();
}

beforeAll(async () => {
  build();
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
  await viewer?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function expectHarmless(): Promise<void> {
  const state = await page.evaluate(() => ({
    ran: 'ran' in window,
    strangers: document.querySelectorAll('img[onerror], body script').length,
    tooWide: document.documentElement.scrollWidth > window.innerWidth,
    tooHigh: document.documentElement.scrollHeight > window.innerHeight,
    text: document.body.innerText,
  }));
  expect(state).toMatchObject({ ran: false, tooWide: false, tooHigh: false, strangers: 0 });
  // biome-ignore format: one range each
  expect(state.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069]/);
  expect(watched.complaints).toEqual([]);
}

test('every row is there, with its text as text', async () => {
  await expect.poll(() => page.locator('.grid-row').count()).toBe(7);
  const rows = (await page.locator('.grid-row').allInnerTexts()).join('\n');
  expect(rows).toContain('<img src=x');
  expect(rows).toContain('a\\u202egpj.exe\\u2066\\u061c');
  expect(rows).toContain('\\x1b[31mred\\x07\\x9b2J');
  await expectHarmless();
});

test('the details of each show its texts, and stay in their place', async () => {
  for (let row = 0; row < 7; row++) {
    await page.locator('.grid-row').nth(row).click();
    await page.waitForTimeout(150);
    await expectHarmless();
  }
});

test('the other panels too', async () => {
  for (const panel of await page.locator('.rail button').all()) {
    await panel.click();
    await page.waitForTimeout(150);
    await expectHarmless();
  }
});

test('failure groups and alerts say theirs as text', async () => {
  // The last button of the rail shows the list of keys.
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Failures' }).click();
  await expect.poll(() => page.locator('.group').count()).toBeGreaterThanOrEqual(4);
  expect(await page.locator('.groups').innerText()).toContain('<img src=x');
  await page.getByRole('button', { name: 'Alerts' }).click();
  await page.locator('.tray').waitFor();
  await expectHarmless();
});
