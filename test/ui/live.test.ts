// The whole way on the real kernel: capture, a connection that fails, its row, its
// lifecycle and stack, saved, opened again, the same.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Child } from '../kernel/children.ts';
import { openLab } from '../kernel/lab.ts';
import { program } from '../kernel/programs.ts';
import { whyNoKernel } from '../kernel/stage.ts';
import { useBrowser, type WatchedPage } from './browser.ts';
import { startViewer, type Viewer } from './viewer.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'synscope-live-'));
const saved = join(folder, 'saved.synscope');
// Ports that nothing else on this machine is likely to use meanwhile.
const silent = 47_321;
const refused = [47_322, 47_323, 47_324] as const;
let viewer: Viewer | null = null;
let live: WatchedPage;

beforeEach((context) => {
  const reason = whyNoKernel();
  if (reason !== null) context.skip(reason);
});

beforeAll(async () => {
  if (whyNoKernel() !== null) return;
  viewer = await startViewer();
  live = await browser.open(viewer.url);
  // Whatever else this machine connects to meanwhile does not push our rows off the screen.
  await live.page.locator('#filter').fill(`rport in (${[silent, ...refused].join(', ')})`);
  await live.page.locator('#filter').press('Enter');
});

afterAll(async () => {
  await viewer?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The row of a process, as the table shows it. */
function rowOf(page: Page, comm: string, pid: number) {
  return page.locator('.grid-row', { hasText: `${comm} ${pid}` });
}

/** What the details show, in a form that can be compared. */
async function detailsOf(page: Page): Promise<Record<string, string>> {
  const read = (selector: string): Promise<string> => page.locator(selector).innerText();
  const shown: Record<string, string> = {
    heading: await read('.details-title h2'),
    head: await read('.details-head'),
    timeline: (await page.locator('.lifecycle svg text').allTextContents()).join('|'),
  };
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    const name = (await tab.innerText()).trim();
    shown[name] = await read('#tab-content');
  }
  return shown;
}

test('a refused connection appears while it happens, and opens to its timeline and stack', async () => {
  const { page } = live;
  await page.getByText('Live', { exact: false }).first().waitFor();
  const child = new Child(program('dial'), ['127.0.0.1', String(refused[0])]);
  const row = rowOf(page, 'dial', child.pid);
  await row.waitFor();
  await expect.poll(() => row.innerText()).toContain('ECONNREFUSED');
  expect(await row.innerText()).toContain(`127.0.0.1:${refused[0]}`);
  // It fails first; why, is known when the machine has answered.
  await expect.poll(() => row.locator('.badge').innerText()).toBe('nobody listens');
  await row.click();
  await expect
    .poll(() => page.locator('.details-title h2').innerText())
    .toBe(`dial → 127.0.0.1:${refused[0]}`);
  await expect
    .poll(() => page.getByRole('region', { name: 'Verdict' }).innerText())
    .toContain(`Nothing listened on 127.0.0.1:${refused[0]}`);
  const marks = page.locator('.tick-name');
  await expect.poll(() => marks.allTextContents()).toContain('SYN');
  expect((await marks.allTextContents()).join(' ')).toMatch(/RST in|ECONNREFUSED/);
  await page.getByRole('tab', { name: 'Stack' }).click();
  await page.getByRole('button', { name: /^at connect/ }).click();
  const stack = page.getByRole('list', { name: 'Stack, innermost first' });
  await expect.poll(() => stack.innerText()).toContain('open_database');
  await stack.getByRole('button', { name: /^kernel · / }).click();
  await expect.poll(() => stack.innerText()).toContain('tcp_v4_connect');
});

test('the flame graph has the code that asked, and follows what comes', async () => {
  const { page } = live;
  await page.getByRole('button', { name: 'Stacks (flame graph)' }).click();
  const code = page.getByRole('treeitem', { name: /^open_database in dial: / });
  await code.waitFor();
  const told = async () =>
    Number(/: (\d+) attempt/.exec((await code.getAttribute('aria-label')) ?? '')?.[1]);
  const before = await told();
  await new Child(program('dial'), ['127.0.0.1', String(refused[0])]).ended;
  await expect.poll(told).toBe(before + 1);
  // Who has gone into it keeps it as it is.
  await code.click();
  await new Child(program('dial'), ['127.0.0.1', String(refused[0])]).ended;
  await page.waitForTimeout(3000);
  expect(await told()).toBe(before + 1);
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await expect.poll(told).toBe(before + 2);
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
});

test('silence given up by the caller shows its SYNs and their gaps', async () => {
  const { page } = live;
  const lab = openLab();
  try {
    lab.client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
    lab.server.input(`tcp dport ${silent} drop`);
    const child = lab.client.run('nc', ['-w', '4', lab.server.ipv4, String(silent)]);
    await page.keyboard.press('Escape');
    await page.mouse.move(5, 5);
    const row = page.locator('.grid-row', { hasText: `${lab.server.ipv4}:${silent}` });
    await row.waitFor();
    expect(await row.locator('.badge').innerText()).toBe('SYN_SENT');
    await row.click();
    await expect.poll(() => row.innerText(), { timeout: 10_000 }).toMatch(/gave up 4\.\d+ s/);
    await page.getByRole('region', { name: 'Verdict' }).waitFor();
    await expect
      .poll(() => page.locator('.tick-name').allTextContents())
      .toEqual(expect.arrayContaining(['SYN', 'SYN 1', 'SYN 2']));
    // Between the SYNs, and from the last one to the close.
    const gapLabels = page.locator('.lifecycle .gap');
    await expect.poll(() => gapLabels.count()).toBe(3);
    const gaps = (await gapLabels.allTextContents()).map(Number.parseFloat);
    expect(gaps[0]).toBeGreaterThan(0.9);
    expect(gaps[0]).toBeLessThan(1.3);
    expect(gaps[1]).toBeGreaterThan(1.8);
    expect(gaps[1]).toBeLessThan(2.5);
    // The other end is on this machine too: that its netfilter threw the SYNs away was seen.
    await page.getByRole('tab', { name: /Events/ }).click();
    await expect.poll(() => page.locator('.events').innerText()).toContain('NETFILTER_DROP');
    child.kill('SIGKILL');
  } finally {
    lab.close();
  }
});

test('saved and opened again, the session shows the same', async () => {
  const { page } = live;
  const row = page.locator('.grid-row', { hasText: `:${silent}` });
  await row.click();
  await expect.poll(() => page.locator('.details-title h2').innerText()).toContain(`:${silent}`);
  const before = await detailsOf(page);
  const cells = await row.innerText();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      await page.getByRole('button', { name: 'Save or export' }).click();
      await page.getByText('Save session…').click();
    })(),
  ]);
  await download.saveAs(saved);
  expect(download.suggestedFilename()).toMatch(/\.synscope$/);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open', exact: true }).click(),
  ]);
  await chooser.setFiles(saved);
  await page.getByTitle('Open sessions').waitFor();
  await expect.poll(() => page.locator('.what').innerText()).toContain('saved.synscope');
  await row.waitFor();
  await row.click();
  await expect.poll(() => page.locator('.details-title h2').innerText()).toContain(`:${silent}`);
  expect(await row.innerText()).toBe(cells);
  expect(await detailsOf(page)).toEqual(before);
});

