// The kernels of other releases that the kernel tests run on, and where Debian's packages
// put what is needed of each. Next: download.ts fetches them, guest.ts boots them.

/** A kernel of a Debian release. */
export interface Kernel {
  /** What it is called here and in docs/kernels.md. */
  readonly name: string;
  readonly suite: string;
  /** Names of the package with the kernel itself; the newest is taken. */
  readonly image: RegExp;
  /** Package with the modules, where that is another one; `$1` is from `image`. */
  readonly modules?: string;
}

export const KERNELS: readonly Kernel[] = [
  { name: '5.10', suite: 'bullseye', image: /^linux-image-(5\.10\.0-\d+-amd64)$/ },
  { name: '6.1', suite: 'bookworm', image: /^linux-image-(6\.1\.0-\d+-amd64)$/ },
  { name: '6.12', suite: 'trixie', image: /^linux-image-(6\.12\.\d+\+deb13-amd64)$/ },
  {
    name: 'sid',
    suite: 'sid',
    image: /^linux-binary-(\d+\.[\d.]+\+deb\d+-amd64)$/,
    modules: 'linux-modules-$1',
  },
];

/** Of all package names, those that hold the newest release of a kernel; the kernel's first. */
export function packagesOf(
  kernel: Kernel,
  names: readonly string[],
): { release: string; packages: string[] } | null {
  const releases = names
    .flatMap((name) => kernel.image.exec(name)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const release = releases.at(-1);
  if (release === undefined) return null;
  const image = names.find((name) => kernel.image.exec(name)?.[1] === release) ?? '';
  const modules = kernel.modules?.replace('$1', release);
  return { release, packages: modules === undefined ? [image] : [image, modules] };
}
