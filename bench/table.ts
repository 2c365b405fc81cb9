// The table with 100,000 attempts in Chromium: frames while it scrolls, and the time from
// a filter or a click on a column to the rows that it leads to, painted.
import { join } from 'node:path';
import type { Page } from 'playwright';
import { fillSession, SessionBuilder } from '../test/fixtures/session-builder.ts';
import { openBrowser, whyNoBrowser } from './browser.ts';
import { firstRowsAt, type PageAction, scroll, untilPainted } from './page-clock.ts';
import type { Bench, Budget, Circumstances, Result, Row } from './report.ts';
import { median, percentile } from './statistics.ts';
import { startViewer } from './viewer.ts';

const ATTEMPTS = 100_000;
const FRAME_MS = 16.7;
/** Times of frames come in tenths of a millisecond: one frame of 60 Hz may read 16.8. */
const GRAIN_MS = 0.11;
const PAINT_MS = 100;
const SPEEDS = [
  { what: 'at rest (what this machine gives)', pixels: 0 },
  { what: 'a wheel, 4 rows a frame', pixels: 120 },
  { what: 'a dragged bar, 200 rows a frame', pixels: 6000 },
];
const FILTERS = [
  'failed',
  'curl',
  'remote = 10.2.0.0/15',
  'error = ECONNREFUSED',
  'connect > 10ms',
  'retransmits > 0 and not failed',
];
const COLUMNS = ['Duration', 'Process', 'Remote', 'State', 'Connect'];

const FRAME_COLUMNS = [
  { key: 'what', label: 'scrolling' },
  { key: 'p50', label: 'p50 frame, ms', digits: 1 },
  { key: 'p95', label: 'p95', digits: 1 },
  { key: 'p99', label: 'p99', digits: 1 },
  { key: 'work', label: 'main thread, ms a frame', digits: 2 },
  { key: 'empty', label: 'frames with a row not there yet, %', digits: 1 },
];
const PAINT_COLUMNS = [
  { key: 'what', label: 'asked for' },
  { key: 'median', label: 'first paint, ms', digits: 1 },
  { key: 'worst', label: 'slowest', digits: 1 },
  { key: 'state', label: `≤ ${PAINT_MS} ms` },
];

async function mainThreadMs(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
}

async function scrolling(page: Page, frames: number): Promise<Row[]> {
  const used = await mainThreadMs(page);
  const all: Row[] = [];
  for (const { what, pixels } of SPEEDS) {
    await page.evaluate(() => document.getElementById('rows')?.scrollTo({ top: 0 }));
    await page.waitForFunction(() => document.querySelector('.grid-loading') === null);
    const before = await used();
    const { gaps, withGaps } = await scroll(page, frames, pixels);
    const work = ((await used()) - before) / frames;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(gaps, share));
    all.push({
      what,
      p50: p50 ?? null,
      p95: p95 ?? null,
      p99: p99 ?? null,
      work,
      empty: (100 * withGaps) / frames,
    });
  }
  await page.evaluate(() => document.getElementById('rows')?.scrollTo({ top: 0 }));
  return all;
}

async function painting(page: Page, runs: number): Promise<Row[]> {
  const times = new Map<string, number[]>();
  const add = async (what: string, action: PageAction) => {
    const took = await untilPainted(page, action);
    times.set(what, [...(times.get(what) ?? []), took]);
    // Nothing of the last question may still be under way.
    await page.waitForTimeout(300);
  };
  for (let run = 0; run < runs; run++) {
    for (const filter of FILTERS) await add(`filter ${filter}`, { filter });
    await add('no filter again', { filter: '' });
    for (const column of COLUMNS) await add(`sort by ${column}`, { column });
  }
  return [...times].map(([what, all]) => {
    const state = median(all) <= PAINT_MS ? 'met' : 'MISSED';
    return { what, median: median(all), worst: Math.max(...all), state };
  });
}

function budgets(frames: readonly Row[], paints: readonly Row[]): Budget[] {
  const scrolled = frames.filter((_, at) => (SPEEDS[at]?.pixels ?? 0) > 0);
  const slowest = paints.reduce((a, b) => (Number(a['median']) > Number(b['median']) ? a : b));
  const worst = Number(slowest['median']);
  return [
    ...scrolled.map(({ what, p95 }) => ({
      what: `p95 frame while scrolling, ${what}`,
      limit: `≤ ${FRAME_MS} ms`,
      measured: `${Number(p95).toFixed(1)} ms`,
      met: Number(p95) < FRAME_MS + GRAIN_MS,
    })),
    {
      what: 'filter or sort to first paint, the slowest of them',
      limit: `≤ ${PAINT_MS} ms`,
      measured: `${worst.toFixed(0)} ms (${slowest['what']})`,
      met: worst <= PAINT_MS,
    },
  ];
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const missing = whyNoBrowser();
  if (missing !== null) return { tables: [], budgets: [], notes: [missing] };
  const file = join(folder, 'many.synscope');
  const builder = new SessionBuilder(file);
  fillSession(builder, ATTEMPTS);
  builder.close();
  const viewer = await startViewer(folder, 'open', file);
  const window = await openBrowser(viewer.url);
  try {
    await firstRowsAt(window.page);
    const counted = await window.page.locator('#rows').getAttribute('aria-rowcount');
    if (Number(counted) !== ATTEMPTS + 1) throw new Error(`The table has ${counted} rows.`);
    const frames = await scrolling(window.page, quick ? 60 : 400);
    const paints = await painting(window.page, quick ? 1 : 5);
    return {
      tables: [
        {
          title: `Frames while scrolling ${ATTEMPTS} attempts`,
          columns: FRAME_COLUMNS,
          rows: frames,
        },
        { title: `${ATTEMPTS} attempts, asked → painted`, columns: PAINT_COLUMNS, rows: paints },
      ],
      budgets: budgets(frames, paints),
      notes: [`Chromium ${window.version}, headless, 1640 × 940, no GPU`],
    };
  } finally {
    await window.close();
    await viewer.stop();
  }
}

export const table: Bench = {
  name: 'table',
  title: `scroll, filter and sort with ${ATTEMPTS.toLocaleString('en')} attempts in Chromium`,
  run,
};
