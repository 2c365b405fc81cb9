// From connect() in some program to its row on the screen: the real kernel, `serve`, and a
// page in Chromium; quiet, and while other connections are made that the filter hides.
import type { Page } from 'playwright';
import { type Child, pause } from '../test/kernel/children.ts';
import { type Lab, openLab } from '../test/kernel/lab.ts';
import { type BrowserWindow, openBrowser, whyNoBrowser } from './browser.ts';
import { benchProgram } from './programs.ts';
import type { Bench, Budget, Circumstances, Result, Row } from './report.ts';
import { percentile } from './statistics.ts';
import { startViewer } from './viewer.ts';

const FIRST_PORT = 20_000;
const MOST_MS = 250;
const BUSY_RATE = 1000;
const COLUMNS = [
  { key: 'when', label: 'meanwhile' },
  { key: 'knocks', label: 'connects' },
  { key: 'p50', label: 'p50, ms' },
  { key: 'p90', label: 'p90' },
  { key: 'p99', label: 'p99' },
  { key: 'worst', label: 'slowest' },
];

declare global {
  interface Window {
    /** Port → wall clock in ms when its row had been painted. */
    painted: Map<number, number>;
  }
}

/** Has the page note when each row is painted for the first time. */
async function watchRows(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.painted = new Map();
    const known = new Set<number>();
    const look = () => {
      const fresh: number[] = [];
      for (const row of document.querySelectorAll('.grid-row')) {
        const port = Number(/127\.0\.0\.1:(2\d{4})/.exec(row.textContent ?? '')?.[1]);
        if (Number.isNaN(port) || known.has(port)) continue;
        known.add(port);
        fresh.push(port);
      }
      if (fresh.length === 0) return;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          const now = Date.now();
          for (const port of fresh) window.painted.set(port, now);
        };
        port2.postMessage(null);
      });
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
}

/** Connects at irregular moments, and gives each port with its time. */
async function knock(lab: Lab, first: number, count: number): Promise<Map<number, number>> {
  const child = lab.client.run(benchProgram('knock'), []);
  for (let port = first; port < first + count; port++) {
    child.process.stdin?.write(`${port}\n`);
    // No rhythm of Synscope's may fit these gaps.
    await pause(60 + ((port * 37) % 113));
  }
  child.process.stdin?.end();
  const { stdout } = await child.ended;
  const lines = stdout.trim().split('\n');
  return new Map(lines.map((line) => line.split(' ').map(Number) as [number, number]));
}

async function measure(page: Page, lab: Lab, first: number, count: number): Promise<number[]> {
  const asked = await knock(lab, first, count);
  await pause(2000);
  const painted = new Map(await page.evaluate(() => [...window.painted]));
  return [...asked].map(([port, at]) => {
    const shown = painted.get(port);
    if (shown === undefined) throw new Error(`The row of port ${port} never came.`);
    return shown - at;
  });
}

function rowOf(when: string, times: readonly number[]): Row {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentile(times, share));
  const worst = Math.max(...times);
  return {
    when,
    knocks: times.length,
    p50: p50 ?? null,
    p90: p90 ?? null,
    p99: p99 ?? null,
    worst,
  };
}

function budgetOf({ when, p99 }: Row): Budget {
  return {
    what: `kernel event → row painted, ${when}`,
    limit: `p99 ≤ ${MOST_MS} ms`,
    measured: `${Number(p99).toFixed(0)} ms`,
    met: Number(p99) <= MOST_MS,
  };
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const missing = whyNoBrowser();
  if (missing !== null) return { tables: [], budgets: [], notes: [missing] };
  const count = quick ? 20 : 200;
  const lab = openLab();
  const viewer = await startViewer(folder, 'serve');
  let browser: BrowserWindow | null = null;
  let churn: Child | null = null;
  try {
    browser = await openBrowser(viewer.url);
    const { page } = browser;
    await page.locator('#filter').fill('proc = knock and failed');
    await page.locator('#filter').press('Enter');
    await watchRows(page);
    await pause(2000);
    const quiet = rowOf('nothing else', await measure(page, lab, FIRST_PORT, count));
    churn = lab.client.run(benchProgram('churn'), ['byte', '1000000', String(BUSY_RATE)]);
    await pause(2000);
    const times = await measure(page, lab, FIRST_PORT + count, count);
    const busy = rowOf(`${BUSY_RATE} connections/s`, times);
    const rows = [quiet, busy];
    return {
      tables: [{ title: 'connect() → painted row', columns: COLUMNS, rows }],
      budgets: rows.map(budgetOf),
      notes: [`Chromium ${browser.version}, headless`],
    };
  } finally {
    await churn?.stop('SIGKILL');
    await browser?.close();
    await viewer.stop();
    lab.close();
  }
}

export const painted: Bench = { name: 'painted', title: 'kernel event → painted row', run };