test('the file closes, and the live session goes on', async () => {
  const { page } = live;
  await page.getByTitle('Open sessions').click();
  await page.getByRole('button', { name: /Close saved/ }).click();
  await expect.poll(() => page.locator('.what').innerText()).toContain('Live');
  const child = new Child(program('dial'), ['127.0.0.1', String(refused[1])]);
  await page.mouse.move(5, 5);
  await rowOf(page, 'dial', child.pid).waitFor();
});

test('pause holds the rows, resume shows what came', async () => {
  const { page } = live;
  await page.mouse.move(5, 5);
  await page.getByRole('button', { name: 'Pause' }).click();
  const child = new Child(program('dial'), ['127.0.0.1', String(refused[2])]);
  const resume = page.getByRole('button', { name: /Resume/ });
  await expect.poll(() => resume.innerText()).toMatch(/[1-9]\d* new/);
  expect(await rowOf(page, 'dial', child.pid).count()).toBe(0);
  await resume.click();
  await rowOf(page, 'dial', child.pid).waitFor();
});

test('exports what the filter selects', async () => {
  const { page } = live;
  await page.keyboard.press('/');
  await page.keyboard.type(`proc = dial and failed and rport in (${refused.join(', ')})`);
  await page.keyboard.press('Enter');
  const texts = (): Promise<string[]> => page.locator('.grid-row').allInnerTexts();
  await expect.poll(async () => (await texts()).every((text) => text.includes('dial'))).toBe(true);
  expect((await texts()).length).toBeGreaterThanOrEqual(3);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      await page.getByRole('button', { name: 'Save or export' }).click();
      await page.getByText('Export JSON Lines…').click();
    })(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.jsonl$/);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  const processes = lines.map((line) => JSON.parse(line).process.comm);
  expect(processes.length).toBeGreaterThanOrEqual(3);
  expect(new Set(processes)).toEqual(new Set(['dial']));
});

test('the top bar leads with what was seen of what the kernel counted', async () => {
  const { page } = live;
  const shown = page.locator('.top-bar .seen-of');
  const both = async () => {
    const [, seen, kernel] = /seen ([\d,]+) of ([\d,]+)/.exec(await shown.innerText()) ?? [];
    return { seen: Number(seen?.replaceAll(',', '')), kernel: Number(kernel?.replaceAll(',', '')) };
  };
  await shown.waitFor();
  const { seen } = await both();
  const calls = Array.from({ length: 5 }, () => {
    return new Child(program('dial'), ['127.0.0.1', String(refused[1])]).ended;
  });
  await Promise.all(calls);
  await expect
    .poll(async () => (await both()).seen, { timeout: 8000 })
    .toBeGreaterThanOrEqual(seen + 5);
  await expect
    .poll(async () => (await both()).kernel - (await both()).seen, { timeout: 8000 })
    .toBe(0);
  // No tick where a lab of an earlier test ended before its counters could be read, but nothing
  // may differ.
  expect(await shown.getAttribute('class')).not.toContain('amber');
  await shown.click();
  const table = page.locator('.menu .comparison table');
  await expect.poll(() => table.innerText()).toContain('ActiveOpens');
  expect(await table.innerText()).toContain('AttemptFails');
  await page.keyboard.press('Escape');
});

test('the page complained of nothing, and asked nobody else', () => {
  expect(live.complaints).toEqual([]);
});

test('a server that ends is told, and what was known stays', async () => {
  const { page } = live;
  await viewer?.stop();
  await page.getByRole('alert').getByText('out of reach').waitFor();
  expect(await page.locator('.grid-row').count()).toBeGreaterThan(0);
});
