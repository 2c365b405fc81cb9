// What comes while nobody looks: kinds of failures that are new, and alerts. Through made-up
// attempts, since a real session raises alerts only after its first minute.
import type { Page } from 'playwright';
import { beforeEach, expect, test } from 'vitest';
import { type BrowserStage, useBrowser } from './browser.ts';
import { type SyntheticServer, startSynthetic } from './harness.ts';

const browser = useBrowser();
let server: SyntheticServer;

beforeEach(async () => {
  server = await startSynthetic({ attempts: 900 });
  return () => server.close();
});

async function open(stage: BrowserStage): Promise<Page> {
  const { page } = await stage.open(server.url);
  await page.locator('.grid-row').first().waitFor();
  return page;
}

test('a kind of failure that comes while nobody looks is counted in the rail until it is looked at', async () => {
  const page = await open(browser);
  const count = page.locator('.rail .count');
  await expect.poll(() => server.asked.get('groups') ?? 0).toBeGreaterThan(0);
  expect(await count.count()).toBe(0);
  server.addKind('out of memory', 3);
  await expect.poll(() => count.count(), { timeout: 10_000 }).toBe(1);
  expect(await count.innerText()).toBe('1');
  await page.getByRole('button', { name: 'Failures' }).click();
  const fresh = page.locator('.group.fresh');
  await expect.poll(() => fresh.innerText()).toContain('out of memory');
  expect(await count.count()).toBe(0);
  await page.getByRole('button', { name: 'Connections' }).click();
  expect(await count.count()).toBe(0);
  await page.context().close();
});

test('lines do not jump under the pointer', async () => {
  const page = await open(browser);
  await page.getByRole('button', { name: 'Failures' }).click();
  const third = page.locator('.group').nth(2);
  await third.waitFor();
  await third.hover();
  const text = (await third.innerText()).split('\n')[0];
  server.addKind('out of memory', 900);
  await page.getByText('out of memory').waitFor();
  expect((await third.innerText()).split('\n')[0]).toBe(text);
  await page.mouse.move(600, 20);
  server.add(1);
  await expect.poll(() => page.locator('.group').first().innerText()).toContain('out of memory');
  await page.context().close();
});

test('an alert rings the bell; the tray shows it, leads to its attempts, and mutes its kind', async () => {
  const page = await open(browser);
  const bell = page.getByRole('button', { name: /^Alerts/ });
  expect(await bell.getAttribute('title')).toBe('Alerts');
  server.raise();
  await expect.poll(() => bell.getAttribute('title')).toBe('Alerts: 1 new');
  await bell.click();
  await page.getByText('for the first time in this session').last().waitFor();
  await expect.poll(() => bell.getAttribute('title')).toBe('Alerts');
  await page.locator('.alert-text').click();
  await expect.poll(() => page.locator('#filter').inputValue()).toBe('verdict = refused-by-peer');
  await bell.click();
  await page.getByRole('button', { name: 'Mute: New kind of failure' }).click();
  await page.getByText('1 alert of muted kinds not shown').waitFor();
  await page.keyboard.press('Escape');
  server.raise();
  server.raise({ kind: 'ports', title: 'Local ports over 90 %', filter: null });
  await expect.poll(() => bell.getAttribute('title')).toBe('Alerts: 1 new');
  await page.reload();
  await page.locator('.grid-row').first().waitFor();
  await bell.click();
  const muted = page.getByRole('menuitemcheckbox', { name: 'New kind of failure' });
  expect(await muted.getAttribute('aria-checked')).toBe('false');
  await page.context().close();
});

test('the desktop is told only after a click asked for it, and never what is muted or in sight', async () => {
  const page = await open(browser);
  await page.context().grantPermissions(['notifications']);
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    class Recorder {
      static permission = 'default';
      static async requestPermission(): Promise<string> {
        told.push('asked');
        Recorder.permission = 'granted';
        return 'granted';
      }
      onclick: (() => void) | null = null;
      constructor(title: string) {
        told.push(title);
      }
      close(): void {}
    }
    Object.assign(window, { Notification: Recorder });
    document.hasFocus = () => Object(window)['inSight'] === true;
  });
  const told = () => page.evaluate(() => Object(window)['told'] as string[]);
  server.raise();
  await page.getByRole('button', { name: 'Alerts: 1 new' }).click();
  expect(await told()).toEqual([]);
  await page.getByRole('menuitemcheckbox', { name: 'Notify on the desktop' }).click();
  await expect.poll(told).toEqual(['asked']);
  server.raise();
  await expect.poll(told).toEqual(['asked', 'New kind of failure']);
  await page.getByRole('menuitemcheckbox', { name: 'New kind of failure' }).click();
  server.raise();
  await page.evaluate(() => Object.assign(window, { inSight: true }));
  server.raise({ kind: 'conntrack', title: 'Connection tracking over 90 %' });
  await expect.poll(() => page.locator('.alert').count()).toBe(1);
  expect(await told()).toEqual(['asked', 'New kind of failure']);
  await page.context().close();
});
