// Connections a second with nobody watching, with Synscope and with bpftrace, in short
// slices that take turns; and what each of them saw and lost of these connections.
import { bpftraceVersion, whyNoBpftrace } from './bpftrace.ts';
import {
  BYTE,
  BYTE_ONE_CORE,
  type LoadGround,
  type LoadKind,
  openLoadGround,
  REFUSED,
} from './load.ts';
import type { Bench, Budget, Circumstances, Result, Row, Table } from './report.ts';
import { median, middleHalf } from './statistics.ts';
import {
  bpftraceFacts,
  bpftraceStacks,
  captureAlone,
  synscopeRecord,
  type Tracer,
} from './tracers.ts';
import { type Account, type Measured, newMeasured, rateOf, type Samples, visit } from './visits.ts';

const SHIPPED = synscopeRecord('Synscope', 'as shipped');
const TRACERS: readonly Tracer[] = [
  synscopeRecord('Synscope, lifecycle only', 'none'),
  SHIPPED,
  synscopeRecord('Synscope, every stack', 'every'),
  captureAlone,
  bpftraceFacts,
  bpftraceStacks,
];
const KINDS: readonly LoadKind[] = [BYTE, BYTE_ONE_CORE, REFUSED];
const LEAST_RATIO = 0.95;

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

type All = ReadonlyMap<Tracer, Measured>;

interface Everything {
  readonly byTracer: All;
  /** Connections a second of the untraced slices. */
  readonly base: ReadonlyMap<LoadKind, number[]>;
}

async function measure(ground: LoadGround, { quick, folder }: Circumstances): Promise<Everything> {
  const present = TRACERS.filter((tracer) => tracer.absent() === null);
  const byTracer = new Map(present.map((tracer) => [tracer, newMeasured(KINDS)]));
  const base = new Map(KINDS.map((kind) => [kind, [] as number[]]));
  for (const kind of KINDS) await ground.run(kind);
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
  return { byTracer, base };
}

function speedTable(kind: LoadKind, { byTracer, base }: Everything): Table {
  const untraced: Row = {
    tracer: 'untraced',
    rate: median(base.get(kind) ?? []),
    ratio: 1,
    cpu: 1,
  };
  const rows = TRACERS.map((tracer): Row => {
    const samples = byTracer.get(tracer)?.kinds.get(kind);
    return { tracer: tracer.name, ...(samples ? speeds(samples) : { spread: tracer.absent() }) };
  });
  const title = `Connections/s on loopback: ${kind.name}`;
  return { title, columns: COLUMNS, rows: [untraced, ...rows] };
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

function lossTable(byTracer: All): Table {
  const rows = [...byTracer].map(([tracer, { account }]): Row => {
    const { made, seen, events, lost } = account;
    const share = seen === null ? null : (100 * seen) / made;
    return { tracer: tracer.name, made, seen, share, events, lost };
  });
  return { title: 'Seen and lost in all of these slices', columns: LOSS_COLUMNS, rows };
}

/** Slow is a result. Connections that are neither seen nor said to be lost are an error. */
function checkSeen(name: string, { made, seen, lost, events }: Account): void {
  if (events === 0) throw new Error(`${name} saw nothing at all.`);
  if (seen !== null && seen !== made && lost === 0)
    throw new Error(`${name} saw ${seen} of ${made} connections and says that nothing was lost.`);
}

function speedBudget(kind: LoadKind, byTracer: All): Budget {
  const own = median(byTracer.get(SHIPPED)?.kinds.get(kind)?.ratios ?? []);
  const peer = byTracer.get(bpftraceFacts)?.kinds.get(kind);
  const theirs = peer ? median(peer.ratios) : null;
  const beside = theirs === null ? whyNoBpftrace() : `bpftrace ${theirs.toFixed(2)}`;
  return {
    what: `${kind.name}: connections/s, traced ÷ untraced`,
    limit: `≥ ${LEAST_RATIO}, and better than bpftrace`,
    measured: `${own.toFixed(2)}, ${beside}`,
    met: own >= LEAST_RATIO && (theirs === null || own > theirs),
  };
}

function lossBudget(byTracer: All): Budget {
  const lost = byTracer.get(SHIPPED)?.account.lost ?? 0;
  return {
    what: "events lost at the machine's highest connection rate, ring of 16 MiB",
    limit: '0',
    measured: String(lost),
    met: lost === 0,
  };
}

async function run(circumstances: Circumstances): Promise<Result> {
  const ground = openLoadGround();
  try {
    const everything = await measure(ground, circumstances);
    const { byTracer } = everything;
    for (const [tracer, { account }] of byTracer)
      if (tracer.name.startsWith('Synscope')) checkSeen(tracer.name, account);
    const missing = TRACERS.map((tracer) => [tracer.name, tracer.absent()] as const);
    return {
      tables: [...KINDS.map((kind) => speedTable(kind, everything)), lossTable(byTracer)],
      budgets: [...KINDS.map((kind) => speedBudget(kind, byTracer)), lossBudget(byTracer)],
      notes: [
        ...(whyNoBpftrace() === null ? [`${bpftraceVersion()}, output to a file`] : []),
        ...missing.flatMap(([name, why]) => (why === null ? [] : [`${name}: ${why}`])),
      ],
    };
  } finally {
    ground.close();
  }
}

export const connections: Bench = {
  name: 'connections',
  title: 'connections/s, untraced and traced; events lost',
  run,
};
