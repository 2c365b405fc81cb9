// Running small programs, with those that every Linux has.
import { afterAll, expect, test } from 'vitest';
import { Programs } from '../../../engine/context/programs.ts';

const programs = new Programs();
afterAll(() => programs.close());

function soon(ms = 5000): AbortSignal {
  return AbortSignal.timeout(ms);
}

test('what it said and how it ended', async () => {
  expect(await programs.run('echo', ["it's", '$HOME;', 'a  b'], soon())).toEqual({
    code: 0,
    text: "it's $HOME; a  b\n",
  });
  const failed = await programs.run('cat', ['/proc/self/nonsense'], soon());
  expect(failed).toMatchObject({ code: 1, text: expect.stringContaining('No such file') });
  expect(await programs.run('sh', ['-c', 'printf no-line-end; exit 3'], soon())).toEqual({
    code: 3,
    text: 'no-line-end',
  });
});

test('it reads nothing, and what comes next is told apart', async () => {
  expect(await programs.run('cat', [], soon())).toEqual({ code: 0, text: '' });
  const texts = await Promise.all(
    Array.from({ length: 20 }, (_, each) => programs.run('echo', [String(each)], soon())),
  );
  expect(texts.map((output) => output?.text)).toEqual(
    Array.from({ length: 20 }, (_, n) => `${n}\n`),
  );
});

test('one that takes too long is given up, and others run on', async () => {
  const began = performance.now();
  expect(await programs.run('sleep', ['20'], soon(100))).toBeNull();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await programs.run('echo', ['here'], soon())).toMatchObject({ text: 'here\n' });
});

test('one that says too much is given up', async () => {
  expect(await programs.run('head', ['-c', '9000000', '/dev/zero'], soon())).toBeNull();
  expect(await programs.run('head', ['-c', '3000000', '/dev/zero'], soon())).toMatchObject({
    code: 0,
    text: '\0'.repeat(3_000_000),
  });
});

test('one that is not there is not asked for again', async () => {
  expect(programs.lacks('nonsense-of-ours')).toBe(false);
  expect(await programs.run('nonsense-of-ours', [], soon())).toMatchObject({ code: 127 });
  expect(programs.lacks('nonsense-of-ours')).toBe(true);
  expect(await programs.run('nonsense-of-ours', [], soon())).toBeNull();
});
