// `npm run test:kernels`: the kernel tests on Debian's kernels, in emulated machines, two
// at a time where memory allows. Words choose: names of kernels, test files, and `accept`,
// which writes down what attaches on each kernel instead of comparing.
// Before: scripts/launch/test.mjs, which sums up what is written to SYNSCOPE_TEST_SUMS.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, program } from '../kernel/programs.ts';
import { command } from '../kernel/trace-run.ts';
import { Unavailable } from './archive.ts';
import { fetchKernels, type Unpacked } from './download.ts';
import { type GuestResult, runGuest, type Sums } from './guest.ts';
import { differences, factsOf, readFacts, writeFacts, writePage } from './hooks.ts';
import { KERNELS, type Kernel } from './kernels.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const FOLDER = join(CHECKOUT, '.synscope/kernels');
/**
 * The kernel tests that a guest runs unless others are named: why connects fail and how
 * connections end, where the kernels differ most. Each file costs an emulated processor minutes.
 */
const FILES = kernelTests('refused', 'silence', 'loss', 'connected', 'odd');
/** Every kind of failure, made for real, and what must not look like one. */
const LAB = kernelTests('failures', 'harmless');
/** What a guest takes for all of that beside another one, as measured on two processors, and some more. */
const WHOLE_MS = 25 * 60_000;
/** How long all of it may take, for whoever has a limit (.ci/run); no limit unless it is set. */
const LIMIT_MS = Number(process.env.SYNSCOPE_KERNELS_MINUTES ?? 'Infinity') * 60_000;
const TIMEOUT_MS = 40 * 60_000;
/** Longer than any file of tests takes: they print when a file is done. */
const SILENCE_MS = 8 * 60_000;
/** What a guest takes of this machine, with the emulator's own. */
const GUEST_MB = 4096;

const words = process.argv.slice(2);
const accept = words.includes('accept');
const files = words.filter((word) => word.includes('/'));
const names = words.filter((word) => word !== 'accept' && !word.includes('/'));
/** Kernels whose turn has not come, and guests that run at a time. */
let waiting = 0;
let width = 1;
const retried: string[] = [];
const total: Sums = { passed: 0, failed: 0, skipped: [], retried };

