// The launcher under a real account without rights: what runs as whom, and with which
// capabilities. The account is made here and removed afterwards.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Child, eventually, pause } from './children.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const START = join(root, 'scripts/launch/start.mjs');
const NAME = `synscope-test-${process.pid}`;
/** bpf, perfmon, sys_ptrace, dac_read_search, syslog, net_admin: what the launcher gives. */
const GIVEN = [39, 38, 19, 2, 34, 12].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);

function found(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function whyNot(...programs: string[]): string | null {
  if (process.getuid?.() !== 0) return 'skipped: an account can be made by root only';
  const missing = ['useradd', 'userdel', 'setpriv', ...programs].find((each) => !found(each));
  return missing === undefined ? null : `skipped: ${missing} is not installed`;
}

let uid = 0;
let home = '';
const started: Child[] = [];

beforeEach((context) => {
  const reason = whyNot();
  if (reason !== null) context.skip(reason);
});

beforeAll(() => {
  if (whyNot() !== null) return;
  execFileSync('useradd', ['-m', NAME], { stdio: 'pipe' });
  const [, , id, , , folder = ''] = execFileSync('getent', ['passwd', NAME], {
    encoding: 'utf8',
  }).split(':');
  uid = Number(id);
  home = folder;
});

afterEach(async () => {
  for (const child of started.splice(0)) await child.stop('SIGTERM', 8000);
});

afterAll(async () => {
  if (uid === 0) return;
  for (const { pid } of processes().filter((each) => each.uids.includes(uid))) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  await pause(300);
  execFileSync('userdel', ['-r', NAME], { stdio: 'ignore' });
});

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly uids: readonly number[];
  readonly effective: bigint;
  readonly ambient: bigint;
  readonly command: string;
}

function lookAt(pid: number): Running[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    const bits = (name: string) => BigInt(`0x${field(name) || '0'}`);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const uids = field('Uid').split(/\s+/).map(Number);
    return [
      {
        pid,
        parent: Number(field('PPid')),
        uids,
        effective: bits('CapEff'),
        ambient: bits('CapAmb'),
        command,
      },
    ];
  } catch {
    return [];
  }
}

function processes(): Running[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? lookAt(Number(name)) : []));
}

/** A process and all that descend from it. */
function familyOf(pid: number): Running[] {
  const all = processes();
  const family = all.filter((each) => each.pid === pid);
  for (const member of family) family.push(...all.filter((each) => each.parent === member.pid));
  return family;
}

/** In the user namespace of this machine; Chromium's sandbox has one of its own, where capabilities mean nothing outside. */
function isOutside({ pid }: Running): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
  } catch {
    return false;
  }
}

function start(command: readonly string[], environment: NodeJS.ProcessEnv): Child {
  const [program = '', ...args] = command;
  const variables = {
    HOME: home,
    USER: NAME,
    SYNSCOPE_STATE_DIR: '',
    XDG_STATE_HOME: '',
    ...environment,
  };
  const child = new Child(program, args, variables);
  started.push(child);
  return child;
}

function addressOf(child: Child): Promise<string> {
  const read = () => /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(child.stdout)?.[0];
  return child.until('the address', read, 30_000);
}

test('without rights, and none given: it says so, and opens sessions', async () => {
  // What the set-up would mark as begun: everything is built already.
  const environment = { SYNSCOPE_BEGUN: join(home, 'begun'), DISPLAY: '', WAYLAND_DISPLAY: '' };
  const account = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--init-groups',
    '--inh-caps=-all',
  ];
  const child = start([...account, process.execPath, START, '--browser'], environment);
  const url = await addressOf(child);
  const said = child.stdout + child.stderr;
  expect(said).toMatch(/Capturing needs rights|Watching the kernel needs rights/);
  expect(said).toContain('No rights were given: nothing is captured in this run.');
  for (const { uids, effective } of familyOf(child.pid)) {
    expect(new Set(uids)).toEqual(new Set([uid]));
    expect(effective).toBe(0n);
  }
  const { origin } = new URL(url);
  const entry = await fetch(url, { redirect: 'manual' });
  const cookie = entry.headers.get('set-cookie')?.split(';')[0] ?? '';
  const body = readFileSync(join(root, 'samples/failures.synscope'));
  const opened = await fetch(`${origin}/open`, {
    method: 'POST',
    headers: { cookie, origin },
    body,
  });
  expect(opened.status).toBe(200);
  expect(await opened.json()).toMatchObject({ kind: 'file' });
});

test('as root for somebody: it steps down, and the browser has its sandbox and no rights', async (context) => {
  const reason = whyNot('chromium', 'Xvfb');
  if (reason !== null) context.skip(reason);
  const screen = `:${900 + (process.pid % 90)}`;
  const display = start(['Xvfb', screen, '-ac', '-screen', '0', '1280x800x24'], {});
  await eventually('the display', () =>
    statSync(`/tmp/.X11-unix/X${screen.slice(1)}`, { throwIfNoEntry: false }),
  );
  const environment = {
    SYNSCOPE_BEGUN: join(home, 'begun-too'),
    SUDO_UID: String(uid),
    DISPLAY: screen,
    XDG_RUNTIME_DIR: '',
  };
  const child = start([process.execPath, START, '--browser'], environment);
  await addressOf(child);
  const isPage = ({ command }: Running) => command.includes('--type=renderer');
  await eventually('a page', () => (familyOf(child.pid).some(isPage) ? true : undefined), 30_000);
  await pause(1000);
  // The launcher itself is root and waits; everything under it is the person's.
  const family = familyOf(child.pid).filter(({ pid }) => pid !== child.pid);
  const viewer = family.filter(({ command }) => command.includes('cli/main.ts'));
  const browser = family.filter(
    ({ command }) => /chrom/.test(command) && !command.includes('cli/main.ts'),
  );
  for (const { uids, command } of family) expect(new Set(uids), command).toEqual(new Set([uid]));
  expect(viewer).toHaveLength(1);
  expect(viewer[0]?.effective).toBe(GIVEN);
  expect(browser.length).toBeGreaterThan(2);
  for (const each of browser) {
    expect(each.ambient, each.command).toBe(0n);
    if (isOutside(each)) expect(each.effective, each.command).toBe(0n);
    expect(each.command).not.toContain('--no-sandbox');
  }
  // The page is inside the sandbox, and the session is the person's.
  expect(family.filter(isPage).some(isOutside)).toBe(false);
  const live = join(home, '.local/state/synscope/live');
  const [file = ''] = readdirSync(live);
  expect(statSync(join(live, file)).uid).toBe(uid);
  await child.stop('SIGTERM', 10_000);
  await display.stop();
  // One that has ended and is not collected yet has no command line.
  const left = () => processes().filter((each) => each.uids.includes(uid) && each.command !== '');
  await eventually('the end of all', () => (left().length === 0 ? true : undefined));
});

test('as root with nobody behind it: no browser is started, the address is', async () => {
  const environment = {
    SYNSCOPE_BEGUN: join(home, 'begun-alone'),
    SYNSCOPE_STATE_DIR: join(home, 'state-of-root'),
    SUDO_UID: undefined,
    PKEXEC_UID: undefined,
    DISPLAY: ':9',
  };
  const child = start([process.execPath, START, '--no-capture'], environment);
  await addressOf(child);
  await child.until('why', () => /A browser is not started as root/.exec(child.stderr)?.[0]);
  expect(familyOf(child.pid).filter(({ command }) => /chrom|electron/.test(command))).toEqual([]);
});
