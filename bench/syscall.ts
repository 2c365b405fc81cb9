// What a system call pays that no tracer asked for: getppid, in slices that take turns.
import { execFileSync } from 'node:child_process';
import { atRest } from './processes.ts';
import { benchProgram } from './programs.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median, middleHalf } from './statistics.ts';
import { bpftraceFacts, synscopeRecord, type Tracer } from './tracers.ts';

const TRACERS: readonly Tracer[] = [synscopeRecord('Synscope', 'as shipped'), bpftraceFacts];
const COLUMNS = [
  { key: 'tracer', label: 'tracer' },
  { key: 'ns', label: 'ns/getppid' },
  { key: 'more', label: 'more than untraced, ns' },
  { key: 'ratio', label: '÷ untraced', digits: 2 },
  { key: 'spread', label: 'middle half' },
];

interface Samples {
  readonly ns: number[];
  readonly more: number[];
  readonly ratios: number[];
}

function slices(count: number, calls: number): number[] {
  const program = benchProgram('getppid');
  return Array.from({ length: count }, () =>
    Number(execFileSync(program, [String(calls)], { encoding: 'utf8' })),
  );
}

async function visit(tracer: Tracer, folder: string, calls: number, samples: Samples) {
  const before = slices(3, calls);
  const running = await tracer.start(folder);
  await atRest(running.pid);
  const traced = slices(6, calls);
  await running.stop(0);
  const base = [...before, ...slices(3, calls)];
  samples.ns.push(...traced);
  samples.more.push(median(traced) - median(base));
  samples.ratios.push(median(traced) / median(base));
  return base;
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const calls = quick ? 200_000 : 1_000_000;
  const present = TRACERS.filter((tracer) => tracer.absent() === null);
  const all = new Map<Tracer, Samples>(
    present.map((tracer) => [tracer, { ns: [], more: [], ratios: [] }]),
  );
  const base: number[] = [];
  for (let round = 0; round < (quick ? 1 : 5); round++)
    for (const [tracer, samples] of all)
      base.push(...(await visit(tracer, folder, calls, samples)));
  const rows = TRACERS.map((tracer): Row => {
    const samples = all.get(tracer);
    if (!samples) return { tracer: tracer.name, spread: tracer.absent() };
    const { ns, more, ratios } = samples;
    const [ratio, spread] = [median(ratios), middleHalf(ratios, 2)];
    return { tracer: tracer.name, ns: median(ns), more: median(more), ratio, spread };
  });
  const untraced: Row = { tracer: 'untraced', ns: median(base), ratio: 1 };
  const title = `${calls.toLocaleString('en')} × getppid a slice, processor time`;
  return {
    tables: [{ title, columns: COLUMNS, rows: [untraced, ...rows] }],
    budgets: [],
    notes: [],
  };
}

export const syscall: Bench = {
  name: 'syscall',
  title: 'what an unrelated system call pays',
  run,
};
