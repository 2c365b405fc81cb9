// System packages: what building and testing need, whether it is there, and how each
// distribution calls it. Installed through apt-get; elsewhere named for the person.
// Plain JavaScript, since it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from './steps.mjs';

/**
 * @typedef {object} Need
 * @property {() => boolean} present
 * @property {string} apt
 * @property {string} dnf
 * @property {string} pacman
 * @property {string} zypper
 * @property {string} [without] what is skipped when it cannot be had; none = it is required
 */

const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? '';

/** @param {string} name */
export function findProgram(name) {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(
    delimiter,
  );
  for (const folder of folders) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** @param {...string} names */
const program =
  (...names) =>
  () =>
    names.some((name) => findProgram(name) !== null);

/** @param {string} name */
const header = (name) => () =>
  ['/usr/include', `/usr/include/${multiarch}`, '/usr/local/include'].some((folder) =>
    existsSync(join(folder, name)),
  );

/** @param {string} name */
const library = (name) => () =>
  [`/usr/lib/${multiarch}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'].some((folder) =>
    existsSync(join(folder, name)),
  );

/** @param {() => boolean} present @param {[string, string, string, string]} names @param {string} [without] @returns {Need} */
function need(present, [apt, dnf, pacman, zypper], without) {
  return { present, apt, dnf, pacman, zypper, ...(without === undefined ? {} : { without }) };
}

/** @param {string} name @returns {[string, string, string, string]} */
const everywhere = (name) => [name, name, name, name];

/** What `make -C native` needs. */
export const BUILD_NEEDS = [
  need(program('clang'), everywhere('clang')),
  need(program('make'), everywhere('make')),
  need(program('g++'), ['g++', 'gcc-c++', 'gcc', 'gcc-c++']),
  need(library('libbpf.a'), ['libbpf-dev', 'libbpf-static', 'libbpf', 'libbpf-devel-static']),
  need(header('bpf/libbpf.h'), ['libbpf-dev', 'libbpf-devel', 'libbpf', 'libbpf-devel']),
  need(header('libelf.h'), ['libelf-dev', 'elfutils-libelf-devel', 'libelf', 'libelf-devel']),
  need(header('elfutils/libdwfl.h'), ['libdw-dev', 'elfutils-devel', 'elfutils', 'libdw-devel']),
  need(header('libiberty/demangle.h'), [
    'libiberty-dev',
    'binutils-devel',
    'binutils',
    'binutils-devel',
  ]),
  need(header('zlib.h'), ['zlib1g-dev', 'zlib-devel', 'zlib', 'zlib-devel']),
];

/** What regenerating the event readers needs besides. */
export const GENERATE_NEEDS = [need(program('bpftool'), ['bpftool', 'bpftool', 'bpf', 'bpftool'])];

/** What the tests need besides. */
export const TEST_NEEDS = [
  ...GENERATE_NEEDS,
  need(program('ip'), ['iproute2', 'iproute', 'iproute2', 'iproute2']),
  need(program('nft'), everywhere('nftables')),
  need(program('nc'), ['netcat-openbsd', 'netcat', 'openbsd-netcat', 'netcat-openbsd']),
  need(program('curl'), everywhere('curl')),
  need(program('python3'), ['python3', 'python3', 'python', 'python3']),
  need(
    program('Xvfb'),
    ['xvfb', 'xorg-x11-server-Xvfb', 'xorg-server-xvfb', 'xorg-x11-server-Xvfb'],
    'the tests in a real browser',
  ),
  need(
    program('chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'),
    everywhere('chromium'),
    'the tests in a real browser',
  ),
];

const emulation = 'the tests on the kernels of other releases';

/** What emulating the kernels of other releases needs (test/kernels/). */
export const KERNEL_NEEDS = [
  need(
    program('qemu-system-x86_64'),
    ['qemu-system-x86', 'qemu-system-x86', 'qemu-system-x86', 'qemu-x86'],
    emulation,
  ),
  need(program('busybox'), ['busybox-static', 'busybox', 'busybox', 'busybox-static'], emulation),
  need(program('cpio'), everywhere('cpio'), emulation),
  need(program('depmod'), everywhere('kmod'), emulation),
  need(program('xz'), ['xz-utils', 'xz', 'xz', 'xz'], emulation),
];

/** Lines that install `missing` by hand, for every family of distributions but apt's. */
function byHand(missing) {
  const names = (/** @type {'dnf' | 'pacman' | 'zypper'} */ tool) =>
    [...new Set(missing.map((one) => one[tool]))].join(' ');
  return [
    `  Fedora, RHEL    sudo dnf install ${names('dnf')}`,
    `  Arch            sudo pacman -S --needed ${names('pacman')}`,
    `  openSUSE        sudo zypper install ${names('zypper')}`,
  ].join('\n');
}

/** `sudo` in front of a command where it is needed. */
function asRoot(command) {
  if (process.geteuid?.() === 0) return command;
  if (findProgram('sudo') === null) {
    throw new Failure(
      'Installing system packages needs root, and sudo is not installed.',
      `As root: ${command.join(' ')}`,
    );
  }
  // Without a terminal nobody can answer: then only a sudo without password will do.
  const quiet = process.stdin.isTTY ? [] : ['--non-interactive'];
  return ['sudo', ...quiet, ...command];
}

function apt(args) {
  const [file = '', ...rest] = asRoot([
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    ...args,
  ]);
  const { status, stdout, stderr } = spawnSync(file, rest, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}` };
}

