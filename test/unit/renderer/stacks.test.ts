// The stack view's lines, names and text, without a page.
import { expect, test } from 'vitest';
import type { Frame, MomentStacks, Stack } from '../../../contract/attempt.ts';
import { parseFilter } from '../../../contract/filter/parse.ts';
import { type StackLine, stackLines } from '../../../renderer/panels/details/stack-lines.ts';
import {
  momentIssueText,
  momentKey,
  momentName,
  momentText,
} from '../../../renderer/panels/details/stack-text.ts';
import { COLUMNS, fittingColumns } from '../../../renderer/panels/table/columns.tsx';
import { frameFilter, shortFunction } from '../../../renderer/shared/function-name.ts';
import { validSettings } from '../../../renderer/store/settings.ts';

const PSQL = '/usr/bin/psql';
const PQ = '/usr/lib/libpq.so.5';

function frame(name: string | null, module: string | null, part: Partial<Frame> = {}): Frame {
  const rest = { buildId: null, offset: 0x10, address: '0x401000', problem: null };
  const source = { file: null, line: null, inlined: false };
  return { name, module, quality: 'cfi', ...rest, ...source, ...part };
}

function stack(kind: 'kernel' | 'user', frames: Frame[], part: object = {}): Stack {
  const unwinder = kind === 'kernel' ? 'kernel' : 'cfi';
  return {
    id: 1,
    kind,
    unwinder,
    symbolized: true,
    frames,
    fingerprint: null,
    hint: null,
    ...part,
  };
}

const user = stack('user', [
  frame('__connect', '/usr/lib/libc.so.6', { buildId: 'abc' }),
  frame('start', PQ, { file: '/src/fe-connect.c', line: 2915 }),
  frame('poll', PQ, { inlined: true }),
  frame('do_connect', PSQL),
  frame('helper', PQ),
  frame('main', PSQL),
]);
const kernel = stack('kernel', [
  frame('tcp_v4_connect', 'vmlinux', { quality: 'kernel' }),
  frame('__x64_sys_connect', 'vmlinux', { quality: 'kernel' }),
]);

function moment(part: Partial<MomentStacks> = {}): MomentStacks {
  const stacks = { user, userProblem: null, kernel, kernelProblem: null };
  return { moment: 'connect', atMs: 0, ...stacks, ...part };
}

/** One word for each line: what it is and says. */
function told(lines: readonly StackLine[]): string[] {
  return lines.map((line) => {
    if (line.kind === 'frame') return `${line.number} ${line.frame.name}${line.own ? ' own' : ''}`;
    if (line.kind === 'fold') return `${line.open ? 'v' : '>'} ${line.text}`;
    return `${line.kind} ${line.text}`;
  });
}

function linesOf(stacks: MomentStacks, opened: string[] = [], connect?: MomentStacks): string[] {
  return told(
    stackLines({ stacks, connect, exe: PSQL, isOpen: (module) => opened.includes(module) }),
  );
}

test('one column, innermost first: the kernel, the call, the program; runs of a library fold', () => {
  expect(linesOf(moment())).toEqual([
    '> kernel · 2 frames',
    'boundary system call connect(2)',
    'note user · unwound by CFI · 6 frames',
    '0 __connect',
    '> libpq.so.5 · 2 frames',
    '3 do_connect own',
    '4 helper',
    '5 main own',
  ]);
});

test('what is opened shows its frames, with the numbers that they have in the stack', () => {
  const lines = linesOf(moment(), ['kernel', 'libpq.so.5']);
  expect(lines.slice(0, 4)).toEqual([
    'v kernel · 2 frames',
    '0 tcp_v4_connect',
    '1 __x64_sys_connect',
    'boundary system call connect(2)',
  ]);
  expect(lines.slice(6, 9)).toEqual(['v libpq.so.5 · 2 frames', '1 start', '2 poll']);
});

test('an end by a packet shows the stack of the connect, and says so', () => {
  const failure = moment({ moment: 'failure', user: null, userProblem: 'closed by a packet' });
  const lines = linesOf(failure, [], moment());
  expect(lines.slice(0, 4)).toEqual([
    '> kernel · 2 frames',
    'note user · closed by a packet',
    'boundary the stack taken at connect',
    'note user · unwound by CFI · 6 frames',
  ]);
  const text = momentText(failure, moment());
  expect(text).toContain('user: closed by a packet\ntaken at connect:\nuser · unwound');
});

test('a thread that was asked says which it was and where; the connect does not stand in for it', () => {
  const asked = { event: 57, text: 'thread 1234 was in connect' };
  const told = moment({ moment: 'asked', atMs: 12_300, asked });
  expect(linesOf(told).slice(0, 4)).toEqual([
    'note asked at +12.3 s; thread 1234 was in connect',
    '> kernel · 2 frames',
    'boundary system call connect(2)',
    'note user · unwound by CFI · 6 frames',
  ]);
  expect(momentText(told)).toMatch(/^Stack asked at \+12\.3 s; thread 1234 was in connect\n/);
  const unread = moment({ ...told, user: null, userProblem: 'could not be read' });
  expect(linesOf(unread, [], moment())).toEqual([
    'note asked at +12.3 s; thread 1234 was in connect',
    '> kernel · 2 frames',
    'note user · could not be read',
  ]);
  expect([moment(), told].map(momentKey)).toEqual(['connect', 'asked 57']);
  expect([moment(), told].map(momentName)).toEqual(['at connect', 'asked']);
});

