// What a stack is known by: the same in every run, another one for another place.
import { expect, test } from 'vitest';
import type { FrameQuality } from '../../../contract/addon.ts';
import { fingerprintOf } from '../../../engine/session/fingerprint.ts';

type Frame = Parameters<typeof fingerprintOf>[0][number];

function stack(...names: string[]): Frame[] {
  return names.map((each) => {
    const [name = '', module = '/opt/app/bin/app', quality = 'cfi'] = each.split(' @ ');
    return { name, module: module === '-' ? null : module, quality: quality as FrameQuality };
  });
}

const LIBC = '/usr/lib/x86_64-linux-gnu/libc.so.6';
const base = stack(`connect @ ${LIBC}`, 'dial', 'open_pool', 'main', `__libc_start_main @ ${LIBC}`);
const same = (frames: Frame[]) => fingerprintOf(frames)?.hash === fingerprintOf(base)?.hash;

test('the innermost functions of the program in words', () => {
  expect(fingerprintOf(base)).toEqual({
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    text: 'dial ← open_pool ← main (app)',
  });
  expect(fingerprintOf(stack('a', 'b', 'c', 'd'))?.text).toBe('a ← b ← c ← … (app)');
});

test.each<[string, Frame[]]>([
  ['another libc', stack('__connect @ /lib/libc.musl-x86_64.so.1', 'dial', 'open_pool', 'main')],
  [
    'another folder',
    base.map((frame) => ({ ...frame, module: frame.module?.replace('/opt', '/home') ?? null })),
  ],
  [
    'a clone that the compiler made',
    stack('dial.constprop.0', 'open_pool.isra.0.part.1', 'main.cold'),
  ],
  ['a recursion that went deeper', stack('dial', 'open_pool', 'open_pool', 'open_pool', 'main')],
  [
    'a caller that was recovered by a guess',
    stack('dial', 'open_pool @ /opt/app/bin/app @ guess', 'main'),
  ],
  ['a version of the symbol', stack('dial@@APP_2.1', 'open_pool', 'main')],
])('the same in spite of %s', (_, frames) => {
  expect(same(frames)).toBe(true);
});

test.each<[string, Frame[]]>([
  ['another function', stack('dial', 'reopen', 'main')],
  ['another program', stack('dial @ /bin/b', 'open_pool @ /bin/b', 'main @ /bin/b')],
  ['another way to it', stack('dial', 'main')],
])('another one for %s', (_, frames) => {
  expect(same(frames)).toBe(false);
});

test('code that was compiled while running is known by its name, in whichever tier', () => {
  const at = (name: string, map: string) =>
    fingerprintOf(stack(`${name} @ ${map} @ jit-map`))?.hash;
  expect(at('LazyCompile:*dial /app/db.js:3', '/tmp/perf-812.map')).toBe(
    at('LazyCompile:~dial /app/db.js:3', '/tmp/perf-99.map'),
  );
});

test('how V8 got from one function to the next says nothing', () => {
  const by = (trampoline: string) =>
    fingerprintOf(
      stack(
        'void node::TCPWrap::Connect<sockaddr_in>(v8::FunctionCallbackInfo<v8::Value> const&) @ /bin/node',
        `${trampoline} @ /bin/node`,
        'main.(*Pool).Dial @ /bin/node',
      ),
    );
  expect(by('Builtins_InterpreterEntryTrampoline')).toEqual(by('Builtins_JSEntryTrampoline'));
  expect(by('Builtins_JSEntryTrampoline')?.text).toBe(
    'node::TCPWrap::Connect<sockaddr_in> ← main.(*Pool).Dial (node)',
  );
});

test('programs without symbols are told apart by their file and the place in it', () => {
  const stripped = (buildId: string, offset = 0x1200) => [
    ...stack(`connect @ ${LIBC}`),
    { name: null, module: '/usr/bin/nc', quality: 'cfi' as const, buildId, offset },
  ];
  const hashOf = (buildId: string, offset?: number) =>
    fingerprintOf(stripped(buildId, offset))?.hash;
  expect(fingerprintOf(stripped('abcd'))?.text).toBe('nc+0x1200 (nc)');
  expect(hashOf('abcd')).toBe(hashOf('abcd'));
  expect(hashOf('abcd')).not.toBe(hashOf('ef01'));
  expect(hashOf('abcd')).not.toBe(hashOf('abcd', 0x1300));
});

test('a place is called by its module as everywhere else, whichever build it is of', () => {
  const module = `/usr/lib/${'x'.repeat(200)}.so.4`;
  const frames = (path: string) => [
    { name: null, module: path, quality: 'cfi' as const, buildId: '268f08d8', offset: 0x174f8 },
  ];
  const curl = '/usr/lib/libcurl.so.4.8.0';
  expect(fingerprintOf(frames(curl))?.text).toBe('libcurl.so.4.8.0+0x174f8 (libcurl.so.4.8.0)');
  expect(fingerprintOf(frames(module))?.text).toMatch(/^x{60}\+0x174f8 \(x+\)$/);
  // The hash is what it was: groups of older sessions are found again.
  expect(fingerprintOf(frames(curl))?.hash).toBe('50fb5fa5c9dcf9a4');
});

test('without a name there is none; where all is of the system, that is what there is', () => {
  expect(fingerprintOf([])).toBeNull();
  expect(fingerprintOf([{ name: null, module: null, quality: 'frame-pointer' }])).toBeNull();
  expect(fingerprintOf(stack(`connect @ ${LIBC}`))?.text).toBe('connect (libc.so.6)');
});

test.each<[string, Frame[]]>([
  ['clones of C++ functions', stack('dial() [clone .isra.0]', 'open_pool [clone .cold]', 'main')],
  [
    'a static program',
    stack('dial', 'open_pool', 'main', '__libc_start_call_main', '_start', 'noise'),
  ],
  [
    'debug information that shows what was inlined',
    stack('dial', 'open_pool', 'main').flatMap((frame) => [
      { ...frame, name: 'tiny', inlined: true },
      frame,
    ]),
  ],
])('the same in spite of %s', (_, frames) => {
  expect(same(frames)).toBe(true);
});

test('without a name a frame is known by its place in a file that has a build-id', () => {
  const at = (offset: number, buildId: string | null = 'abcdef0123456789abcdef') =>
    fingerprintOf([
      { name: null, module: '/opt/app', quality: 'cfi', buildId, offset },
      ...stack('main'),
    ]);
  expect(at(0x12)?.text).toBe('app+0x12 ← main (app)');
  expect(at(0x12)).toEqual(at(0x12));
  expect(at(0x12)?.hash).not.toBe(at(0x34)?.hash);
  expect(at(0x12, null)?.text).toBe('main (app)');
});

test('functions of one name in two files are two places', () => {
  const from = (file: string) =>
    fingerprintOf([{ name: 'dial', module: '[jit]', quality: 'jit-map', file }]);
  expect(from('/app/db.js')?.hash).not.toBe(from('/app/http.js')?.hash);
  expect(from('/app/db.js')?.text).toMatch(/^dial /);
});