/** Ubuntu calls bpftool otherwise, and has Chromium only as a snap. */
function aptNames(missing) {
  const names = [...new Set(missing.map((one) => one.apt))];
  const ubuntu = /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
  if (!ubuntu) return names;
  return names.flatMap((name) =>
    name === 'bpftool' ? ['linux-tools-common', 'linux-tools-generic'] : name,
  );
}

function installWithApt(required, optional) {
  const names = aptNames(required);
  const updated = apt(['update', '-q']);
  if (names.length > 0) {
    const { ok, output } = apt(['install', '-y', '-q', '--no-install-recommends', ...names]);
    if (!ok) {
      const failed = updated.ok ? output : `${updated.output}\n${output}`;
      throw new Failure(
        `apt-get could not install ${names.join(' ')}:\n${failed.trim().split('\n').slice(-8).join('\n')}`,
        `Repair that, or install them by hand: sudo apt-get install ${names.join(' ')}`,
      );
    }
  }
  for (const name of aptNames(optional))
    apt(['install', '-y', '-q', '--no-install-recommends', name]);
}

/** The needs that are not met. */
export function missingOf(needs) {
  return needs.filter((one) => !one.present());
}

/**
 * Installs what is missing. Throws a `Failure` that names the packages where there is no
 * apt-get, or where it fails.
 * @param {Need[]} missing
 * @returns {string} what was done, for the progress line
 */
export function installPackages(missing) {
  const required = missing.filter((one) => one.without === undefined);
  const optional = missing.filter((one) => one.without !== undefined);
  if (findProgram('apt-get') !== null) {
    installWithApt(required, optional);
  } else if (required.length > 0) {
    throw new Failure('System packages are missing. Install them with:', byHand(missing));
  }
  const left = missingOf(missing);
  const leftRequired = left.filter((one) => one.without === undefined);
  if (leftRequired.length > 0) {
    const names = leftRequired.map((one) => one.apt).join(' ');
    throw new Failure(
      `Still missing after the installation: ${names}`,
      'Look with `dpkg -L NAME` whether these packages are other ones on this release.',
    );
  }
  const skipped = left.map((one) => `${one.apt} cannot be had: without ${one.without}`);
  return [[...new Set(missing.map((one) => one.apt))].join(' '), ...skipped].join('; ');
}