test('no stack at all says why, once', () => {
  const problem = 'left out: too many connections at that moment';
  const none = { user: null, kernel: null, userProblem: problem, kernelProblem: problem };
  expect(linesOf(moment(none))).toEqual([`note ${problem}`]);
  expect(linesOf(moment({ ...none, moment: 'close' }), [], moment(none))).toEqual([
    `note ${problem}`,
  ]);
  expect(linesOf(moment({ ...none, kernelProblem: 'other' }))).toEqual([
    'note kernel · other',
    `note user · ${problem}`,
  ]);
});

test('code that the program made itself is its own; a program of unknown name folds libraries only', () => {
  const jit = stack('user', [
    frame('*render', '[jit]', { quality: 'jit-map' }),
    frame('*next', '[jit]', { quality: 'jit-map' }),
    frame('run', '/usr/bin/node'),
    frame('main', '/usr/bin/node'),
  ]);
  const lines = stackLines({
    stacks: moment({ user: jit, kernel: null }),
    connect: undefined,
    exe: null,
    isOpen: () => false,
  });
  expect(told(lines)).toEqual([
    'note user · unwound by CFI · 4 frames',
    '0 *render own',
    '1 *next own',
    '2 run',
    '3 main',
  ]);
});

test('names that have not come, and what would name more', () => {
  const hinted = { ...user, symbolized: false, hint: 'start node with --perf-basic-prof' };
  expect(linesOf(moment({ user: hinted, kernel: null })).slice(0, 2)).toEqual([
    'note user · unwound by CFI · 6 frames · names are being looked up…',
    'note start node with --perf-basic-prof',
  ]);
});

test('as text for an issue', () => {
  const odd = stack('user', [
    frame('walked', PSQL, { quality: 'frame-pointer' }),
    frame(null, null, { quality: 'guess', offset: null, problem: 'no mapping' }),
    ...user.frames.slice(0, 3),
  ]);
  const known = { ...odd, fingerprint: '0123456789abcdef' };
  expect(momentIssueText(moment({ user: known }))).toBe(`\`\`\`
Stack at connect (0)
kernel · 2 frames
#0  tcp_v4_connect+0x10 (vmlinux)
#1  __x64_sys_connect+0x10 (vmlinux)
--- system call connect(2) ---
user · unwound by CFI · 5 frames
#0  walked (psql+0x10) [fp]
#1  0x401000 — no mapping
#2  __connect (libc.so.6+0x10)
#3  start (libpq.so.5+0x10) fe-connect.c:2915
#4  poll (libpq.so.5+0x10) [inlined]
fingerprint 0123456789abcdef
/usr/bin/psql
/usr/lib/libc.so.6 build-id abc
/usr/lib/libpq.so.5
\`\`\``);
});

test.each([
  ['main', 'main'],
  [`${'a'.repeat(80)}`, 'a'.repeat(80)],
  [
    `net::pool<${'std::pair<int, long>, '.repeat(90)}int>::connect(std::vector<int> const&)`,
    'net::pool<…>::connect(…)',
  ],
  [
    'main.(*Client).connect_to_the_database_with_a_long_name_of_a_method',
    'main.(…).connect_to_the_database_with_a_long_name_of_a_method',
  ],
  [
    '(anonymous namespace)::Connector<int>::operator<<(std::vector<int, std::allocator<int> >)',
    '(anonymous namespace)::Connector<int>::operator<<(std::vector<int, std::allocator<int> >)',
  ],
  [`never_closed<${'int, '.repeat(40)}`, `never_closed<${'int, '.repeat(40)}`],
  [`cut<${'int, '.repeat(40)}…`, 'cut<…'],
])('%s is short', (name, short) => {
  expect(shortFunction(name)).toBe(short);
});

test('every name makes a filter that can be read', () => {
  for (const name of ['main', 'a b', '"', '\\', 'none', 'std::operator<<', 'x'.repeat(4000)]) {
    expect(parseFilter(frameFilter(name)), name).toMatchObject({ ok: true });
  }
  expect(parseFilter(frameFilter('a "b" \\c'))).toMatchObject({
    filter: { field: 'frame', operator: '=', values: [{ text: 'a "b" \\c' }] },
  });
});

test('opened libraries are remembered, as long as they are names', () => {
  expect(validSettings({ openModules: ['libc.so.6', 'libc.so.6', 3, 'x'.repeat(300)] })).toEqual({
    openModules: ['libc.so.6'],
  });
  expect(validSettings({ openModules: 'libc' })).toEqual({});
});

test('spare columns are shown whole, or not at all, unless one was chosen', () => {
  const all = COLUMNS.reduce((sum, { width }) => sum + width, 0);
  expect(fittingColumns({}, {}, all)).toEqual({ duration: true, local: true, error: true });
  expect(fittingColumns({}, {}, all - 1)).toEqual({ duration: true, local: true, error: false });
  expect(fittingColumns({}, {}, 0)).toEqual({ duration: true, local: true, error: true });
  expect(fittingColumns({}, {}, 500)).toEqual({ duration: false, local: false, error: false });
  expect(fittingColumns({ local: true }, {}, 500)).toMatchObject({ local: true, error: false });
  expect(fittingColumns({ bytes: false, local: false }, {}, all - 264)).toEqual({
    bytes: false,
    duration: true,
    local: false,
    error: true,
  });
  expect(fittingColumns({}, { remote: 600 }, all)).toMatchObject({ error: false });
});
