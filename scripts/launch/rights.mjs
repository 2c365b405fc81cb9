// The rights to watch the kernel, asked for once: the program runs as the person, with a
// few ambient capabilities and nothing else of root. Called by start.mjs.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { become } from './child.mjs';
import { findProgram } from './packages.mjs';
import { say } from './steps.mjs';

/** As setpriv knows them; the two newest by number, for a libcap-ng that is older than they are. */
const CAPABILITIES = [
  'cap_39', // bpf
  'cap_38', // perfmon
  'sys_ptrace',
  'dac_read_search',
  'syslog',
  'net_admin',
];
const BPF = 39n;
const SYS_ADMIN = 21n;

/** What a window needs of the person's session; sudo and pkexec drop it. */
const KEPT =
  /^(DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_.*|DBUS_SESSION_BUS_ADDRESS|HOME|USER|LOGNAME|PATH|LANG|LC_.*|TERM|COLORTERM|SYNSCOPE_.*)$/;

/** Whether this process may load eBPF programs: root, or the capability. */
export function mayCapture() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return ((bits >> BPF) & 1n) === 1n || ((bits >> SYS_ADMIN) & 1n) === 1n;
}

/** The person behind a root that sudo or pkexec made; null when there is none. */
export function personBehindRoot() {
  const uid = Number(process.env.SUDO_UID ?? process.env.PKEXEC_UID ?? '0');
  if (process.geteuid?.() !== 0 || !Number.isInteger(uid) || uid <= 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.split(':')[2] === String(uid));
  if (line === undefined) return null;
  const [name, , , gid, , home] = line.split(':');
  return { uid, gid: Number(gid), name, home };
}

/** `setpriv …` in front of a command: as this person, with the capabilities or with none. */
function asPerson({ uid, gid }, environment, command, withRights = true) {
  const caps = CAPABILITIES.map((name) => `+${name}`).join(',');
  const variables = Object.entries(environment)
    .filter(([name, value]) => KEPT.test(name) && value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  return [
    findProgram('setpriv') ?? 'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--init-groups',
    ...(withRights ? [`--inh-caps=${caps}`, `--ambient-caps=${caps}`] : []),
    'env',
    ...variables,
    ...command,
  ];
}

/** As root for someone: goes on as that person, with the capabilities only, or without. */
export function stepDown(person, command, withRights) {
  const environment = {
    ...process.env,
    HOME: person.home,
    USER: person.name,
    LOGNAME: person.name,
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? `/run/user/${person.uid}`,
  };
  const [file = '', ...args] = asPerson(person, environment, command, withRights);
  return become(file, args);
}

function elevator() {
  if (process.stdin.isTTY && findProgram('sudo') !== null) {
    return ['sudo', '-p', 'Password of %p, to watch the kernel with eBPF: '];
  }
  if (process.env.DISPLAY && findProgram('pkexec') !== null) return ['pkexec'];
  if (findProgram('sudo') !== null) return ['sudo', '--non-interactive'];
  return null;
}

/**
 * Asks once, and runs `command` as this person with the capabilities.
 * Resolves with its status, or null when the person or the system declined.
 */
export async function elevate(command) {
  const ask = elevator();
  if (ask === null || findProgram('setpriv') === null) {
    const what = ask === null ? 'sudo or pkexec' : 'setpriv (package util-linux)';
    say(`Capturing needs rights, and ${what} is not installed. As root, it works: npm start`);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'synscope-'));
  const mark = join(folder, 'begun');
  const { uid, gid } = userInfo();
  say('Watching the kernel needs rights that this account does not have:');
  say(
    `  ${ask[0]} gives ${CAPABILITIES.length} capabilities to this one run; the program stays yours.`,
  );
  try {
    // The command makes the mark, so that its own failure is told from a declined password.
    const marked = { ...process.env, SYNSCOPE_BEGUN: mark };
    const [file = '', ...args] = [...ask, ...asPerson({ uid, gid }, marked, command)];
    const status = await become(file, args);
    return existsSync(mark) ? status : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
