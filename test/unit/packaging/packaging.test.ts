// What the packages are made of: the builder's configuration against its own schema, the
// files that it names, and the bundles that an installed Synscope runs.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { SYNSCOPE_VERSION } from '../../../engine/version.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = temporaryDirectory();

/** electron-builder's own modules, which it does not export with types. */
const fromBuilder = createRequire(join(root, 'node_modules/app-builder-lib/package.json'));

interface Configuration {
  readonly files: readonly string[];
  readonly linux: { readonly icon: string; readonly target: readonly string[] };
  readonly deb: { readonly fpm: readonly string[] };
  readonly fileAssociations: readonly { readonly ext: string }[];
}

function configuration(): Configuration {
  const yaml: { load(text: string): Configuration } = fromBuilder('js-yaml');
  return yaml.load(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
}

/** Throws with the builder's own words. */
async function validate(candidate: unknown): Promise<void> {
  const { validateConfiguration } = fromBuilder('./out/util/config/config.js');
  const { DebugLogger } = fromBuilder('builder-util');
  await validateConfiguration(candidate, new DebugLogger(false));
}

test('the configuration is what electron-builder understands', async () => {
  await validate(configuration());
  await expect(validate({ ...configuration(), fileAssociation: [] })).rejects.toThrow(
    /fileAssociation/,
  );
});

test('it makes an AppImage and a deb that open .synscope files', () => {
  const { linux, fileAssociations } = configuration();
  expect(linux.target).toEqual(['AppImage', 'deb']);
  expect(fileAssociations[0]?.ext).toBe('synscope');
});

test('what it names is there', () => {
  const { files, linux, deb } = configuration();
  const plain = files.filter((path) => !path.startsWith('!'));
  const named = plain.map((path) => path.replace('/**', ''));
  for (const path of [...named.filter((name) => !name.startsWith('dist/node')), linux.icon]) {
    expect(existsSync(join(root, path)), path).toBe(true);
  }
  for (const pair of deb.fpm) {
    expect(existsSync(join(root, pair.split('=')[0] ?? '')), pair).toBe(true);
  }
});

test('the version is the same everywhere', () => {
  const { version, main, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(SYNSCOPE_VERSION).toBe(version);
  expect([main, bin.synscope]).toEqual(['dist/node/electron-main.js', 'dist/node/synscope.js']);
});

beforeAll(async () => {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  for (const mode of ['node', 'preload']) {
    await run(process.execPath, [vite, 'build', '--mode', mode, '--logLevel', 'warn'], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production' },
    });
  }
}, 60_000);

test('the bundled command line runs, its workers too', async () => {
  const main = join(root, 'dist/node/synscope.js');
  const env = { ...process.env, SYNSCOPE_STATE_DIR: join(folder, 'state') };
  const version = await run(process.execPath, [main, '--version'], { env, cwd: folder });
  expect(version.stdout).toBe(`${SYNSCOPE_VERSION}\n`);
  // doctor answers 1 where there are no rights to capture; it has started a worker by then.
  const doctor = await run(process.execPath, [main, 'doctor', '--json'], {
    env,
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  const { findings } = JSON.parse(doctor.stdout);
  const capture = findings.find((finding: { name: string }) => finding.name === 'capture');
  expect(capture.found).not.toMatch(/module|worker|ENOENT/i);
}, 30_000);

test('the bundled launcher says why there are no rights, and that there are none', async () => {
  const launcher = join(root, 'dist/node/installed.js');
  const env = { PATH: folder, HOME: folder };
  const declined = await run(process.execPath, [launcher], { env, cwd: folder }).catch(
    (error: { code: number; stdout: string }) => error,
  );
  expect(declined).toMatchObject({ code: 77 });
  expect(declined.stdout).toContain('sudo or pkexec is not installed');
});

test('the preload is one CommonJS file that needs nothing but Electron', () => {
  const preload = readFileSync(join(root, 'dist/node/preload.cjs'), 'utf8');
  expect([...preload.matchAll(/require\(([^)]+)\)/g)].map((match) => match[1])).toEqual([
    expect.stringMatching(/^["'`]electron["'`]$/),
  ]);
  expect(preload).not.toMatch(/^import /m);
});
