// A BPF program on a cgroup that forbids every connect over IPv4, as those of systemd
// (IPAddressDeny=) and of container networks do. It lives as long as its cgroup.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupFolder } from '../cgroups.ts';
import { Unavailable } from './scenario.ts';

const SOURCE = `
__attribute__((section("cgroup/connect4"), used)) int deny(void *context) { return 0; }
char terms[] __attribute__((section("license"), used)) = "GPL";
`;

/** The bpffs that the program is pinned in until it is attached is mounted for these commands only. */
const ATTACH = `mount -t bpf none "$1" && bpftool prog load "$2" "$1/deny" &&
  bpftool cgroup attach "$3" connect4 pinned "$1/deny"`;

/** Makes a cgroup in which nothing may connect; its folder. Throws `Unavailable` where it cannot be had. */
export function denyingCgroup(name: string): string {
  const cgroup = cgroupFolder(`/${name}`);
  if (!cgroup) throw new Unavailable('no writable cgroup v2 hierarchy here');
  const folder = mkdtempSync(join(tmpdir(), 'synscope-deny-'));
  const object = join(folder, 'deny.o');
  const mount = mkdtempSync(join(folder, 'bpf-'));
  writeFileSync(join(folder, 'deny.c'), SOURCE);
  try {
    const built = ['-target', 'bpf', '-O2', '-g', '-c', '-o', object, join(folder, 'deny.c')];
    execFileSync('clang', built, { stdio: 'pipe' });
    const words = ['-m', 'sh', '-c', ATTACH, 'sh', mount, object, cgroup];
    execFileSync('unshare', words, { stdio: 'pipe' });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new Unavailable(`no BPF program on a cgroup here: ${stderr ?? error}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return cgroup;
}
