// The machine under the numbers: without it they mean nothing.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { ROOT } from './output.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Of the last minute, before anything was measured. */
  readonly loadAverage: number;
  readonly commit: string;
  /** Whether files differ from that commit. */
  readonly edited: boolean;
  readonly at: string;
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadAverage: loadavg()[0] ?? 0,
    commit: git('rev-parse', '--short', 'HEAD'),
    edited: git('status', '--porcelain', '--untracked-files=no') !== '',
    at: new Date().toISOString(),
  };
}

export function machineText(one: Machine): string {
  const commit = `${one.commit}${one.edited ? ' with edits' : ''}`;
  return `${one.cpu}, ${one.cores} cores, ${one.memoryGiB} GiB, Linux ${one.kernel}, Node ${one.node}, commit ${commit}, load average at start ${one.loadAverage.toFixed(2)}`;
}
