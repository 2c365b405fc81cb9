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
  /** BPF programs for tracing that others had attached at the start: they tax every number here. */
  readonly otherTracers: readonly string[];
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

function otherTracers(): string[] {
  const text = execFileSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  const all = JSON.parse(text) as { type: string; name?: string }[];
  const types = ['tracing', 'tracepoint', 'raw_tracepoint', 'kprobe', 'perf_event'];
  return all.filter(({ type }) => types.includes(type)).map(({ name, type }) => name ?? type);
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadAverage: loadavg()[0] ?? 0,
    otherTracers: otherTracers(),
    commit: git('rev-parse', '--short', 'HEAD'),
    edited: git('status', '--porcelain', '--untracked-files=no') !== '',
    at: new Date().toISOString(),
  };
}

export function machineText(one: Machine): string {
  const commit = `${one.commit}${one.edited ? ' with edits' : ''}`;
  const others = one.otherTracers.length;
  return [
    `${one.cpu}, ${one.cores} cores, ${one.memoryGiB} GiB, Linux ${one.kernel}, Node ${one.node}`,
    `commit ${commit}, load average at start ${one.loadAverage.toFixed(2)}`,
    ...(others > 0 ? [`${others} BPF programs of others trace this machine meanwhile`] : []),
  ].join('; ');
}
