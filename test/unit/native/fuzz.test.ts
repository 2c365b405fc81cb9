// Damaged ELF files, Go tables and lines, maps of compiled code and mangled names, thousands of them,
// with the compiler's checks for memory and undefined behaviour: no crash, and no delay.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const root = join(import.meta.dirname, '../../..');
const folder = temporaryDirectory();
const PARTS = [
  ...['src/demangle', 'src/elf_table', 'src/go_elf', 'src/go_table', 'src/perf_map'],
  ...['src/symbol_ranges', 'src/steady_file', 'src/debug_files', 'lines/go_lines'],
];
const RUN_MS = 12_000;

/** Compiles the driver, or gives the reason why not. */
function buildReaders(program: string): string | null {
  const sources = PARTS.map((part) => join(root, `native/${part}.cc`));
  const flags = ['-std=c++17', '-O1', '-g', '-pthread', '-fno-omit-frame-pointer'];
  const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
  const libraries = ['-liberty', '-ldw', '-lelf', '-lz', '-ldl'];
  const driver = join(root, 'test/programs/fuzz/readers.cc');
  const args = [...flags, ...checks, '-o', program, driver, ...sources, ...libraries];
  const { error, status, stderr } = spawnSync('g++', args, { encoding: 'utf8' });
  if (error) return 'skipped: g++ is not installed';
  if (/cannot find.*(asan|ubsan)/.test(stderr)) return 'skipped: g++ has no sanitizers';
  if (status !== 0) throw new Error(stderr);
  return null;
}

/** Small files to damage: with symbols and debug information, and stripped. */
function seeds(): string[] {
  const source = join(folder, 'seed.cc');
  writeFileSync(
    source,
    'namespace a { template <class T> int b(T x) { return x; } }\nint main() { return a::b(0); }\n',
  );
  const build = (name: string, ...flags: string[]): string => {
    const path = join(folder, name);
    const { status, stderr } = spawnSync('g++', [...flags, '-o', path, source], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return path;
  };
  return [build('debug', '-g'), build('stripped', '-s'), build('object', '-c', '-g')];
}

test('damaged input is read without harm', { timeout: 180_000 }, ({ skip }) => {
  const program = join(folder, 'readers');
  const reason = buildReaders(program);
  if (reason) skip(reason);
  const seed = String(Date.now());
  // libdw keeps what it read until the end; a leak is not what is looked for.
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', DEBUGINFOD_URLS: '' };
  const { status, signal, stdout, stderr } = spawnSync(
    program,
    [seed, String(RUN_MS), ...seeds()],
    {
      encoding: 'utf8',
      env,
    },
  );
  expect({ status, signal }, `seed ${seed}\n${stderr.slice(-4000)}`).toEqual({
    status: 0,
    signal: null,
  });
  const { runs, slowestMs, ...whole } = JSON.parse(stdout);
  // What is not damaged is read right: else nothing below its head would be reached.
  expect(whole).toEqual({ wholeTables: 4, wholeLines: 4, wholeMap: 1, wholeNames: 1 });
  expect(runs).toBeGreaterThan(500);
  expect(slowestMs, `seed ${seed}`).toBeLessThan(5_000);
});
