// Installing system packages: through an apt-get that only writes down what it was asked,
// and where there is none. In a child process, since the launchers are plain JavaScript.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const folder = temporaryDirectory();
const packages = join(import.meta.dirname, '../../../scripts/launch/packages.mjs');
const REPORT = `
  const { installPackages, BUILD_NEEDS, TEST_NEEDS } = await import(process.argv[1]);
  const { existsSync } = await import('node:fs');
  const gone = (names, rest) => ({ ...names, present: () => existsSync(process.argv[2]), ...rest });
  const clang = BUILD_NEEDS.find((one) => one.apt === 'clang');
  const libdw = BUILD_NEEDS.find((one) => one.apt === 'libdw-dev');
  const xvfb = TEST_NEEDS.find((one) => one.apt === 'xvfb');
  try {
    console.log(installPackages([gone(clang), gone(libdw), gone(xvfb)]));
  } catch (error) {
    console.log(error.message + '\\n' + error.fix);
  }
`;

/** Runs the installation with this folder first in PATH, and resolves with what it said. */
function install(path: string, made: string): Promise<string> {
  const args = ['--input-type=module', '-e', REPORT, pathToFileURL(packages).href, made];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, PATH: path } }, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout);
    });
  });
}

/** An apt-get that logs its arguments and ends with `status`. */
function fakeApt(name: string, script: string): { path: string; log: string; made: string } {
  const path = join(folder, name);
  mkdirSync(path);
  const [log, made] = [join(path, 'log'), join(path, 'made')];
  const program = `#!/bin/sh\necho "$@" >> ${log}\nmade=${made}\n${script}\n`;
  for (const file of ['apt-get', 'sudo']) {
    const text =
      file === 'sudo' ? '#!/bin/sh\n[ "$1" = --non-interactive ] && shift\nexec "$@"\n' : program;
    writeFileSync(join(path, file), text);
    chmodSync(join(path, file), 0o755);
  }
  return { path: `${path}:/usr/bin:/bin`, log, made };
}

test('apt-get updates once, then installs everything that is required in one go', async () => {
  const { path, log, made } = fakeApt('works', '[ "$1" = install ] && : > "$made"; exit 0');
  expect(await install(path, made)).toContain('clang libdw-dev xvfb');
  const [update, required, optional] = readFileSync(log, 'utf8').trim().split('\n');
  expect(update).toMatch(/^update/);
  expect(required).toMatch(/^install -y .*clang libdw-dev$/);
  expect(optional).toMatch(/^install -y .*xvfb$/);
});

test('a failing apt-get is quoted, with the command to type', async () => {
  const script = 'echo "E: Unable to locate package libdw-dev" >&2; exit 100';
  const { path, made } = fakeApt('fails', script);
  const said = await install(path, made);
  expect(said).toContain('Unable to locate package libdw-dev');
  expect(said).toContain('sudo apt-get install clang libdw-dev');
  expect(existsSync(made)).toBe(false);
});

test('without apt-get the packages are named for the others', async () => {
  const said = await install(folder, join(folder, 'never'));
  expect(said).toContain('dnf install clang elfutils-devel');
  expect(said).toContain('pacman -S --needed clang elfutils');
  expect(said).toContain('zypper install clang libdw-devel');
});
