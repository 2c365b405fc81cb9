// Fetches the kernels from the package mirror that this machine uses already, with lists
// and a cache of its own: nothing of another release is installed. Each is fetched once.
// Before: kernels.ts names them. Next: initramfs.ts and guest.ts boot what is unpacked here.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KERNELS, type Kernel, packagesOf, Unavailable } from './kernels.ts';

const execute = promisify(execFile);
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Of the modules, what a guest with veth, nftables, netem and 9p may ask for. */
const MODULES = [
  ...['net', 'lib', 'crypto', 'arch/x86/crypto', 'drivers/virtio', 'drivers/block/virtio*'],
  ...['drivers/net/veth*', 'drivers/net/dummy*', 'drivers/net/ifb*'],
  ...['fs/9p', 'fs/netfs', 'fs/fscache', 'fs/overlayfs'],
];

/** An unpacked kernel. */
export interface Unpacked {
  /** As `uname -r` says it. */
  readonly release: string;
  /** The kernel, for a boot loader. */
  readonly image: string;
  /** Folder of the modules, as `/lib/modules/<release>` is. */
  readonly modules: string;
}

/** Where kernels are kept between runs. */
export function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.SYNSCOPE_KERNEL_CACHE ?? join(cache, 'synscope', 'kernels');
}

/** Runs a program to its end and gives what it printed; throws with what it complained of. */
async function run(file: string, args: readonly string[], cwd?: string): Promise<string> {
  const { stdout } = await execute(file, args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 600_000,
  });
  return stdout;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    text.split('\n').find((line) => /^[EW]: /.test(line)) ??
    text.split('\n')[0] ??
    ''
  ).trim();
}

/** The address of Debian's archive, as the package sources of this machine have it. */
async function mirror(): Promise<string> {
  const listed = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(CODENAME)',
  ]).catch(() => '');
  const found = listed
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .find((address) => /\/debian\/?$/.test(address));
  if (found === undefined) {
    throw new Unavailable('the package sources of this machine name no mirror of Debian');
  }
  return found;
}

/** apt with lists of its own: every release, nothing of the machine's. */
class Archive {
  readonly #options: readonly string[];
  /** What apt complained of when it fetched the lists; empty when it did not. */
  trouble = '';

  private constructor(folder: string) {
    this.#options = Object.entries({
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '-',
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::Cache': join(folder, 'cache'),
      'APT::Sandbox::User': '',
    }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  }

  /** Fetches the lists of every release. A release that is gone is only missing its kernel. */
  static async open(folder: string): Promise<Archive> {
    for (const part of ['lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(folder, part), { recursive: true });
    }
    const address = await mirror();
    const lines = KERNELS.map(
      ({ suite }) => `deb [signed-by=${KEYRING}] ${address} ${suite} main\n`,
    );
    writeFileSync(join(folder, 'sources.list'), lines.join(''));
    const archive = new Archive(folder);
    await execute('apt-get', [...archive.#options, 'update', '-q'], { timeout: 600_000 }).then(
      ({ stderr }) => {
        archive.trouble = /^[EW]: .*/m.exec(stderr)?.[0] ?? '';
      },
      (error: unknown) => {
        archive.trouble = firstLine(error);
      },
    );
    return archive;
  }

  async names(): Promise<string[]> {
    return (await run('apt-cache', [...this.#options, 'pkgnames', 'linux-'])).split('\n');
  }

  /** Downloads packages and gives the paths of the files. */
  async fetch(packages: readonly string[], into: string): Promise<string[]> {
    await run('apt-get', [...this.#options, 'download', '-q', ...packages], into);
    return readdirSync(into)
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(into, name));
  }
}

/** Unpacks what is needed of the packages, and says what depends on what. */
async function unpack(debs: readonly string[], release: string, into: string): Promise<void> {
  const wanted = [
    ...['./boot/vmlinuz-*', '*/vmlinuz', '*/modules.builtin*', '*/modules.order'],
    ...MODULES.map((part) => `*/kernel/${part}`),
  ];
  for (const deb of debs) {
    const archive = `${deb}.tar`;
    await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', deb, archive]);
    // A pattern that is in none of this package's files is no fault: the packages differ.
    await run('tar', ['-xf', archive, '-C', into, '--wildcards', ...wanted]).catch(() => '');
    rmSync(archive);
  }
  const usr = readdirSync(into).includes('usr') ? join(into, 'usr') : into;
  await run('/sbin/depmod', ['-b', usr, release]);
}

/** What is in an unpacked folder. */
function look(folder: string): Unpacked {
  const release = readFileSync(join(folder, 'release'), 'utf8').trim();
  const names = readdirSync(folder);
  const modules = join(folder, names.includes('usr') ? 'usr/lib/modules' : 'lib/modules', release);
  const boot = names.includes('boot') ? join(folder, 'boot') : modules;
  const image = readdirSync(boot).find((name) => name.startsWith('vmlinuz')) ?? 'vmlinuz';
  return { release, image: join(boot, image), modules };
}

/** A kernel from the cache; null when it is not there. */
function cached(kernel: Kernel): Unpacked | null {
  try {
    return look(join(cacheFolder(), kernel.name));
  } catch {
    return null;
  }
}

async function fetchOne(archive: Archive, names: readonly string[], kernel: Kernel) {
  const found = packagesOf(kernel, names);
  if (found === null) {
    const why = archive.trouble === '' ? '' : ` (${archive.trouble})`;
    throw new Unavailable(`the mirror has no package of ${kernel.suite}'s kernel${why}`);
  }
  const folder = join(cacheFolder(), `${kernel.name}.${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'packages'), { recursive: true });
  try {
    const debs = await archive.fetch(found.packages, join(folder, 'packages'));
    await unpack(debs, found.release, folder);
    rmSync(join(folder, 'packages'), { recursive: true });
    writeFileSync(join(folder, 'release'), `${found.release}\n`);
    // A download that was broken off is never taken for a whole one.
    renameSync(folder, join(cacheFolder(), kernel.name));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Unavailable(firstLine(error));
  }
}

/**
 * Gives each kernel, fetched if need be (some 350 MB for all), or why it is not to be had.
 * To fetch newer ones, remove the cache folder.
 */
export async function fetchKernels(
  kernels: readonly Kernel[],
): Promise<Map<Kernel, Unpacked | Unavailable>> {
  mkdirSync(cacheFolder(), { recursive: true });
  const result = new Map<Kernel, Unpacked | Unavailable>();
  const missing = kernels.filter((kernel) => cached(kernel) === null);
  try {
    const archive = missing.length > 0 ? await Archive.open(join(cacheFolder(), 'apt')) : null;
    const names = (await archive?.names()) ?? [];
    for (const kernel of missing) {
      try {
        if (archive !== null) await fetchOne(archive, names, kernel);
      } catch (error) {
        result.set(kernel, new Unavailable(firstLine(error)));
      }
    }
  } catch (error) {
    for (const kernel of missing) result.set(kernel, new Unavailable(firstLine(error)));
  }
  for (const kernel of kernels) {
    const unpacked = cached(kernel);
    if (unpacked !== null) result.set(kernel, unpacked);
  }
  return result;
}
