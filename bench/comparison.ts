// What the benches that set tracers side by side have in common: who is measured when, and
// the tables of speed and of losses. Used by connections.ts and stacks.ts.
import type { LoadGround, LoadKind } from './load.ts';
import type { Circumstances, Row, Table } from './report.ts';
import { median, middleHalf } from './statistics.ts';
import type { Tracer } from './tracers.ts';
import { type Account, type Measured, newMeasured, rateOf, type Samples, visit } from './visits.ts';

const COLUMNS = [
  { key: 'tracer', label: 'tracer' },
  { key: 'rate', label: 'connections/s' },
  { key: 'ratio', label: '÷ untraced', digits: 2 },
  { key: 'spread', label: 'middle half' },
  { key: 'cpu', label: 'CPU of the load ÷ untraced', digits: 2 },
  { key: 'own', label: 'own CPU, µs/connection', digits: 1 },
];
const LOSS_COLUMNS = [
  { key: 'tracer', label: 'tracer' },
  { key: 'made', label: 'connections made' },
  { key: 'seen', label: 'seen' },
  { key: 'share', label: 'seen, %', digits: 3 },
  { key: 'events', label: 'events' },
  { key: 'lost', label: 'events it says it lost' },
];

export type ByTracer = ReadonlyMap<Tracer, Measured>;

export interface Comparison {
  readonly tracers: readonly Tracer[];
  readonly kinds: readonly LoadKind[];
  readonly byTracer: ByTracer;
  /** Connections a second of the untraced slices. */
  readonly base: ReadonlyMap<LoadKind, number[]>;
}

/** Visits each tracer that can run here, in turns. */
export async function compareTracers(
  ground: LoadGround,
  tracers: readonly Tracer[],
  kinds: readonly LoadKind[],
  { quick, folder }: Circumstances,
): Promise<Comparison> {
  const present = tracers.filter((tracer) => tracer.absent() === null);
  const byTracer = new Map(present.map((tracer) => [tracer, newMeasured(kinds)]));
  const base = new Map(kinds.map((kind) => [kind, [] as number[]]));
  for (const kind of kinds) await ground.run(kind);
  for (let round = 0; round < (quick ? 1 : 4); round++) {
    // Another one is first each time.
    const order = present.map((_, at) => present[(at + round) % present.length]);
    for (const tracer of order) {
      const measured = tracer && byTracer.get(tracer);
      if (!tracer || !measured) continue;
      const untraced = await visit(ground, tracer, measured, folder, quick ? 2 : 4);
      for (const [kind, slices] of untraced) base.get(kind)?.push(...slices.map(rateOf));
    }
  }
  return { tracers, kinds, byTracer, base };
}

/** One table of speeds for each kind of load. */
export function speedTables({ tracers, kinds, byTracer, base }: Comparison): Table[] {
  return kinds.map((kind) => {
    const untraced: Row = {
      tracer: 'untraced',
      rate: median(base.get(kind) ?? []),
      ratio: 1,
      cpu: 1,
    };
    const rows = tracers.map((tracer): Row => {
      const samples = byTracer.get(tracer)?.kinds.get(kind);
      return { tracer: tracer.name, ...(samples ? speeds(samples) : { spread: tracer.absent() }) };
    });
    const title = `Connections/s on loopback: ${kind.name}`;
    return { title, columns: COLUMNS, rows: [untraced, ...rows] };
  });
}

function speeds({ rates, ratios, cpuRatios, ownUs }: Samples): Row {
  return {
    rate: median(rates),
    ratio: median(ratios),
    spread: middleHalf(ratios, 2),
    cpu: median(cpuRatios),
    own: median(ownUs),
  };
}

export function lossTable(byTracer: ByTracer): Table {
  const rows = [...byTracer].map(([tracer, { account }]): Row => {
    const { made, seen, events, lost } = account;
    const share = seen === null ? null : (100 * seen) / made;
    return { tracer: tracer.name, made, seen, share, events, lost };
  });
  return { title: 'Seen and lost in all of these slices', columns: LOSS_COLUMNS, rows };
}

/** Why tracers are missing. */
export function absences(tracers: readonly Tracer[]): string[] {
  return tracers.flatMap((tracer) => {
    const why = tracer.absent();
    return why === null ? [] : [`${tracer.name}: ${why}`];
  });
}

/** Slow is a result. Connections that are neither seen nor said to be lost are an error. */
export function checkSeen(byTracer: ByTracer): void {
  for (const [{ name }, { account }] of byTracer)
    if (name.startsWith('Synscope')) checkAccount(name, account);
}

function checkAccount(name: string, { made, seen, lost, events }: Account): void {
  if (events === 0) throw new Error(`${name} saw nothing at all.`);
  if (seen !== null && seen !== made && lost === 0)
    throw new Error(`${name} saw ${seen} of ${made} connections and says that nothing was lost.`);
}
