// Packages of Debian's releases from the mirror that this machine uses already, with lists of
// their own: nothing of another release is installed. Used by download.ts (kernels) and
// newer-python.ts.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Why something cannot be had or run here; not a fault of Synscope. */
export class Unavailable extends Error {}

/** Where what is fetched for tests is kept between runs. */
export function testCache(name: string): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'synscope', name);
}

/** Runs a program to its end and gives what it printed; throws with what it complained of. */
export async function run(file: string, args: readonly string[], cwd?: string): Promise<string> {
  const { stdout } = await execute(file, args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 600_000,
  });
  return stdout;
}

/** What a program complained of, in one line. */
export function firstLine(error: unknown): string {
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

/** apt with lists of its own: of the releases it was opened with, nothing of the machine's. */
export class Archive {
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
      // A mirror that cannot be reached says so by its silence.
      'Acquire::http::Timeout': '20',
      'Acquire::Retries': '1',
    }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  }

  /** Fetches the lists of these releases. A release that is gone is only missing its packages. */
  static async open(folder: string, suites: readonly string[]): Promise<Archive> {
    for (const part of ['lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(folder, part), { recursive: true });
    }
    const address = await mirror();
    const lines = suites.map((suite) => `deb [signed-by=${KEYRING}] ${address} ${suite} main\n`);
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

  /** All packages whose name begins so. */
  async names(prefix: string): Promise<string[]> {
    return (await run('apt-cache', [...this.#options, 'pkgnames', prefix])).split('\n');
  }

  /** Downloads packages and gives the paths of the files. */
  async fetch(packages: readonly string[], into: string): Promise<string[]> {
    await run('apt-get', [...this.#options, 'download', '-q', ...packages], into);
    return readdirSync(into)
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(into, name));
  }
}
