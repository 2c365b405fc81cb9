// Command lines and filters of every kind: each is done or refused with a sentence, the
// exit status is 0, 1 or 2, and nobody reads a stack trace.
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseDuration } from '../../../cli/duration.ts';
import { program } from '../../../cli/program.ts';
import { run } from '../../../cli/run.ts';
import { checkFilter } from '../../../cli/wanted.ts';
import { askedValue, completeFilter } from '../../../contract/filter/complete.ts';
import { FIELDS, FLAGS } from '../../../contract/filter/fields.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';
import { tokenize } from '../../../contract/filter/tokens.ts';
import { Problem } from '../../../engine/problem.ts';
import { openFile, windowOf } from '../../fixtures/query.ts';
import { fillSession, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

vi.setConfig({ testTimeout: 120_000 });
const directory = temporaryDirectory();
const file = join(directory, 'session.synscope');
const builder = new SessionBuilder(file);
fillSession(builder, 40, 2);
builder.close();

let said = '';
beforeEach(() => {
  const hear = (text: unknown): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const strange = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ maxLength: 60, unit: 'binary' }),
  fc.constantFrom(
    '',
    '-',
    '--',
    '-o',
    '=',
    '\u001b[31m',
    '\u202e',
    '\ud800',
    '__proto__',
    '1e9',
    '-1',
  ),
);
const word = fc.oneof(
  { weight: 3, arbitrary: strange },
  {
    weight: 2,
    arbitrary: fc.constantFrom('trace', 'record', 'open', 'export', 'serve', 'doctor', 'help'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...['--failed', '--pid', '--comm', '--filter', '--json', '--stacks', '--duration'],
      ...['--ring-bytes', '-o', '--output', '--format', '--port', '--no-open', '--no-capture'],
      ...['--connect-only', '--accept-only', '--version', '--help', '--until-closed', 'csv', '10s'],
    ),
  },
);
const option = fc.constantFrom('pid', 'duration', 'ring-bytes', 'port', 'filter', 'format');
const assigned = fc.tuple(option, strange).map(([name, value]) => `--${name}=${value}`);

/** The command line with what it would do left out: only the reading of it is tried. */
function readingOnly() {
  const command = program();
  for (const each of command.commands) {
    each.action((...given: unknown[]) => {
      const { filter } = (given.at(-1) as { opts(): { filter?: string } }).opts();
      checkFilter(filter ?? '');
    });
  }
  return command;
}

test('2,000 command lines', async () => {
  const counts = [0, 0, 0];
  const lines = fc.array(fc.oneof(word, assigned), { maxLength: 7 });
  const started = fc.tuple(fc.constantFrom('trace', 'export', 'serve', 'record'), lines);
  const all = fc.oneof(
    lines,
    started.map(([command, rest]) => [command, ...rest]),
  );
  await fc.assert(
    fc.asyncProperty(all, async (args) => {
      said = '';
      const status = await run(args, readingOnly());
      expect([0, 1, 2]).toContain(status);
      counts[status] = (counts[status] ?? 0) + 1;
      if (status !== 0) expect(said.trim()).not.toBe('');
      expect(said).not.toMatch(/^\s+at .*[:(]\d+|TypeError|RangeError|node:internal/m);
      // biome-ignore format: one range each
      expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
    { numRuns: 2000, seed: 20261121 },
  );
  // Not all of one kind, else the lines are too strange to say anything.
  expect(counts[0]).toBeGreaterThan(20);
  expect(counts[2]).toBeGreaterThan(500);
});

const names = [...FIELDS.map(({ name }) => name), ...FLAGS.map(({ name }) => name)];
const piece = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(
    '=',
    '!=',
    '<',
    '>=',
    '~',
    'in',
    '(',
    ')',
    ',',
    'and',
    'or',
    'not',
    '!',
    '&&',
    '"',
    "'",
  ),
  fc.constantFrom(
    '443',
    '10.0.0.0/8',
    '::1',
    '[::1]:443',
    '100ms',
    '1.5s',
    '12:30',
    'none',
    '-5m',
    '1e999',
  ),
  fc.constantFrom('99999999999999999999', '0x10', '10.0.0.0/99', '::/129', '\\', '%', '_', '\0'),
  strange,
);
const filters = fc
  .array(piece, { maxLength: 14 })
  .chain((pieces) => fc.constantFrom(' ', '').map((between) => pieces.join(between)));

test('5,000 filters: an error has its place, and what is read runs', () => {
  const reader = openFile(file);
  let [read, wrong] = [0, 0];
  fc.assert(
    fc.property(filters, fc.nat(200), (text, caret) => {
      const parsed = parseFilter(text);
      tokenize(text);
      const cursor = Math.min(caret, text.length);
      askedValue(text, cursor);
      completeFilter(text, cursor, ['curl']);
      if (parsed.ok) {
        windowOf(reader, text);
        read++;
        return;
      }
      wrong++;
      const { from, to, sentence } = parsed.error;
      expect(sentence).not.toBe('');
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(Math.max(text.length, 1));
    }),
    { numRuns: 5000, seed: 20261121 },
  );
  reader.close();
  expect(read).toBeGreaterThan(300);
  expect(wrong).toBeGreaterThan(300);
});

test('long and deep filters', () => {
  const reader = openFile(file);
  for (const text of [
    '('.repeat(4000),
    `${'not '.repeat(900)}failed`,
    `${'('.repeat(49)}failed${')'.repeat(49)}`,
    Array(2000).fill('failed').join(' or '),
    `proc ~ "${'%_\\'.repeat(900)}"`,
    `proc in (${Array(90).fill('a').join(', ')})`,
    'x'.repeat(100_000),
  ]) {
    const parsed = parseFilter(text);
    const beganAt = performance.now();
    if (parsed.ok) windowOf(reader, text);
    else expect(() => windowOf(reader, text)).toThrow(Problem);
    expect(performance.now() - beganAt).toBeLessThan(2000);
  }
  reader.close();
});

test('durations are read or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        strange,
        fc
          .tuple(fc.double(), fc.constantFrom('s', 'ms', 'm', 'h'))
          .map(([n, unit]) => `${n}${unit}`),
      ),
      (text) => {
        const milliseconds = parseDuration(text);
        if (milliseconds === null) return;
        expect(milliseconds).toBeGreaterThan(0);
        expect(milliseconds).toBeLessThan(2 ** 31);
      },
    ),
    { numRuns: 2000, seed: 20261121 },
  );
});

test('files of any name are exported or refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 300, unit: 'binary' }), async (name) => {
      const path = join(directory, 'none', name.replaceAll('..', ''));
      expect(await run(['export', '--format=csv', '--output=-', '--', path])).toBe(1);
    }),
    { numRuns: 15, seed: 20261121 },
  );
});
