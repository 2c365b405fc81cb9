// Boots one kernel in an emulated machine whose root is this machine's, runs the kernel
// tests of this checkout in it (guest.sh), and gathers their results. Used by run.ts.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Unavailable } from './archive.ts';
import type { Unpacked } from './download.ts';
import { emulate } from './emulator.ts';
import { buildInitramfs } from './initramfs.ts';

/** What a set of tests came to, as scripts/sums-reporter.ts writes it. */
export interface Sums {
  passed: number;
  failed: number;
  skipped: { name: string; why: string }[];
  /** Names of tests that passed, but not the first time. */
  retried?: string[];
  /** Files in which something failed. */
  failedFiles?: string[];
}

/** What came of one guest. */
export interface GuestResult {
  /** As `uname -r` says it there; null when it did not get that far. */
  readonly release: string | null;
  /** What `synscope doctor --json` printed there. */
  readonly doctor: unknown;
  readonly sums: Sums;
  /** Why the results are not whole; null when they are. */
  readonly problem: string | null;
  /** The last that it printed, when there is a problem. */
  readonly lastLines: readonly string[];
  readonly seconds: number;
  /** All that the guest printed. */
  readonly log: string;
}

/** What to run, and how. */
export interface GuestOptions {
  readonly checkout: string;
  /** Folder for this guest's files; emptied first. */
  readonly folder: string;
  /** Test files to run; all kernel tests when empty. */
  readonly files: readonly string[];
  readonly timeoutMs: number;
  /** How long it may print nothing. */
  readonly silenceMs: number;
  /** Told of each step and each test file. */
  readonly progress: (line: string) => void;
}

const MEMORY_MB = 3072;
/**
 * x86-64-v2. With everything that the emulator offers (AVX, protection keys; qemu 7.2), one
 * start of Node in a hundred or so ended in a check of V8's table of compiled code.
 */
const PROCESSOR = 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+lahf-lm';

/** What the guest says with its lines that begin with @. */
class Said {
  release: string | null = null;
  fault: string | null = null;
  ended = false;

  hear(word: string, rest: string): string | null {
    if (word === 'release') this.release = rest;
    if (word === 'fault') this.fault = rest;
    if (word === 'end') this.ended = true;
    if (word === 'release') return `booted ${rest}`;
    if (word === 'doctor') return rest === '0' ? 'doctor: works' : 'doctor: something is missing';
    return word === 'fault' || word === 'again' ? rest : null;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function machine(kernel: Unpacked, initramfs: string, results: string): string[] {
  const share = (path: string, tag: string, more: string) => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`,
  ];
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', PROCESSOR, '-smp', '2', '-m', String(MEMORY_MB)],
    ...['-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot'],
    ...['-kernel', kernel.image, '-initrd', initramfs],
    ...['-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on rdinit=/init'],
    ...share('/', 'host', ',readonly=on'),
    ...share(results, 'result', ''),
  ];
}

/**
 * Boots a kernel and runs the tests in it. Throws `Unavailable` where the emulator cannot
 * even begin; resolves in any other case.
 */
export async function runGuest(kernel: Unpacked, options: GuestOptions): Promise<GuestResult> {
  const { checkout, folder, files, timeoutMs, silenceMs, progress } = options;
  const results = join(folder, 'results');
  const log = join(folder, 'serial.log');
  const initramfs = join(folder, 'initramfs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const environment = {
    CHECKOUT: checkout,
    MODULES: kernel.modules,
    FILES: files.join(' '),
    // An emulated processor is that much slower: waits are longer, expectations the same.
    SYNSCOPE_TEST_PATIENCE: '6',
  };
  buildInitramfs(kernel, environment, initramfs);
  const beganAt = performance.now();
  const said = new Said();
  const end = await emulate(machine(kernel, initramfs, results), {
    log,
    timeoutMs,
    silenceMs,
    hear: (line) => {
      const [, word, rest] = /^@(\w+) (.*)$/.exec(line) ?? [];
      const news = word === undefined ? testFile(line) : said.hear(word, rest ?? '');
      if (news !== null) progress(news);
    },
  });
  if (!end.began) throw new Unavailable(`qemu cannot emulate it here: ${end.problem}`);
  const sums = join(results, 'sums.json');
  const whole = said.ended && existsSync(sums);
  const problem = end.problem ?? said.fault ?? (whole ? null : 'it ended without results');
  return {
    release: said.release,
    doctor: readJson(join(results, 'doctor.json')),
    sums: (readJson(sums) as Sums | null) ?? { passed: 0, failed: 0, skipped: [] },
    problem,
    lastLines: problem === null ? [] : end.lastLines,
    seconds: (performance.now() - beganAt) / 1000,
    log,
  };
}

/** A line of vitest about a whole file, or about a test that failed; null for any other. */
function testFile(line: string): string | null {
  return /^\s*(?:[✓×❯] .*\.test\.ts \(|×|FAIL |AssertionError|Error:)/u.test(line)
    ? line.trim()
    : null;
}
