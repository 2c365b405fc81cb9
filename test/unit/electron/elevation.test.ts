// An installed window without the rights to capture: asks once, and goes on by itself when
// it got none. The launcher that it starts is a stand-in which tells what it was given.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const installed = temporaryDirectory();
const missing = vi.hoisted(() => ({ names: ['CAP_BPF'] }));

vi.mock('../../../engine/shells/root.ts', () => ({ repositoryRoot: () => installed }));
vi.mock('../../../engine/rights.ts', () => ({ missingCapabilities: () => missing.names }));

const { runWithRights } = await import('../../../electron/elevation.ts');
const told = join(installed, 'told');

function launcherEndsWith(status: number): void {
  mkdirSync(join(installed, 'dist/node'), { recursive: true });
  const tell = `[process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE]`;
  writeFileSync(
    join(installed, 'dist/node/installed.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify(${tell}));
     process.exitCode = ${status};`,
  );
}

beforeEach(() => {
  missing.names = ['CAP_BPF'];
  delete process.env['SYNSCOPE_BEGUN'];
});

test('the window with the rights runs in its place, with the same words', async () => {
  launcherEndsWith(3);
  expect(await runWithRights(['--ozone-platform=wayland'])).toBe(3);
  expect(JSON.parse(readFileSync(told, 'utf8'))).toEqual([['--ozone-platform=wayland'], '1']);
});

test('none were given: this one is shown, without capture', async () => {
  launcherEndsWith(77);
  expect(await runWithRights([])).toBeNull();
});

test('with the rights nobody is asked', async () => {
  launcherEndsWith(3);
  missing.names = [];
  expect(await runWithRights([])).toBeNull();
});

test('whoever was started with them says so, and never asks again', async () => {
  launcherEndsWith(3);
  const mark = join(installed, 'begun');
  process.env['SYNSCOPE_BEGUN'] = mark;
  expect(await runWithRights([])).toBeNull();
  expect(existsSync(mark)).toBe(true);
  expect(process.env['SYNSCOPE_BEGUN']).toBeUndefined();
});
