// "Ask for its stack now": of a real program that waits in connect(2), and, with an engine of
// synthetic attempts, what the button does meanwhile and when there is nothing to be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { ApiError, AskedThread } from '../../contract/api.ts';
import { openLab } from '../kernel/lab.ts';
import { buildChain } from '../kernel/stack-programs.ts';
import { whyNoKernel } from '../kernel/stage.ts';
import { useBrowser } from './browser.ts';
import { type SyntheticOptions, startSynthetic } from './harness.ts';
import { startViewer } from './viewer.ts';

const browser = useBrowser();

const button = (page: Page) => page.getByRole('button', { name: 'Ask for its stack now' });
const stack = (page: Page) => page.getByRole('list', { name: 'Stack, innermost first' });
const asked = (page: Page) => page.getByRole('button', { name: /^asked / });

/** Opens the details of the first connection that is being made. */
async function openConnecting(page: Page): Promise<void> {
  await page.locator('.grid-row', { hasText: 'SYN_SENT' }).first().click();
  await stack(page).waitFor();
}

async function withSynthetic(
  options: Omit<SyntheticOptions, 'attempts'>,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const server = await startSynthetic({ attempts: 60, ...options });
  const { page, complaints } = await browser.open(server.url);
  try {
    await look(page);
    expect(complaints).toEqual([]);
  } finally {
    await page.context().close();
    await server.close();
  }
}

test('by keyboard: it says that it asks, keeps the focus, and shows what the thread told', async () => {
  let answer: (told: { result: AskedThread }) => void = () => {};
  const askThread = () =>
    new Promise<{ result: AskedThread }>((resolve) => {
      answer = resolve;
    });
  await withSynthetic({ askThread }, async (page) => {
    await openConnecting(page);
    await button(page).focus();
    await page.keyboard.press('Enter');
    const busy = page.getByRole('button', { name: 'Asking…' });
    await busy.waitFor();
    expect(await busy.getAttribute('aria-disabled')).toBe('true');
    expect(await busy.evaluate((element) => element === document.activeElement)).toBe(true);
    answer({ result: { event: 57 } });
    await asked(page).waitFor();
    expect(await asked(page).getAttribute('aria-pressed')).toBe('true');
    const text = await stack(page).innerText();
    expect(text).toContain('asked at +12.3 s; thread 1234 was in connect');
    expect(text).toContain('pqConnectDBStart');
    await page.getByRole('button', { name: /^at connect/ }).click();
    await expect.poll(() => stack(page).innerText()).not.toContain('thread 1234');
  });
});

test('a refusal is told beside the button, until it is asked again', async () => {
  const error: ApiError = {
    code: 'no-thread',
    sentence: 'Thread 1234 of psql (1234) has ended.',
    fix: null,
  };
  const answers: ({ result: AskedThread } | { error: ApiError })[] = [
    { error },
    { result: { event: 58 } },
  ];
  const askThread = async () => answers.shift() ?? { error };
  await withSynthetic({ askThread }, async (page) => {
    await openConnecting(page);
    await button(page).click();
    const problem = page.locator('.ask-thread [role="alert"]');
    await problem.waitFor();
    expect((await problem.innerText()).trim()).toBe(error.sentence);
    await button(page).click();
    await asked(page).waitFor();
    expect(await problem.count()).toBe(0);
  });
});

test('only a connection that is being made now has the button', async () => {
  await withSynthetic({}, async (page) => {
    await page.locator('.grid-row', { hasText: 'ECONNREFUSED' }).first().click();
    await stack(page).waitFor();
    expect(await button(page).count()).toBe(0);
  });
  await withSynthetic({ kind: 'file' }, async (page) => {
    await openConnecting(page);
    expect(await button(page).count()).toBe(0);
  });
});

test('a program that waits in connect(2) shows where, and goes on', async (context) => {
  const reason = whyNoKernel();
  if (reason !== null) context.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), 'synscope-ask-'));
  const lab = openLab();
  lab.server.input('tcp dport 5301 drop');
  const chain = buildChain(folder);
  // Older than the capture: nothing else could tell who asked for it.
  const child = lab.client.run(chain, ['thread', lab.server.ipv4, '5301']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const viewer = await startViewer();
  const { page, complaints } = await browser.open(viewer.url);
  try {
    await page.locator('#filter').fill('rport = 5301');
    await page.locator('#filter').press('Enter');
    await openConnecting(page);
    expect(await stack(page).innerText()).toContain('older than the capture');
    await button(page).click();
    await asked(page).waitFor();
    await expect.poll(() => stack(page).innerText()).toContain('start_work');
    const text = await stack(page).innerText();
    expect(text).toMatch(/asked at \+[\d.]+ m?s; thread \d+ was in connect/);
    expect(text).toContain('system call connect(2)');
    expect(text).toContain('thread_main');
    await expect.poll(() => page.locator('.tick-name').allTextContents()).toContain('asked');
    lab.server.pass();
    expect((await child.ended).code).toBe(111);
    await expect.poll(() => button(page).count()).toBe(0);
    expect(await stack(page).innerText()).toContain('thread_main');
    expect(complaints).toEqual([]);
  } finally {
    await page.context().close();
    await viewer.stop();
    lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
