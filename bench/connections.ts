// Connections a second with nobody watching, with Synscope and with bpftrace, in short
// slices that take turns; and what each of them saw and lost of these connections.
import { bpftraceVersion, whyNoBpftrace } from './bpftrace.ts';
import {
  absences,
  type ByTracer,
  checkSeen,
  compareTracers,
  lossTable,
  speedTables,
} from './comparison.ts';
import { BYTE, BYTE_ONE_CORE, type LoadKind, openLoadGround, REFUSED } from './load.ts';
import type { Bench, Budget, Circumstances, Result } from './report.ts';
import { median } from './statistics.ts';
import {
  bpftraceFacts,
  bpftraceStacks,
  captureAlone,
  synscopeRecord,
  type Tracer,
} from './tracers.ts';

const SHIPPED = synscopeRecord('Synscope', 'as shipped');
const TRACERS: readonly Tracer[] = [
  synscopeRecord('Synscope, lifecycle only', 'none'),
  SHIPPED,
  synscopeRecord('Synscope, every stack', 'every'),
  captureAlone('as shipped'),
  bpftraceFacts,
  bpftraceStacks,
];
const KINDS: readonly LoadKind[] = [BYTE, BYTE_ONE_CORE, REFUSED];
const LEAST_RATIO = 0.95;

function speedBudget(kind: LoadKind, byTracer: ByTracer): Budget {
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

function lossBudget(byTracer: ByTracer): Budget {
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
    const comparison = await compareTracers(ground, TRACERS, KINDS, circumstances);
    const { byTracer } = comparison;
    checkSeen(byTracer);
    return {
      tables: [...speedTables(comparison), lossTable(byTracer)],
      budgets: [...KINDS.map((kind) => speedBudget(kind, byTracer)), lossBudget(byTracer)],
      notes: [
        ...(whyNoBpftrace() === null ? [`${bpftraceVersion()}, output to a file`] : []),
        ...absences(TRACERS),
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
