// Which code the attempts of a selection were asked for by, as a tree of functions: the
// `flame` method in reader.ts. The stack of an attempt is that of the call that began it.
import type { Selection } from '../../contract/api.ts';
import { type Flame, type FlameNode, MOST_FLAME_NODES } from '../../contract/flame.ts';
import { framesOf, HAS_STACK, IS_ASKING } from './frame-sql.ts';
import type { ReadPoint } from './order-cache.ts';
import { selectionConditions, where } from './selection.ts';
import type { StackOfProcess, StackPaths } from './stack-paths.ts';
import type { Statements } from './statements.ts';

/** Stacks that one answer reads, about 0.1 s; the others are told as not looked into yet. */
const READ_AT_ONCE = 2000;

/** Attempts that were asked for by one stack. */
interface Asked extends StackOfProcess {
  readonly named: boolean;
  readonly accepted: boolean;
  readonly older: boolean;
  readonly attempts: number;
  readonly failures: number;
}

type Sql = ReturnType<typeof where>;

function readAsked(statements: Statements, from: Sql): Asked[] {
  const sql = `SELECT ${framesOf('s')} AS frames, s.symbolized, coalesce(p.comm, '') AS comm, accepted, older,
      sum(n) AS attempts, sum(failures) AS failures
    FROM (SELECT b.stack, a.process_id AS owner, a.direction = 'accepted' AS accepted, a.started_ns IS NULL AS older,
        count(*) AS n, sum(a.failed) AS failures
      FROM (SELECT e.attempt_id AS attempt, e.user_stack_id AS stack, min(e.id) FROM event e
        WHERE ${HAS_STACK} AND e.user_stack_id IS NOT NULL AND ${IS_ASKING} GROUP BY e.attempt_id) b
      JOIN attempt a ON a.id = b.attempt${from.text} GROUP BY 1, 2, 3, 4)
    JOIN stack s ON s.id = stack LEFT JOIN process p ON p.id = owner
    GROUP BY 1, 2, 3, 4, 5 ORDER BY attempts DESC, frames DESC`;
  return statements.all(sql, ...from.values).map((row) => ({
    frames: Number(row['frames']),
    comm: String(row['comm']),
    named: row['symbolized'] === 1,
    accepted: row['accepted'] === 1,
    older: row['older'] === 1,
    attempts: Number(row['attempts']),
    failures: Number(row['failures']),
  }));
}

interface Totals {
  readonly attempts: number;
  readonly failures: number;
  readonly accepted: number;
  readonly older: number;
}

function readTotals(statements: Statements, from: Sql): Totals {
  const sql = `SELECT count(*) AS attempts, coalesce(sum(a.failed), 0) AS failures,
      coalesce(sum(a.direction = 'accepted'), 0) AS accepted,
      coalesce(sum(a.direction <> 'accepted' AND a.started_ns IS NULL), 0) AS older
    FROM attempt a${from.text}`;
  const row = statements.get(sql, ...from.values) ?? {};
  const { attempts, failures, accepted, older } = row;
  return {
    attempts: Number(attempts),
    failures: Number(failures),
    accepted: Number(accepted),
    older: Number(older),
  };
}

function sum(asked: readonly Asked[]): number {
  return asked.reduce((total, { attempts }) => total + attempts, 0);
}

/** Throws a `Problem` for a wrong filter. */
export function readFlame(
  statements: Statements,
  paths: StackPaths,
  selection: Selection,
  point: ReadPoint,
): Flame {
  const from = where(selectionConditions(selection, point.clock));
  const totals = readTotals(statements, from);
  const asked = readAsked(statements, from);
  const named = asked.filter((each) => each.named);
  paths.read(statements, named, READ_AT_ONCE);
  const unread = named.filter((each) => paths.endOf(each) === null);
  const rest = paths.isFull ? unread : [];
  const accepted = totals.accepted - sum(asked.filter((each) => each.accepted));
  const older = totals.older - sum(asked.filter((each) => !each.accepted && each.older));
  return {
    root: treeOf(paths, named, rest),
    attempts: totals.attempts,
    failures: totals.failures,
    without: {
      accepted,
      older,
      missing: totals.attempts - sum(asked) - accepted - older,
      unnamed: sum(asked) - sum(named),
      unread: sum(unread) - sum(rest),
    },
    version: point.version,
  };
}

