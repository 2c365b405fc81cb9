// How the emulator is watched, with programs in its place that do what an emulator may do.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { emulate } from '../../kernels/emulator.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synscope-emulator-'));
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Runs a shell script as the emulator; gives its end and the lines that were heard. */
async function emulator(script: string, silenceMs = 20_000, timeoutMs = 20_000) {
  const file = join(folder, 'qemu-system-x86_64');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const heard: string[] = [];
  const log = join(folder, 'log');
  const hear = (line: string) => heard.push(line);
  const end = await emulate(['-smp', '2'], { log, silenceMs, timeoutMs, hear });
  return { end, heard, log };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('it gets its arguments, runs at a low priority, and its lines are heard and kept', async () => {
  const { end, heard, log } = await emulator(`echo "args $*"; echo "nice $(nice)"`);
  const ours = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[16]);
  expect(heard).toEqual(['args -smp 2', `nice ${Math.min(ours + 5, 19)}`]);
  expect(end).toEqual({ began: true, problem: null, lastLines: heard });
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe(`${heard.join('\n')}\n`));
});

test('one that prints nothing any more is ended, with its last lines', async () => {
  const { end, heard } = await emulator('echo $$; echo; echo stuck; exec sleep 60', 500);
  expect(end.began).toBe(true);
  expect(end.problem).toMatch(/^it hangs: it printed nothing for/);
  expect(end.lastLines).toEqual([heard[0], 'stuck']);
  expect(isAlive(Number(heard[0]))).toBe(false);
});

test('one that goes on for too long is ended', async () => {
  const script = 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done';
  const { end, heard } = await emulator(script, 20_000, 1200);
  expect(end.problem).toMatch(/^it was not done after/);
  expect(heard.length).toBeGreaterThan(12);
  expect(end.lastLines).toEqual(heard.slice(-12));
});

test('one that cannot begin says why', async () => {
  const { end } = await emulator('echo "no option group virtfs" >&2; exit 1');
  expect(end).toMatchObject({ began: false, lastLines: [] });
  expect(end.problem).toBe('qemu ended with status 1: no option group virtfs');
});
