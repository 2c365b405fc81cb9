// Which symbol names an address: with labels and functions within functions, and for files that
// were overwritten, stripped, or given the build-id of another.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const root = join(import.meta.dirname, '../../..');
const folder = temporaryDirectory();
const SHARED = ['src/demangle', 'src/go_elf', 'src/go_table'];
const PARTS = [
  ...['src/elf_identity', 'src/elf_symbols', 'src/elf_table', 'src/symbol_ranges'],
  ...['src/debug_files', 'src/line_process', 'src/source_lines', 'src/steady_file'],
];
const READER = ['lines/main', 'lines/dwarf_lines', 'lines/go_lines'];
const driver = join(folder, 'names');
let missing: string | null = null;

function build(output: string, ...sources: readonly string[]): void {
  const flags = ['-std=c++17', '-O1', '-pthread', '-o', output];
  const { error, status, stderr } = spawnSync(
    'g++',
    [...flags, ...sources, '-liberty', '-ldw', '-lelf', '-lz', '-ldl'],
    { encoding: 'utf8' },
  );
  if (error) missing = 'skipped: g++ is not installed';
  else if (status !== 0) throw new Error(stderr);
}

const native = (parts: readonly string[]) => parts.map((part) => join(root, `native/${part}.cc`));

beforeAll(() => {
  const source = join(root, 'test/programs/symbols/names.cc');
  build(driver, source, ...native([...PARTS, ...SHARED]));
  // It lies beside whoever asks it.
  build(join(folder, 'synscope-lines'), ...native([...READER, ...SHARED]));
}, 240_000);

/** The answers of one run to commands of the driver. */
function answers(...commands: readonly string[]): string[] {
  const env = { ...process.env, DEBUGINFOD_URLS: '' };
  const { stdout, status, stderr } = spawnSync(driver, {
    encoding: 'utf8',
    input: `${commands.join('\n')}\n`,
    env,
  });
  expect(status, stderr).toBe(0);
  return stdout.split('\n').slice(0, -1);
}

/** Compiles `source` with gcc to `name` in the folder. */
function compile(name: string, source: string, ...flags: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(`${path}.c`, source);
  execFileSync('gcc', ['-O1', '-o', path, ...flags, `${path}.c`]);
  return path;
}

/** The address of a symbol, moved by `plus`, in hexadecimal. */
function address(path: string, symbol: string, plus = 0): string {
  const found = execFileSync('nm', [path], { encoding: 'utf8' })
    .split('\n')
    .find((line) => line.split(' ')[2] === symbol);
  return (Number.parseInt(found?.split(' ')[0] ?? '', 16) + plus).toString(16);
}

const ASSEMBLY = `asm(
  ".text\\n"
  ".globl worker\\n.type worker, @function\\n"
  "worker: .skip 8\\n"
  "retry_here: .skip 8\\n"
  ".type small, @function\\n"
  "small: .skip 4\\n.size small, 4\\n"
  "behind_small: .skip 12\\n"
  ".size worker, .-worker\\n"
  ".skip 16\\n"
  ".globl by_hand\\n"
  "by_hand: .skip 8\\n"
  ".globl endless\\n.type endless, @function\\n"
  "endless: .skip 64\\n"
  ".type hidden, @function\\n"
  "hidden: .skip 64\\n.size hidden, 64\\n");
`;

test('labels and small functions within a function leave it its name', ({ skip }) => {
  if (missing) skip(missing);
  const path = compile('nested', `${ASSEMBLY}int main(void) { return 0; }\n`);
  const at = (plus: number) => `name ${path} ${address(path, 'worker', plus)}`;
  expect(answers(...[0, 9, 17, 20, 31, 33, 49, 57, 121].map(at))).toEqual([
    ...['worker', 'worker', 'small', 'worker', 'worker'],
    // Behind its end there is none; what was written by hand has no size, and goes on.
    ...['', 'by_hand', 'endless', 'hidden'],
  ]);
});

test('where only exported symbols are left, one without a size names nothing', ({ skip }) => {
  if (missing) skip(missing);
  const path = compile('exports', ASSEMBLY, '-shared', '-fPIC');
  const at = (plus: number) => `name ${path} ${address(path, 'worker', plus)}`;
  const commands = [9, 49, 57, 121].map(at);
  expect(answers(...commands)).toEqual(['worker', 'by_hand', 'endless', 'hidden']);
  execFileSync('strip', [path]);
  expect(answers(...commands)).toEqual(['worker', '', '', '']);
});

const calls = (name: string) =>
  `__attribute__((noinline)) int ${name}(int x) { asm volatile(""); return x + 1; }
int main(int count, char **names) { return ${name}(count); }
`;

test('a file that was overwritten in place has its new names', ({ skip }) => {
  if (missing) skip(missing);
  const [one, two] = [compile('one', calls('first')), compile('two', calls('second'))];
  const program = join(folder, 'program');
  const [at, then] = [address(one, 'first', 1), address(two, 'second', 1)];
  expect(
    answers(
      ...[`copy ${one} ${program}`, `name ${program} ${at}`, `line ${program} ${at}`],
      ...[`copy ${two} ${program}`, `name ${program} ${then}`],
    ),
  ).toEqual(['first', '', 'second']);
});

test('a stripped copy leaves the whole file its names and lines', ({ skip }) => {
  if (missing) skip(missing);
  const whole = compile('whole', calls('inner'), '-g', '-Wl,--build-id');
  const bare = join(folder, 'bare');
  execFileSync('strip', ['-o', bare, whole]);
  const at = address(whole, 'inner', 1);
  expect(
    answers(
      ...[`name ${bare} ${at}`, `line ${bare} ${at}`],
      ...[`name ${whole} ${at}`, `line ${whole} ${at}`],
    ),
  ).toEqual(['', '', 'inner', 'inner whole.c 1']);
});

test('a build-id that was used again brings no names of another program', ({ skip }) => {
  if (missing) skip(missing);
  const id = '-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567';
  // Names of the same length: both files have the same layout.
  const one = compile('cb_a', calls('aaa'), id);
  const two = compile('cb_b', calls('bbb'), id);
  expect(
    answers(`name ${one} ${address(one, 'aaa', 1)}`, `name ${two} ${address(two, 'bbb', 1)}`),
  ).toEqual(['aaa', 'bbb']);
});

test('where debug information tells no line there is none', ({ skip }) => {
  if (missing) skip(missing);
  const path = compile('lineless', calls('inner'), '-g');
  execFileSync('objcopy', ['--remove-section=.debug_line', path]);
  expect(answers(`line ${path} ${address(path, 'inner', 1)}`)[0]).toMatch(/^inner .*-1$/);
});

test('a name out of debug information leaves standing why the caller is not known', ({ skip }) => {
  if (missing) skip(missing);
  const broken = 'no unwind information in app: its caller is not known';
  const stripped = 'the file has no symbol here (stripped)';
  expect(answers(`named main ${broken}`, `named main ${stripped}`)).toEqual([broken, '']);
});
