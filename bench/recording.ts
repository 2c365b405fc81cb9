// What `synscope record` itself uses: processor time per 1,000 events, thread by thread,
// and bytes per event in the file, for connections at a rate and as fast as they go.
import { BYTE, type LoadGround, type LoadKind, openLoadGround, REFUSED } from './load.ts';
import { atRest, threadTimes, usedByName } from './processes.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median, sum } from './statistics.ts';
import { synscopeRecord } from './tracers.ts';

const RECORD = synscopeRecord('synscope record', 'as shipped');
const WITHOUT = synscopeRecord('synscope record, no stacks', 'none');
const RING_THREAD = 'synscope-ring';
/** Bytes of the smallest copy of a stack: one page. */
const LEAST_COPY = 4096;
interface Load {
  readonly kind: LoadKind;
  readonly rate: number;
  readonly count: number;
  /** Without stacks: what the others cost beside it. */
  readonly bare?: boolean;
}
const LOADS: readonly Load[] = [
  { kind: BYTE, rate: 200, count: 1_000 },
  { kind: BYTE, rate: 2_000, count: 10_000 },
  { kind: BYTE, rate: 0, count: 30_000 },
  // Each has its stack by copy at this rate: bpf/stacks.h.
  { kind: REFUSED, rate: 200, count: 2_000 },
  { kind: REFUSED, rate: 200, count: 2_000, bare: true },
  { kind: REFUSED, rate: 2_000, count: 10_000 },
  { kind: REFUSED, rate: 0, count: 60_000 },
];
const COLUMNS = [
  { key: 'load', label: 'load' },
  { key: 'events', label: 'events' },
  { key: 'all', label: 'CPU of all threads, ms/1,000 events', digits: 2 },
  { key: 'ring', label: 'of the ring reader', digits: 3 },
  { key: 'threads', label: 'the others with the most' },
  { key: 'copies', label: 'stacks by copy' },
  { key: 'bytes', label: 'bytes/event in the file', digits: 1 },
];

interface Sample {
  readonly events: number;
  readonly bytes: number;
  readonly copies: number;
  /** ms by thread. */
  readonly used: ReadonlyMap<string, number>;
}

async function recordOnce(
  ground: LoadGround,
  { kind, rate, count, bare }: Load,
  folder: string,
): Promise<Sample> {
  const running = await (bare ? WITHOUT : RECORD).start(folder);
  await atRest(running.pid);
  const before = threadTimes(running.pid);
  const slice = await ground.run(kind, count, rate);
  await atRest(running.pid);
  const used = usedByName(before, threadTimes(running.pid));
  const { connections, events, lost, bytes, stacks } = await running.stop(ground.netns);
  if (connections !== slice.connections && lost === 0)
    throw new Error(`${connections} of ${slice.connections} connections were recorded.`);
  const copies = stacks?.copies ?? 0;
  checkCopies(bytes ?? Number.NaN, copies, slice.connections);
  return { events, bytes: bytes ?? Number.NaN, copies, used };
}

/** The bytes of a program's memory are never kept: a file with copies in it would be larger. */
function checkCopies(bytes: number, copies: number, connections: number): void {
  if (copies > connections / 2 && bytes > copies * LEAST_COPY)
    throw new Error(`${bytes} bytes in the file of ${connections} connections, ${copies} stacks.`);
}

function rowOf(load: string, samples: readonly Sample[]): Row {
  const each = (read: (sample: Sample) => number) => median(samples.map(read));
  const per1000 = ({ used, events }: Sample, name: string) =>
    (1000 * (used.get(name) ?? 0)) / events;
  const names = [...new Set(samples.flatMap(({ used }) => [...used.keys()]))];
  const others = names
    .filter((name) => name !== RING_THREAD)
    .map((name) => ({ name, ms: each((sample) => per1000(sample, name)) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 3);
  return {
    load,
    events: each(({ events }) => events),
    all: each((sample) => (1000 * sum(sample.used.values())) / sample.events),
    ring: each((sample) => per1000(sample, RING_THREAD)),
    threads: others.map(({ name, ms }) => `${name} ${ms.toFixed(2)}`).join(', '),
    copies: each(({ copies }) => copies),
    bytes: each(({ bytes, events }) => bytes / events),
  };
}

function loadText({ kind, rate, count, bare }: Load): string {
  const speed = rate === 0 ? 'at full speed' : `${rate}/s`;
  return `${count} × ${kind.name}, ${speed}${bare ? ', no stacks taken' : ''}`;
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const ground = openLoadGround();
  try {
    const all = new Map(LOADS.map((load) => [load, [] as Sample[]]));
    for (let round = 0; round < (quick ? 1 : 2); round++)
      for (const [load, samples] of all) samples.push(await recordOnce(ground, load, folder));
    const rows = [...all].map(([load, samples]) => rowOf(loadText(load), samples));
    const title = 'synscope record, start and end left out';
    return { tables: [{ title, columns: COLUMNS, rows }], budgets: [], notes: [] };
  } finally {
    ground.close();
  }
}

export const recording: Bench = {
  name: 'recording',
  title: 'processor time and bytes per event of a recording',
  run,
};
