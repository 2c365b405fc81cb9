// The rights of this process: what it may do in the kernel, and how it keeps that from
// the programs that it starts. Used by the shells at start and by `synscope doctor`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SynscopeAddon } from '../contract/addon.ts';
import { repositoryRoot } from './shells/root.ts';

/** Capabilities by their number in include/uapi/linux/capability.h. */
const CAPABILITIES = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** A line of /proc/self/status as a set of bits, e.g. `CapEff`. */
function bitsOf(set: 'CapEff' | 'CapAmb'): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  return BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0'}`);
}

/** Those of the wanted capabilities that are not in force. CAP_SYS_ADMIN stands for BPF and PERFMON. */
export function missingCapabilities(wanted: readonly Capability[]): Capability[] {
  const bits = bitsOf('CapEff');
  const has = (name: Capability): boolean => ((bits >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
  const byAdmin = has('CAP_SYS_ADMIN') ? ['CAP_BPF', 'CAP_PERFMON'] : [];
  return wanted.filter((name) => !has(name) && !byAdmin.includes(name));
}

/**
 * Keeps this process's capabilities and clears the ambient set, which every program
 * started from here would inherit. To be called before a browser is started.
 */
export function dropInheritedRights(): void {
  if (bitsOf('CapAmb') === 0n) return;
  const require = createRequire(import.meta.url);
  const addon: SynscopeAddon = require(join(repositoryRoot(), 'native/build/synscope.node'));
  addon.clearAmbientCapabilities();
}
