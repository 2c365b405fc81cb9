// Opening a session of 1,000,000 events: from the command to its first rows painted, and
// from the choice of the file in a window that is open already.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fillSession, SessionBuilder } from '../test/fixtures/session-builder.ts';
import { openBrowser, whyNoBrowser } from './browser.ts';
import { firstRowsAt } from './page-clock.ts';
import type { Bench, Circumstances, Result } from './report.ts';
import { median } from './statistics.ts';
import { startViewer } from './viewer.ts';

const ATTEMPTS = 100_000;
const EVENTS_EACH = 10;
const MOST_MS = 2000;
const COLUMNS = [
  { key: 'what', label: 'step' },
  { key: 'median', label: 'median, ms' },
  { key: 'fastest', label: 'fastest' },
  { key: 'slowest', label: 'slowest' },
];

interface Opening {
  readonly addressMs: number;
  readonly paintedMs: number;
}

/** `synscope open FILE`, its page in a browser that runs already. */
async function byCommand(folder: string, file: string): Promise<Opening> {
  const browser = await openBrowser('about:blank');
  const began = Date.now();
  const viewer = await startViewer(folder, 'open', file);
  try {
    await browser.page.goto(viewer.url, { waitUntil: 'commit' });
    const painted = await firstRowsAt(browser.page);
    return { addressMs: viewer.startedInMs, paintedMs: painted - began };
  } finally {
    await browser.close();
    await viewer.stop();
  }
}

/** The file chosen in an open window; the browser hands it over through HTTP. */
async function inWindow(folder: string, file: string): Promise<number> {
  const viewer = await startViewer(folder, 'serve', '--no-capture');
  const browser = await openBrowser(viewer.url);
  const { page } = browser;
  try {
    const chosen = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    const chooser = await chosen;
    const began = Date.now();
    await chooser.setFiles(file);
    return (await firstRowsAt(page)) - began;
  } finally {
    await browser.close();
    await viewer.stop();
  }
}

function rowOf(what: string, times: readonly number[]) {
  return { what, median: median(times), fastest: Math.min(...times), slowest: Math.max(...times) };
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const missing = whyNoBrowser();
  if (missing !== null) return { tables: [], budgets: [], notes: [missing] };
  const file = join(folder, 'million.synscope');
  const builder = new SessionBuilder(file);
  fillSession(builder, ATTEMPTS, EVENTS_EACH);
  builder.close();
  const opened: Opening[] = [];
  const chosen: number[] = [];
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    opened.push(await byCommand(folder, file));
    chosen.push(await inWindow(folder, file));
  }
  const painted = opened.map((one) => one.paintedMs);
  const rows = [
    rowOf(
      'command → address printed',
      opened.map((one) => one.addressMs),
    ),
    rowOf('command → first rows painted', painted),
    rowOf('file chosen in a window → first rows painted', chosen),
  ];
  const budget = (what: string, ms: number) => ({
    what,
    limit: `≤ ${MOST_MS} ms to first paint`,
    measured: `${ms.toFixed(0)} ms`,
    met: ms <= MOST_MS,
  });
  const megabytes = Math.round(statSync(file).size / 1e6);
  const title = `${ATTEMPTS} attempts, ${ATTEMPTS * EVENTS_EACH} events, ${megabytes} MB; the file is in the page cache`;
  return {
    tables: [{ title, columns: COLUMNS, rows }],
    budgets: [
      budget('open 1,000,000 events by command', median(painted)),
      budget('open 1,000,000 events in a window', median(chosen)),
    ],
    notes: [],
  };
}

export const open: Bench = { name: 'open', title: 'opening a session of 1,000,000 events', run };
