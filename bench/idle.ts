// What Synscope costs a machine on which nothing happens but 1,000 sockets that are open:
// all threads of the engine's process, by name. The page is not part of it.

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../test/kernel/children.ts';
import { openLab } from '../test/kernel/lab.ts';
import { rows } from '../test/kernel/session-file.ts';
import { type BrowserWindow, openBrowser, whyNoBrowser } from './browser.ts';
import { threadTimes, usedByName, usedMs } from './processes.ts';
import { benchProgram, endInput, heard } from './programs.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median, middleHalf } from './statistics.ts';
import { startViewer, type Viewer } from './viewer.ts';

const SOCKETS = 1000;
const MOST_PERCENT = 1;
const COLUMNS = [
  { key: 'thread', label: 'thread' },
  { key: 'percent', label: '% of a core', digits: 3 },
  { key: 'spread', label: 'middle half' },
];

type Samples = { readonly total: number[]; readonly threads: Map<string, number[]> };

/** Windows of time, one after the other: percent of a core by thread name. */
async function watch(pid: number, windows: number, windowMs: number): Promise<Samples> {
  const samples: Samples = { total: [], threads: new Map() };
  for (let i = 0; i < windows; i++) {
    const before = threadTimes(pid);
    const began = performance.now();
    await pause(windowMs);
    const after = threadTimes(pid);
    const took = performance.now() - began;
    samples.total.push((100 * usedMs(before, after)) / took);
    for (const [name, ms] of usedByName(before, after)) {
      const known = samples.threads.get(name) ?? [];
      samples.threads.set(name, [...known, (100 * ms) / took]);
    }
  }
  return samples;
}

function rowsOf({ total, threads }: Samples): Row[] {
  const row = (thread: string, all: readonly number[]): Row => ({
    thread,
    percent: median(all),
    spread: middleHalf(all, 3),
  });
  const named = [...threads].filter(([, all]) => median(all) >= 0.001);
  const parts = named.map(([name, all]) => row(name, all));
  parts.sort((a, b) => Number(b['percent']) - Number(a['percent']));
  return [row('all threads', total), ...parts];
}

/** The sockets must be in the session, else nothing was measured. */
function checkHeld(folder: string, netns: number): void {
  const file = globSync(join(folder, 'state', '**/*.synscope'))[0];
  if (file === undefined) throw new Error('There is no live session file.');
  const sql = 'SELECT count(*) AS n FROM attempt WHERE netns = ? AND ended_ns IS NULL';
  const held = Number(rows(file, sql, netns)[0]?.['n']);
  if (held < SOCKETS) throw new Error(`${held} of ${SOCKETS} open sockets are in the session.`);
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const [windows, windowMs] = quick ? [2, 2000] : [8, 5000];
  const lab = openLab();
  const hold = lab.client.run(benchProgram('hold'), [String(SOCKETS / 2)]);
  let viewer: Viewer | null = null;
  let browser: BrowserWindow | null = null;
  try {
    await heard(hold, 'holding');
    viewer = await startViewer(folder, 'serve');
    await pause(5000);
    const alone = await watch(viewer.pid, windows, windowMs);
    checkHeld(folder, lab.client.inode);
    const tables = [table('without a page', alone)];
    const missing = whyNoBrowser();
    if (missing === null) {
      browser = await openBrowser(viewer.url);
      await browser.page.locator('.grid-row').first().waitFor();
      await pause(5000);
      tables.push(table('with a page that shows them', await watch(viewer.pid, windows, windowMs)));
    }
    const percent = median(alone.total);
    const budget = {
      what: `idle, ${SOCKETS} open sockets, all threads`,
      limit: `≤ ${MOST_PERCENT} % of a core`,
      measured: `${percent.toFixed(2)} %`,
      met: percent <= MOST_PERCENT,
    };
    return { tables, budgets: [budget], notes: missing === null ? [] : [missing] };
  } finally {
    await browser?.close();
    await viewer?.stop();
    await endInput(hold);
    lab.close();
  }
}

function table(when: string, samples: Samples) {
  return {
    title: `serve, ${SOCKETS} open sockets, ${when}`,
    columns: COLUMNS,
    rows: rowsOf(samples),
  };
}

export const idle: Bench = { name: 'idle', title: `idle with ${SOCKETS} open sockets`, run };
