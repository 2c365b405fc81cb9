// The set-up that every command of package.json begins with: system packages, npm
// packages with the Node 24 runtime, generated readers, the addon, the page. What is
// there and up to date is left alone. Plain JavaScript: it runs before anything is installed.
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  BUILD_NEEDS,
  GENERATE_NEEDS,
  installPackages,
  KERNEL_NEEDS,
  missingOf,
  TEST_NEEDS,
} from './packages.mjs';
import { Failure, hashOf, must, ROOT, setStamp, stampedStep, stampOf, step } from './steps.mjs';

const NODE = join(ROOT, 'node_modules/.bin/node');
const LAYOUT_INPUTS = [
  'bpf/events.h',
  'bpf/layout.c',
  'scripts/generate-events.ts',
  'scripts/generate-events',
];
const LAYOUT_OUTPUTS = ['contract/generated/events.ts', 'native/src/layout_hash.h'];

/** The Node that runs Synscope: 24, from node_modules. */
export function node() {
  return NODE;
}

function checkPlatform() {
  const major = Number(process.versions.node.split('.')[0]);
  if (process.platform !== 'linux') {
    throw new Failure(
      'Synscope watches the Linux kernel; this is another one.',
      'Run it on Linux.',
    );
  }
  if (!['x64', 'arm64'].includes(process.arch)) {
    throw new Failure(
      `Synscope is built for x86-64 and arm64, not ${process.arch}.`,
      'Run it on one of these.',
    );
  }
  if (major < 20) {
    throw new Failure(
      `This Node is ${process.versions.node}; the set-up needs 20 or newer.`,
      'See https://nodejs.org, or your distribution.',
    );
  }
}

async function systemPackages(needs) {
  const missing = missingOf(needs);
  if (missing.length === 0) return;
  // What cannot be had was tried once; it is not tried again at every start.
  const key = missing.map((one) => one.apt).join(' ');
  const optionalOnly = missing.every((one) => one.without !== undefined);
  if (optionalOnly && stampOf('packages') === key) return;
  await step('system packages', () => installPackages(missing));
  setStamp(
    'packages',
    missingOf(needs)
      .map((one) => one.apt)
      .join(' '),
  );
}

/** PATH without node_modules/.bin: npm must not run on the Node that it is about to replace. */
function systemPath() {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.filter((folder) => !folder.endsWith('node_modules/.bin')).join(':');
}

/** Whether node_modules has what the lock file wants, by npm's own record of what it installed. */
function installedMatchesLock() {
  try {
    const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const record = readFileSync(join(ROOT, 'node_modules/.package-lock.json'), 'utf8');
    const installed = JSON.parse(record).packages;
    return Object.entries(wanted).every(
      ([path, entry]) =>
        path === '' || entry.optional || installed[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/** npm 9 and 10 install the runtime's package without linking its program. */
function linkRuntime() {
  const program = `node-linux-${process.arch}/bin/node`;
  if (existsSync(NODE) || !existsSync(join(ROOT, 'node_modules', program))) return;
  mkdirSync(dirname(NODE), { recursive: true });
  symlinkSync(join('..', program), NODE);
}

async function npmPackages() {
  const inputs = hashOf(['package.json', 'package-lock.json', 'node_modules/.package-lock.json']);
  if (stampOf('npm') !== inputs) {
    if (!installedMatchesLock()) {
      await step('npm packages and the Node 24 runtime', async () => {
        // Engine warnings are about this Node; the packages run on the one that is installed here.
        await must(
          'npm ci',
          'Check the network and the registry (`npm ping`), then run the same command again.',
          'npm',
          ['ci', '--loglevel=error', '--no-audit', '--no-fund'],
          { env: { PATH: systemPath() } },
        );
      });
    }
    setStamp(
      'npm',
      hashOf(['package.json', 'package-lock.json', 'node_modules/.package-lock.json']),
    );
  }
  linkRuntime();
  if (!existsSync(NODE)) {
    throw new Failure(
      'The Node 24 runtime was not installed: npm left out optional packages.',
      'Run: npm ci --include=optional',
    );
  }
}

/** The generated files are committed; they are only made anew when the layout was edited. */
async function eventReaders() {
  const missing = LAYOUT_OUTPUTS.some((path) => !existsSync(join(ROOT, path)));
  const inputs = hashOf(LAYOUT_INPUTS);
  if (stampOf('events') === undefined && !missing) {
    setStamp('events', inputs);
    return;
  }
  await stampedStep(
    'event readers from bpf/events.h',
    { name: 'events', inputs: LAYOUT_INPUTS, output: LAYOUT_OUTPUTS[0] },
    async () => {
      await systemPackages(GENERATE_NEEDS);
      await must(
        'Generating the readers',
        'Repair bpf/events.h, then run: npm run generate',
        NODE,
        ['scripts/generate-events.ts'],
      );
    },
  );
}

async function addon() {
  await stampedStep(
    'eBPF programs and the addon',
    { name: 'native', inputs: ['bpf', 'native'], output: 'native/build/synscope.node' },
    async () => {
      await must(
        'make -C native',
        'Repair what the compiler names, then run: make -C native',
        'make',
        ['-C', 'native', '--no-print-directory'],
      );
    },
  );
}

/** A bundle of vite.config.ts. */
async function bundle(what, mode, inputs, output) {
  const name = `bundle-${mode}`;
  await stampedStep(
    what,
    { name, inputs: [...inputs, 'vite.config.ts', 'package-lock.json'], output },
    async () => {
      const args = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'];
      if (mode !== 'page') args.push('--mode', mode);
      await must(what, 'Repair what it names, then run: npm run build', NODE, args);
    },
  );
}

/** The page of the viewer. */
export async function buildPage() {
  await bundle('the page', 'page', ['renderer', 'contract'], 'dist/renderer/index.html');
}

/** The programs of an installed Synscope; in the checkout Electron runs them too. */
export async function buildPrograms() {
  const sources = ['cli', 'serve', 'engine', 'contract', 'electron'];
  await bundle('the programs', 'node', sources, 'dist/node/electron-main.js');
  await bundle(
    'the preload',
    'preload',
    ['contract', 'electron', 'dist/node/electron-main.js'],
    'dist/node/preload.cjs',
  );
}

/**
 * Everything that `npm start` and `npm run synscope` need.
 * @param {{ tests?: boolean, kernels?: boolean }} [options] `tests`: what the tests need,
 *   too; `kernels`: what the kernels of other releases need, too
 */
export async function setUp({ tests = false, kernels = false } = {}) {
  checkPlatform();
  const needs = [...BUILD_NEEDS, ...(tests ? TEST_NEEDS : []), ...(kernels ? KERNEL_NEEDS : [])];
  await systemPackages(needs);
  await npmPackages();
  await eventReaders();
  await addon();
  await buildPage();
}
