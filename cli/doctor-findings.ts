// What `synscope doctor` looks at besides the capture itself: kernel, rights, symbols,
// runtimes, display, state directory. Each finding has its fix. Read by cli/doctor.ts.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statfsSync,
} from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { asApiError } from '../engine/problem.ts';
import { type Capability, missingCapabilities } from '../engine/rights.ts';
import { repositoryRoot } from '../engine/shells/root.ts';
import { stateDirectory } from '../engine/state-directory.ts';
import { findBrowser, hasDisplay } from '../serve/browser.ts';

export interface Finding {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly fix: string | null;
}

const SPARE_BYTES = 1024 ** 3;

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Major and minor of a kernel release. */
export function kernelVersion(text: string): readonly [number, number] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor)];
}

function isOlder([major, minor]: readonly [number, number], than: readonly [number, number]) {
  return major < than[0] || (major === than[0] && minor < than[1]);
}

/** The kernel's version, and its description of its own types. */
export function inspectKernel(): Finding[] {
  const old = isOlder(kernelVersion(release()), [5, 10]);
  const btf = existsSync('/sys/kernel/btf/vmlinux');
  return [
    {
      name: 'kernel',
      level: old ? 'warn' : 'ok',
      found: `Linux ${release()}`,
      fix: old ? 'Use Linux 5.10 or later; on older ones most hooks do not attach.' : null,
    },
    {
      name: 'BTF',
      level: btf ? 'ok' : 'fail',
      found: btf ? '/sys/kernel/btf/vmlinux' : 'this kernel does not describe its types',
      fix: btf ? null : 'Boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions ship them.',
    },
  ];
}

const FOR_CAPTURE: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];
const FOR_MORE: Readonly<Partial<Record<Capability, string>>> = {
  CAP_SYS_PTRACE: 'owners and user stacks of other accounts',
  CAP_DAC_READ_SEARCH: 'symbols of programs that only others may read',
  CAP_SYSLOG: 'names of kernel functions',
  CAP_NET_ADMIN: 'connection tracking',
};

function memlockKilobytes(): number | null {
  const [, soft = ''] = /^Max locked memory\s+(\S+)/m.exec(textOf('/proc/self/limits') ?? '') ?? [];
  return soft === 'unlimited' || soft === '' ? null : Number(soft) / 1024;
}

/** The capabilities in force, and the limit that old kernels count eBPF maps against. */
export function inspectRights(): Finding[] {
  const lacking = missingCapabilities(FOR_CAPTURE);
  // Where everybody may read the kernel's symbols, they are not missed.
  const more = missingCapabilities(Object.keys(FOR_MORE) as Capability[]).filter(
    (name) => name !== 'CAP_SYSLOG' || symbolsAreHidden(),
  );
  const findings: Finding[] = [
    {
      name: 'capabilities',
      level: lacking.length > 0 ? 'fail' : 'ok',
      found: lacking.length > 0 ? `without ${lacking.join(', ')}` : FOR_CAPTURE.join(', '),
      fix: lacking.length > 0 ? 'Run as root: sudo npm run -s synscope -- doctor' : null,
    },
    ...more.map((name): Finding => {
      const found = `missing: ${FOR_MORE[name] ?? 'something'} cannot be read`;
      return { name, level: 'warn', found, fix: 'Run as root, or add it with setpriv.' };
    }),
  ];
  const memlock = memlockKilobytes();
  // Since 5.11 maps are counted against the cgroup's memory instead.
  if (memlock !== null && memlock < 64 * 1024 && isOlder(kernelVersion(release()), [5, 11])) {
    findings.push({
      name: 'memlock',
      level: 'fail',
      found: `${memlock} KiB of locked memory; the ring buffer alone takes 16 MiB`,
      fix: 'ulimit -l unlimited',
    });
  }
  return findings;
}

/** Asks the kernel itself: it answers with zeros, by kptr_restrict, perf_event_paranoid and CAP_SYSLOG. */
function symbolsAreHidden(): boolean {
  const buffer = Buffer.alloc(4096);
  try {
    const file = openSync('/proc/kallsyms', 'r');
    try {
      const text = buffer.toString('latin1', 0, readSync(file, buffer));
      return !/^0*[1-9a-f][0-9a-f]* /m.test(text);
    } finally {
      closeSync(file);
    }
  } catch {
    return true;
  }
}

function symbolsFix(restrict: string): string {
  return restrict === '2' ? 'sudo sysctl kernel.kptr_restrict=1' : 'Run as root.';
}

/** Whether kernel addresses can be named. */
export function inspectSymbols(): Finding {
  const restrict = textOf('/proc/sys/kernel/kptr_restrict') ?? 'unreadable';
  const hidden = symbolsAreHidden();
  return {
    name: 'kernel symbols',
    level: hidden ? 'warn' : 'ok',
    found: hidden
      ? `hidden, kptr_restrict ${restrict}: kernel frames stay addresses`
      : `readable, kptr_restrict ${restrict}`,
    fix: hidden ? symbolsFix(restrict) : null,
  };
}

function inspectElectron(): Finding {
  const name = 'Electron runtime';
  if (process.versions['electron'] !== undefined) {
    return { name, level: 'ok', found: process.versions['electron'], fix: null };
  }
  const path = join(repositoryRoot(), 'node_modules/electron/dist/electron');
  return existsSync(path)
    ? { name, level: 'ok', found: path, fix: null }
    : {
        name,
        level: 'warn',
        found: 'not installed: the viewer opens in a browser window instead',
        fix: 'npx install-electron, where its download host can be reached',
      };
}

/** What the viewer runs on. */
export function inspectRuntimes(): Finding[] {
  const browser = findBrowser();
  return [
    { name: 'Node', level: 'ok', found: process.version, fix: null },
    inspectElectron(),
    {
      name: 'browser',
      level: browser === null ? 'warn' : 'ok',
      found: browser ?? 'no Chrome or Chromium found',
      fix:
        browser === null ? 'Install chromium, or open the printed address in any browser.' : null,
    },
  ];
}

/** Where a window could appear. */
export function inspectDisplay(): Finding {
  const display = process.env.WAYLAND_DISPLAY || process.env.DISPLAY;
  return {
    name: 'display',
    level: hasDisplay() ? 'ok' : 'warn',
    found: display || 'none: the address of the viewer is printed instead',
    fix: null,
  };
}

/** Where live sessions are written, and the room there. */
export function inspectStateDirectory(): Finding {
  const name = 'state directory';
  try {
    const path = stateDirectory();
    accessSync(path, constants.W_OK);
    const disk = statfsSync(path);
    const free = disk.bavail * disk.bsize;
    const found = `${path}, ${(free / 1e9).toFixed(1)} GB free`;
    const fix = 'Free some space, or set SYNSCOPE_STATE_DIR to a folder with more.';
    return free < SPARE_BYTES
      ? { name, level: 'warn', found, fix }
      : { name, level: 'ok', found, fix: null };
  } catch (thrown) {
    const { sentence } = asApiError(thrown);
    return {
      name,
      level: 'fail',
      found: sentence,
      fix: 'Set SYNSCOPE_STATE_DIR to a folder that you can write to.',
    };
  }
}
