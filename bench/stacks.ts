// Connections a second with stacks at failures: of Synscope as it is, of Synscope that takes
// both stacks of each failure, and of bpftrace that prints kstack and ustack there; and how many
// refused connects came with which stack.
import { bpftraceVersion, whyNoBpftrace } from './bpftrace.ts';
import {
  absences,
  type ByTracer,
  type Comparison,
  checkSeen,
  compareTracers,
  lossTable,
  speedTables,
} from './comparison.ts';
import {
  BYTE,
  BYTE_ONE_CORE,
  type LoadKind,
  openLoadGround,
  REFUSED,
  REFUSED_PACED,
} from './load.ts';
import type { Bench, Budget, Circumstances, Result, Row, Table } from './report.ts';
import { median } from './statistics.ts';
import { bpftraceFailures, captureAlone, synscopeRecord, type Tracer } from './tracers.ts';

const WHOLE = synscopeRecord('Synscope, every stack of failures', 'failures');
const TRACERS: readonly Tracer[] = [
  synscopeRecord('Synscope', 'as shipped'),
  WHOLE,
  captureAlone('failures', 'Synscope, the same, capture alone'),
  bpftraceFailures,
];
/** Those that fail, and those that succeed: the latter pay for what is ready to be taken. */
const FAILING: readonly LoadKind[] = [REFUSED, REFUSED_PACED];
const SUCCEEDING: readonly LoadKind[] = [BYTE, BYTE_ONE_CORE];
const LEAST_RATIO = 0.95;

const STACK_COLUMNS = [
  { key: 'tracer', label: 'tracer' },
  { key: 'made', label: 'refused' },
  { key: 'kernel', label: 'with the stack of the kernel' },
  { key: 'program', label: 'of the program' },
  { key: 'caller', label: 'that names who called connect' },
  { key: 'share', label: 'of those made, %', digits: 1 },
];

function stackTable(title: string, byTracer: ByTracer): Table {
  const rows = [...byTracer].flatMap(([{ name }, { account }]): Row[] => {
    if (account.seen === null) return [];
    const { made, stacks } = account;
    return [{ tracer: name, made, ...stacks, share: (100 * stacks.caller) / made }];
  });
  return { title, columns: STACK_COLUMNS, rows };
}

function ratio({ byTracer }: Comparison, tracer: Tracer, kind: LoadKind): number | null {
  const samples = byTracer.get(tracer)?.kinds.get(kind);
  return samples === undefined ? null : median(samples.ratios);
}

function budgets(failing: Comparison, succeeding: Comparison): Budget[] {
  const text = (value: number | null) => (value === null ? 'not measured' : value.toFixed(2));
  const [own, theirs] = [WHOLE, bpftraceFailures].map((each) => ratio(failing, each, REFUSED));
  const begun = SUCCEEDING.map((kind): Budget => {
    const kept = ratio(succeeding, WHOLE, kind);
    const what = `${kind.name}: connections/s with stacks at failures ÷ untraced`;
    const met = kept !== null && kept >= LEAST_RATIO;
    return { what, limit: `≥ ${LEAST_RATIO}`, measured: text(kept), met };
  });
  const beside = {
    what: 'refused: connections/s with every stack ÷ untraced',
    limit: 'better than bpftrace',
    measured: `${text(own ?? null)}, bpftrace ${text(theirs ?? null)}`,
    met: (own ?? 0) > (theirs ?? 0),
  };
  return [...begun, beside];
}

async function run(circumstances: Circumstances): Promise<Result> {
  const ground = openLoadGround();
  try {
    const paced = await compareTracers(ground, TRACERS, [REFUSED_PACED], circumstances);
    const flood = await compareTracers(ground, TRACERS, [REFUSED], circumstances);
    const succeeding = await compareTracers(ground, TRACERS, SUCCEEDING, circumstances);
    for (const { byTracer } of [paced, flood, succeeding]) checkSeen(byTracer);
    return {
      tables: [
        ...[paced, flood, succeeding].flatMap(speedTables),
        ...FAILING.map((kind) =>
          stackTable(`Stacks: ${kind.name}`, (kind === REFUSED ? flood : paced).byTracer),
        ),
        { ...lossTable(flood.byTracer), title: `Seen and lost: ${REFUSED.name}` },
        { ...lossTable(paced.byTracer), title: `Seen and lost: ${REFUSED_PACED.name}` },
      ],
      budgets: budgets(flood, succeeding),
      notes: [
        ...(whyNoBpftrace() === null ? [`${bpftraceVersion()}, output to a file`] : []),
        ...absences(TRACERS),
      ],
    };
  } finally {
    ground.close();
  }
}

export const stacks: Bench = {
  name: 'stacks',
  title: 'connections/s with stacks at failures, beside bpftrace; stacks that arrive',
  run,
};