function kernelTests(...names: readonly string[]): string[] {
  return names.map((name) => `test/kernel/${name}.test.ts`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The memory that can be had, in MB. */
function availableMegabytes(): number {
  const available = /^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Number(available) / 1024;
}

/** Whether a program is not a static one: a guest has no libraries at first. */
function needsLibraries(file: string): boolean {
  return /=> \//.test(spawnSync('ldd', [file], { encoding: 'utf8' }).stdout);
}

/** Why no kernel can be emulated here; null when they can. */
function whyNoEmulation(): string | null {
  if (process.arch !== 'x64') return `the kernels are for x86-64, this machine is ${process.arch}`;
  if (process.getuid?.() !== 0) return 'sharing the root of this machine with guests needs root';
  if (availableMegabytes() < GUEST_MB) return `a guest takes ${GUEST_MB} MB of memory`;
  const needed = {
    'qemu-system-x86_64': 'qemu-system-x86',
    busybox: 'busybox-static',
    cpio: 'cpio',
  };
  for (const [file, name] of Object.entries(needed)) {
    try {
      execFileSync('sh', ['-c', `command -v ${file}`], { stdio: 'ignore' });
    } catch {
      return `${name} is not installed`;
    }
  }
  if (needsLibraries('/bin/busybox')) return 'busybox-static is not installed';
  return existsSync('/sbin/depmod') ? null : 'kmod is not installed';
}

function skip(kernel: Kernel, why: string): void {
  say(`  - ${kernel.name}: skipped: ${why}`);
  total.skipped.push({
    name: `kernel ${kernel.name}`,
    why: `skipped: kernel ${kernel.name}: ${why}`,
  });
}

/** Compares what attached with what is written down, or writes it down. One test. */
function hooksOf(kernel: Kernel, result: GuestResult): string[] {
  const facts = factsOf(result.release ?? '', result.doctor);
  if (facts === null) return ['synscope doctor --json said nothing'];
  if (accept) writeFacts(kernel.name, facts);
  return differences(readFacts(kernel.name), facts);
}

function count(kernel: Kernel, result: GuestResult): void {
  const problems = hooksOf(kernel, result);
  for (const problem of problems) say(`  ✗ ${kernel.name}: docs/kernels.md: ${problem}`);
  if (problems.length > 0) say('    If that is right: npm run test:kernels -- accept');
  const failed = result.sums.failed + (problems.length > 0 ? 1 : 0) + (result.problem ? 1 : 0);
  const passed = result.sums.passed + (problems.length === 0 ? 1 : 0);
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...result.sums.skipped);
  retried.push(...(result.sums.retried ?? []).map((name) => `${kernel.name}: ${name}`));
  const mark = failed === 0 ? '✓' : '✗';
  const sums = `${passed} passed, ${failed} failed, ${result.sums.skipped.length} skipped`;
  say(
    `  ${mark} ${kernel.name} (${result.release ?? 'no answer'}): ${sums} (${result.seconds.toFixed(0)} s)`,
  );
  if (result.problem !== null) say(`    ${kernel.name}: ${result.problem}. The last it printed:`);
  for (const line of result.lastLines) say(`      ${line}`);
  if (failed > 0) say(`    All that it printed: ${result.log}`);
}

async function boot(
  kernel: Kernel,
  unpacked: Unpacked,
  wanted: readonly string[],
): Promise<GuestResult> {
  return await runGuest(unpacked, {
    checkout: CHECKOUT,
    folder: join(FOLDER, kernel.name),
    files: wanted,
    timeoutMs: TIMEOUT_MS,
    silenceMs: SILENCE_MS,
    progress: (line) => say(`    ${kernel.name}: ${line}`),
  });
}

/** All, or as many as the kernels that are still to come have time for. */
function filesFor(kernel: Kernel): readonly string[] {
  if (files.length > 0) return files;
  const rounds = Math.ceil((waiting + 1) / width);
  if (performance.now() + rounds * WHOLE_MS < LIMIT_MS) return [...FILES, ...LAB];
  skip(kernel, `no time for ${LAB.join(' and ')}`);
  return FILES;
}

/**
 * What failed is tried once more in a fresh machine: an emulated one may hang, or be so slow
 * beside the others that a wait is over too soon. The sum names it.
 */
async function bootTwice(kernel: Kernel, unpacked: Unpacked): Promise<GuestResult> {
  const wanted = filesFor(kernel);
  const first = await boot(kernel, unpacked, wanted);
  const failed = first.sums.failedFiles ?? [];
  if ((first.problem === null && failed.length === 0) || performance.now() > LIMIT_MS) return first;
  const again = first.problem === null ? failed : wanted;
  const what = first.problem ?? failed.join(' ');
  say(`    ${kernel.name}: ${what}: once more`);
  const second = await boot(kernel, unpacked, again);
  if (second.problem !== null || second.sums.failed > 0) return second;
  retried.push(`${kernel.name}: ${what}`);
  if (first.problem !== null) return second;
  return { ...second, doctor: first.doctor, sums: together(first.sums, second.sums) };
}

/** What failed at first counts as passed: its file did, the second time. */
function together(first: Sums, second: Sums): Sums {
  return {
    passed: first.passed + first.failed,
    failed: 0,
    skipped: first.skipped,
    retried: [...(first.retried ?? []), ...(second.retried ?? [])],
  };
}

async function test(kernel: Kernel, unpacked: Unpacked): Promise<void> {
  try {
    count(kernel, await bootTwice(kernel, unpacked));
  } catch (error) {
    if (error instanceof Unavailable) {
      skip(kernel, error.message);
      return;
    }
    total.failed += 1;
    say(`  ✗ ${kernel.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** How many guests this machine has the memory for: one or two. */
function sideBySide(): number {
  return availableMegabytes() > 2 * GUEST_MB + 1024 ? 2 : 1;
}

async function runAll(kernels: readonly Kernel[]): Promise<void> {
  say('  … kernels of other releases (fetched once, some 350 MB)');
  const fetched = await fetchKernels(kernels);
  const ready = kernels.flatMap((kernel) => {
    const unpacked = fetched.get(kernel);
    if (unpacked !== undefined && !(unpacked instanceof Unavailable)) return [{ kernel, unpacked }];
    skip(kernel, `it could not be downloaded: ${unpacked?.message ?? 'unknown'}`);
    return [];
  });
  // Compiled here, since the guests would take minutes.
  for (const name of PROGRAMS) program(name);
  const next = async (): Promise<void> => {
    const one = ready.shift();
    if (one === undefined) return;
    waiting = ready.length;
    await test(one.kernel, one.unpacked);
    await next();
  };
  width = sideBySide();
  await Promise.all(Array.from({ length: width }, next));
}

/** This machine's own kernel is tested by `npm test`; only what attaches is written down. */
function acceptOwnKernel(): void {
  const [node, main] = command;
  const doctor = execFileSync(node, [main, 'doctor', '--json'], { encoding: 'utf8' });
  const facts = factsOf(release().match(/^\d+\.\d+/)?.[0] ?? release(), JSON.parse(doctor));
  if (facts !== null) writeFacts('own', facts);
}

const unknown = names.find((name) => !KERNELS.some((kernel) => kernel.name === name));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no kernel called ${unknown} here.\nThere are: ${KERNELS.map((one) => one.name).join(', ')}\n`,
  );
  process.exit(1);
}
const wanted = KERNELS.filter((kernel) => names.length === 0 || names.includes(kernel.name));
const reason = whyNoEmulation();
mkdirSync(FOLDER, { recursive: true });
if (reason === null) await runAll(wanted);
else for (const kernel of wanted) skip(kernel, reason);
if (accept) {
  acceptOwnKernel();
  writePage();
}
const sums = process.env.SYNSCOPE_TEST_SUMS;
if (sums !== undefined) writeFileSync(sums, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
