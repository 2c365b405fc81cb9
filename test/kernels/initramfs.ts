// Builds the initial file system of a guest: busybox, init.sh, and the few modules that
// it takes to reach the root of this machine. Before: download.ts. Next: guest.ts boots it.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Unpacked } from './download.ts';

const NEEDED = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/** The modules to insert, in order, by what `depmod` found; built-in ones are not among them. */
export function insertionOrder(modulesDep: string, needed: readonly string[]): string[] {
  const dependencies = new Map<string, string[]>();
  for (const line of modulesDep.split('\n')) {
    const [path = '', rest = ''] = line.split(':');
    const name = basename(path).replace(/\.ko(\.\w+)?$/, '');
    // Innermost last in the file: what comes first must be inserted last.
    dependencies.set(name, [path, ...rest.split(' ').filter(Boolean)].reverse());
  }
  return [...new Set(needed.flatMap((name) => dependencies.get(name) ?? []))];
}

/** A word that the shell takes as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Writes the file to boot with. `environment` is what init.sh and guest.sh are told.
 * Throws when busybox or cpio is missing.
 */
export function buildInitramfs(
  kernel: Unpacked,
  environment: Readonly<Record<string, string>>,
  file: string,
): void {
  const folder = mkdtempSync(join(tmpdir(), 'synscope-initramfs-'));
  try {
    for (const part of ['bin', 'modules']) mkdirSync(join(folder, part));
    copyFileSync('/bin/busybox', join(folder, 'bin/busybox'));
    copyFileSync(join(import.meta.dirname, 'init.sh'), join(folder, 'init'));
    chmodSync(join(folder, 'init'), 0o755);
    const settings = Object.entries(environment).map(([name, text]) => `${name}=${quoted(text)}\n`);
    writeFileSync(join(folder, 'environment'), settings.join(''));
    const order = insertionOrder(readFileSync(join(kernel.modules, 'modules.dep'), 'utf8'), NEEDED);
    for (const [i, path] of order.entries()) {
      const source = join(kernel.modules, path);
      const bytes = path.endsWith('.xz')
        ? execFileSync('xz', ['-dc', source], { maxBuffer: 64 * 1024 * 1024 })
        : readFileSync(source);
      const name = `${String(i).padStart(2, '0')}-${basename(path).replace(/\.xz$/, '')}`;
      writeFileSync(join(folder, 'modules', name), bytes);
    }
    execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet > "$1"', 'sh', file], {
      cwd: folder,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
