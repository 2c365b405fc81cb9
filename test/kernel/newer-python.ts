// A Python that can write a map of its own functions (-X perf, 3.12 and later): this machine's,
// else Debian's. Debian's is unpacked into a cache and run by the C library that it was built
// for; nothing is installed. Used by python-names.test.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Archive, firstLine, run, testCache, Unavailable } from '../kernels/archive.ts';

const SUITE = 'trixie';
const NAME = 'python3.13';
const PACKAGES = [`${NAME}-minimal`, `lib${NAME}-minimal`, 'libexpat1', 'zlib1g', 'libc6'];
/** 3.12 knows the switch on every processor, but has the code for some of them only. */
const ASK = ['-X', 'perf', '-c', 'import sys; print(sys.is_stack_trampoline_active())'];

export interface Python {
  readonly program: string;
  /** What comes before its own arguments. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const INSTALLED: Python = { program: 'python3', args: [], environment: {} };

function canTell({ program, args, environment }: Python): boolean {
  const env = { ...process.env, ...environment };
  try {
    const told = execFileSync(program, [...args, ...ASK], { encoding: 'utf8', env, stdio: 'pipe' });
    return told.trim() === 'True';
  } catch {
    return false;
  }
}

/** As it lies in a folder. */
function unpackedIn(folder: string): Python {
  const usr = join(folder, 'usr');
  const libraries = readdirSync(join(usr, 'lib')).find((name) => name.endsWith('-linux-gnu'));
  const path = join(usr, 'lib', libraries ?? '');
  const loader = readdirSync(path).find((name) => name.startsWith('ld-linux'));
  return {
    program: join(path, loader ?? ''),
    args: ['--library-path', path, join(usr, 'bin', NAME)],
    environment: { PYTHONHOME: usr, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

async function unpackInto(folder: string): Promise<void> {
  const archive = await Archive.open(join(testCache('packages'), 'apt'), [SUITE]);
  const partial = `${folder}.${process.pid}`;
  mkdirSync(join(partial, 'packages'), { recursive: true });
  try {
    const wanted = PACKAGES.map((name) => `${name}/${SUITE}`);
    for (const deb of await archive.fetch(wanted, join(partial, 'packages')))
      await run('dpkg-deb', ['-x', deb, partial]);
    rmSync(join(partial, 'packages'), { recursive: true });
    // A download that was broken off is never taken for a whole one.
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw new Unavailable(archive.trouble === '' ? firstLine(error) : archive.trouble);
  }
}

/** Throws `Unavailable` with the reason where there is none. Debian's are 6 MB, fetched once. */
export async function newerPython(): Promise<Python> {
  if (canTell(INSTALLED)) return INSTALLED;
  const folder = join(testCache('packages'), `${SUITE}-${NAME}`);
  if (!existsSync(folder)) await unpackInto(folder);
  const python = unpackedIn(folder);
  if (!canTell(python)) throw new Unavailable(`${NAME} of Debian does not run here`);
  return python;
}
