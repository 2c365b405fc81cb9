// Nanoseconds that each BPF program takes for one run, as the kernel counts them while
// kernel.bpf_stats_enabled is 1. Only the programs of the process that was started here.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { pause } from '../test/kernel/children.ts';
import { BYTE, type LoadGround, openLoadGround, REFUSED } from './load.ts';
import { holdSetting } from './programs.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median, middleHalf, sum } from './statistics.ts';
import { type RunningTracer, synscopeRecord, type Tracer } from './tracers.ts';

const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const TRACERS: readonly Tracer[] = [
  synscopeRecord('lifecycle only', 'none'),
  synscopeRecord('as shipped', 'as shipped'),
  synscopeRecord('every stack', 'every'),
];
const COLUMNS = [
  { key: 'program', label: 'program' },
  { key: 'stacks', label: 'stacks' },
  { key: 'ns', label: 'ns/run' },
  { key: 'spread', label: 'middle half' },
  { key: 'runs', label: 'runs/connection', digits: 2 },
  { key: 'cost', label: 'ns/connection' },
];

interface Runs {
  readonly ns: number;
  readonly runs: number;
}

/** Time and runs of each program that a process holds, by the id of the program. */
function programsOf(pid: number): Map<number, Runs> {
  const found = new Map<number, Runs>();
  const folder = `/proc/${pid}/fdinfo`;
  for (const fd of readdirSync(folder)) {
    let text: string;
    try {
      text = readFileSync(`${folder}/${fd}`, 'utf8');
    } catch {
      continue; // Closed meanwhile.
    }
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(text)?.[1];
    const [id, ns, runs] = ['prog_id', 'run_time_ns', 'run_cnt'].map(field);
    // A link names its program too, without times.
    if (id && ns && runs) found.set(Number(id), { ns: Number(ns), runs: Number(runs) });
  }
  return found;
}

function nameOf(program: number): string {
  const args = ['-j', 'prog', 'show', 'id', String(program)];
  return JSON.parse(execFileSync('bpftool', args, { encoding: 'utf8' })).name;
}

/** ns a run and runs a connection of each program, one number for each slice. */
type Samples = Map<string, { ns: number[]; runs: number[] }>;

async function slice(
  ground: LoadGround,
  { pid }: RunningTracer,
  names: ReadonlyMap<number, string>,
  samples: Samples,
): Promise<number> {
  const before = programsOf(pid);
  const made = [await ground.run(BYTE), await ground.run(REFUSED)];
  const connections = sum(made.map((one) => one.connections));
  await pause(50);
  for (const [id, after] of programsOf(pid)) {
    const runs = after.runs - (before.get(id)?.runs ?? 0);
    if (runs < connections / 1000) continue;
    const name = names.get(id) ?? String(id);
    const sample = samples.get(name) ?? { ns: [], runs: [] };
    sample.ns.push((after.ns - (before.get(id)?.ns ?? 0)) / runs);
    sample.runs.push(runs / connections);
    samples.set(name, sample);
  }
  return connections;
}

async function measure(
  ground: LoadGround,
  tracer: Tracer,
  samples: Samples,
  { folder, quick }: Circumstances,
): Promise<void> {
  const running = await tracer.start(folder);
  const names = new Map([...programsOf(running.pid).keys()].map((id) => [id, nameOf(id)]));
  let made = 0;
  for (let i = 0; i < (quick ? 2 : 4); i++) made += await slice(ground, running, names, samples);
  const { connections } = await running.stop(ground.netns);
  if (connections !== made)
    throw new Error(`${tracer.name}: ${connections} of ${made} connections were recorded.`);
}

function rowsOf(tracer: Tracer, samples: Samples): Row[] {
  return [...samples]
    .map(([program, { ns, runs }]) => ({
      program,
      stacks: tracer.name,
      ns: median(ns),
      spread: middleHalf(ns, 0),
      runs: median(runs),
      cost: median(ns) * median(runs),
    }))
    .sort((a, b) => b.cost - a.cost);
}

async function run(circumstances: Circumstances): Promise<Result> {
  const ground = openLoadGround();
  const restore = await holdSetting(STATS, '1');
  try {
    const present = TRACERS.filter((tracer) => tracer.absent() === null);
    const all = new Map<Tracer, Samples>(present.map((tracer) => [tracer, new Map()]));
    for (let round = 0; round < (circumstances.quick ? 1 : 2); round++)
      for (const [tracer, samples] of all) await measure(ground, tracer, samples, circumstances);
    const rows = [...all].flatMap(([tracer, samples]) => rowsOf(tracer, samples));
    if (rows.length === 0) throw new Error('No program ran, though connections were made.');
    const title = `${BYTE.count} × ${BYTE.name} and ${REFUSED.count} × ${REFUSED.name} a slice`;
    return {
      tables: [{ title, columns: COLUMNS, rows }],
      budgets: [],
      notes: [
        'Includes the two readings of the clock that counting takes, some 20–40 ns a run.',
        ...TRACERS.flatMap((tracer) => tracer.absent() ?? []),
      ],
    };
  } finally {
    await restore();
    ground.close();
  }
}

export const programs: Bench = { name: 'programs', title: 'ns per run of each BPF program', run };
