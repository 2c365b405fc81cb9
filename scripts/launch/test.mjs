// `npm test`: sets up, then the checks and the three sets of tests in order, and the sum
// of it all in the last line. `npm test -- unit` (checks, unit, kernel, ui) selects, and
// `kernels` adds the kernel tests on kernels of other releases, which take much longer.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { node, setUp } from './setup.mjs';
import { Failure, giveUp, ROOT, run, say } from './steps.mjs';

const SETS = ['unit', 'kernel', 'ui'];
const KERNELS = 'kernels';
const BIN = 'node_modules/.bin';

/** What is checked before any test runs; `fix` repairs it. */
const CHECKS = [
  {
    name: 'format and lint',
    args: [`${BIN}/biome`, 'check', '--error-on-warnings', '.'],
    fix: 'npm run format',
  },
  {
    name: 'types',
    args: [`${BIN}/tsc`, '-p', '.'],
    fix: 'Repair what it names, then: npm run check',
  },
  {
    name: 'import boundaries',
    args: [`${BIN}/node`, 'scripts/check-imports.ts'],
    fix: 'See the lines above',
  },
  {
    name: 'generated files',
    args: [`${BIN}/node`, 'scripts/generate-events.ts', '--check'],
    fix: 'npm run generate',
  },
  { name: 'files', args: [`${BIN}/node`, 'scripts/check-files.ts'], fix: 'See the lines above' },
];

/** @typedef {{ passed: number, failed: number, skipped: { name: string, why: string }[], retried?: string[] }} Sums */

/** @returns {Promise<Sums>} */
async function checks() {
  let failed = 0;
  for (const { name, args, fix } of CHECKS) {
    const [file = '', ...rest] = args;
    const beganAt = performance.now();
    const { ok, output } = await run(join(ROOT, file), rest);
    const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
    say(`  ${ok ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (ok) continue;
    failed += 1;
    say(`${output.trimEnd()}\n    To fix it: ${fix}`);
  }
  return { passed: CHECKS.length - failed, failed, skipped: [] };
}

/**
 * Runs a program of tests on the Node 24 runtime, and reads the sums that it wrote.
 * @param {string} name @param {string[]} args @returns {Promise<Sums>}
 */
async function counted(name, args) {
  const sums = join(ROOT, '.synscope', `sums-${name}.json`);
  mkdirSync(join(ROOT, '.synscope'), { recursive: true });
  rmSync(sums, { force: true });
  const status = await new Promise((resolve) => {
    const child = spawn(node(), args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, SYNSCOPE_TEST_SUMS: sums },
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.once(signal, () => child.kill(signal));
    child.on('error', () => resolve(1));
    child.on('close', resolve);
  });
  const result = existsSync(sums)
    ? JSON.parse(readFileSync(sums, 'utf8'))
    : { passed: 0, failed: 0, skipped: [] };
  // What could not even begin counts too.
  if (status !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

/** Runs one set with vitest. @returns {Promise<Sums>} */
async function testSet(name, filters) {
  const reporters = ['--reporter=default', '--reporter=./scripts/sums-reporter.ts'];
  const options = ['run', '--project', name, ...reporters, '--passWithNoTests'];
  return await counted(name, ['node_modules/vitest/vitest.mjs', ...options, ...filters]);
}

/** @returns {Promise<Sums>} */
async function oneOf(name, filters) {
  if (name === 'checks') return await checks();
  if (name === KERNELS) return await counted(name, ['test/kernels/run.ts', ...filters]);
  return await testSet(name, filters);
}

function report(all) {
  const skipped = all.flatMap((sums) => sums.skipped);
  if (skipped.length > 0) say('\nSkipped:');
  const reasons = new Map();
  for (const { name, why } of skipped) {
    const reason = why === '' ? name : why;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of reasons) say(`  ${count} × ${reason}`);
  const retried = all.flatMap((sums) => sums.retried ?? []);
  if (retried.length > 0) say('\nPassed only when tried again:');
  for (const name of retried) say(`  ${name}`);
  const passed = all.reduce((sum, one) => sum + one.passed, 0);
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  say(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed === 0 ? 0 : 1;
}

async function test() {
  const args = process.argv.slice(2);
  const every = ['checks', ...SETS, KERNELS];
  const sets = args.filter((arg) => every.includes(arg));
  const filters = args.filter((arg) => !sets.includes(arg));
  const wanted = sets.length > 0 ? sets : filters.length > 0 ? SETS : ['checks', ...SETS];
  const unknown = filters.find((arg) => arg.startsWith('-'));
  if (unknown !== undefined) {
    throw new Failure(
      `npm test does not know ${unknown}.`,
      `Usage: npm test [-- ${every.join('|')} [FILE …]]`,
    );
  }
  await setUp({ tests: true, kernels: wanted.includes(KERNELS) });
  const all = [];
  for (const name of every.filter((one) => wanted.includes(one))) {
    say(`\n── ${name}`);
    all.push(await oneOf(name, filters));
  }
  process.exitCode = report(all);
}

await test().catch(giveUp);
