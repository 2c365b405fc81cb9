// `npm run bench [-- NAME… --quick]`: runs the benches one after the other, prints their
// tables, and keeps everything as JSON below .synscope/bench. No test: a slow result is a
// result, a wrong one is an error. What the numbers mean: docs/performance.md.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { connections } from './connections.ts';
import { engine } from './engine.ts';
import { idle } from './idle.ts';
import { machine, machineText } from './machine.ts';
import { programs } from './ns-per-run.ts';
import { open } from './open.ts';
import { OUTPUT } from './output.ts';
import { painted } from './painted.ts';
import { holdSetting } from './programs.ts';
import { query } from './query.ts';
import { recording } from './recording.ts';
import { type Bench, type Result, resultText } from './report.ts';
import { stacks } from './stacks.ts';
import { syscall } from './syscall.ts';
import { table } from './table.ts';

const BENCHES: readonly Bench[] = [
  connections,
  stacks,
  programs,
  syscall,
  recording,
  engine,
  idle,
  painted,
  table,
  query,
  open,
];
/** Counting the time of BPF programs costs each of their runs; only one bench wants it. */
const BPF_STATS = '/proc/sys/kernel/bpf_stats_enabled';

function chosen(): { benches: readonly Bench[]; quick: boolean } {
  const words = process.argv.slice(2);
  const names = words.filter((word) => word !== '--quick');
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const known = BENCHES.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join('\n');
    console.error(
      `There is no bench ${unknown.join(', ')}. Usage: npm run bench [-- NAME… --quick]\n${known}`,
    );
    process.exit(2);
  }
  const benches = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
  return { benches, quick: words.includes('--quick') };
}

/** Two at once would measure each other. Throws away what a killed run left behind. */
function claim(): void {
  const claimed = join(OUTPUT, 'running');
  const other = existsSync(claimed) ? readFileSync(claimed, 'utf8').trim() : '';
  if (other !== '' && existsSync(`/proc/${other}`)) {
    console.error(`Another bench is running: process ${other}.`);
    process.exit(2);
  }
  for (const name of readdirSync(OUTPUT)) {
    if (!name.endsWith('.json') && name !== 'programs')
      rmSync(join(OUTPUT, name), { recursive: true });
  }
  writeFileSync(claimed, `${process.pid}\n`);
  process.once('exit', () => rmSync(claimed, { force: true }));
}

async function runOne(bench: Bench, quick: boolean): Promise<Result | { error: string }> {
  const folder = mkdtempSync(join(OUTPUT, `${bench.name}-`));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  try {
    return await bench.run({ quick, folder });
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    process.off('exit', removeFolder);
    removeFolder();
  }
}

async function main(): Promise<void> {
  // Ends through the exit handlers of everything that was started, before any other handler.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  const { benches, quick } = chosen();
  if (process.getuid?.() !== 0) {
    console.error('Most benches capture, which needs root: sudo npm run bench');
    process.exit(2);
  }
  mkdirSync(OUTPUT, { recursive: true });
  claim();
  const where = machine();
  console.log(`${machineText(where)}\n`);
  const results: Record<string, unknown> = {};
  const file = join(OUTPUT, `${where.at.replaceAll(':', '-')}.json`);
  const restore = await holdSetting(BPF_STATS, '0');
  for (const bench of benches) {
    const began = performance.now();
    const result = await runOne(bench, quick);
    const seconds = Math.round((performance.now() - began) / 1000);
    const load = loadavg()[0];
    results[bench.name] = { seconds, loadAverage: load, ...result };
    // After each of them: what was measured stays when the next one is interrupted.
    writeFileSync(file, `${JSON.stringify({ machine: where, quick, results }, null, 2)}\n`);
    console.log(
      `── ${bench.name}: ${bench.title} (${seconds} s, load average ${load?.toFixed(1)})\n`,
    );
    if ('error' in result) process.exitCode = 1;
    console.log('error' in result ? `WRONG: ${result.error}\n` : resultText(result));
  }
  await restore();
  console.log(`as JSON: ${file}`);
}

await main();