/** Attempts and failures of each node: its own and those of the nodes below it. */
function countNodes(paths: StackPaths, asked: readonly Asked[]) {
  const attempts = new Float64Array(paths.parents.length);
  const failures = new Float64Array(paths.parents.length);
  for (const each of asked) {
    const end = paths.endOf(each);
    if (end === null) continue;
    attempts[end] = (attempts[end] ?? 0) + each.attempts;
    failures[end] = (failures[end] ?? 0) + each.failures;
  }
  // A parent has a smaller number than its children.
  for (let node = paths.parents.length - 1; node > 0; node--) {
    const parent = paths.parents[node] ?? 0;
    attempts[parent] = (attempts[parent] ?? 0) + (attempts[node] ?? 0);
    failures[parent] = (failures[parent] ?? 0) + (failures[node] ?? 0);
  }
  return { attempts, failures };
}

type MutableNode = { -readonly [key in keyof FlameNode]: FlameNode[key] } & {
  children: FlameNode[];
};

/** @param rest attempts of stacks that there is no room to look into: all in one node. */
function treeOf(paths: StackPaths, asked: readonly Asked[], rest: readonly Asked[]): FlameNode {
  const { attempts, failures } = countNodes(paths, asked);
  const left = restOf(rest);
  attempts[0] = (attempts[0] ?? 0) + left.attempts;
  failures[0] = (failures[0] ?? 0) + left.failures;
  const used = [...attempts.keys()].filter((node) => node === 0 || (attempts[node] ?? 0) > 0);
  const most = used.toSorted((a, b) => (attempts[b] ?? 0) - (attempts[a] ?? 0) || a - b);
  // No node has more attempts than its parent: those with most are a tree.
  const kept = new Set(most.slice(0, MOST_FLAME_NODES));
  const nodes = new Map<number, MutableNode>();
  const others = new Map<number, MutableNode>();
  if (rest.length > 0) others.set(0, left);
  for (const node of used) {
    const counts = { attempts: attempts[node] ?? 0, failures: failures[node] ?? 0 };
    const parent = paths.parents[node] ?? -1;
    if (kept.has(node)) {
      const kind = node === 0 ? 'all' : paths.isProcess(node) ? 'process' : 'frame';
      const made = { kind, ...paths.label(node), ...counts, children: [], count: 0 } as const;
      nodes.set(node, { ...made, children: [] });
    } else if (kept.has(parent)) {
      const small = others.get(parent) ?? { ...EMPTY_OTHERS, children: [] };
      small.attempts += counts.attempts;
      small.failures += counts.failures;
      small.count += 1;
      others.set(parent, small);
    }
  }
  for (const node of most.slice(1, MOST_FLAME_NODES)) {
    const made = nodes.get(node);
    if (made !== undefined) nodes.get(paths.parents[node] ?? 0)?.children.push(made);
  }
  for (const [parent, small] of others) nodes.get(parent)?.children.push(small);
  return nodes.get(0) ?? { ...EMPTY_OTHERS, kind: 'all' };
}

function restOf(rest: readonly Asked[]): MutableNode {
  const failures = rest.reduce((total, each) => total + each.failures, 0);
  return { ...EMPTY_OTHERS, attempts: sum(rest), failures, count: rest.length, children: [] };
}

const EMPTY_OTHERS: FlameNode = {
  kind: 'others',
  name: '',
  module: null,
  attempts: 0,
  failures: 0,
  children: [],
  count: 0,
};
