// A window with a session file in it, as a person opens one.
import type { Page } from 'playwright';

/** Opens a session file in the page and waits for its rows. */
export async function openInPage(page: Page, file: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open', exact: true }).click(),
  ]);
  await chooser.setFiles(file);
  await page.locator('.grid-row').first().waitFor();
}
