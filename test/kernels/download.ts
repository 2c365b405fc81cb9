// Fetches the kernels out of Debian's packages (archive.ts), each once. Before: kernels.ts
// names them. Next: initramfs.ts and guest.ts boot what is unpacked here.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Archive, firstLine, run, testCache, Unavailable } from './archive.ts';
import { KERNELS, type Kernel, packagesOf } from './kernels.ts';

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
  return process.env.SYNSCOPE_KERNEL_CACHE ?? testCache('kernels');
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
    const suites = KERNELS.map(({ suite }) => suite);
    const archive =
      missing.length > 0 ? await Archive.open(join(cacheFolder(), 'apt'), suites) : null;
    const names = (await archive?.names('linux-')) ?? [];
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
