// A visit of a tracer to the load: untraced slices, traced ones, untraced ones again. What
// lies around the traced slices is their base, so that a busy machine meets both.
import type { LoadGround, LoadKind, Slice } from './load.ts';
import { atRest, threadTimes, usedMs } from './processes.ts';
import { median, sum } from './statistics.ts';
import type { Tracer } from './tracers.ts';

/** Slices of one kind of load, measured again and again. */
export class Samples {
  /** Connections a second of each slice. */
  readonly rates: number[] = [];
  /** Of each visit: connections a second, traced ÷ untraced. */
  readonly ratios: number[] = [];
  /** Of each visit: the load's own processor time per connection, traced ÷ untraced. */
  readonly cpuRatios: number[] = [];
  /** Of each visit: the tracer's processor time per connection, in microseconds. */
  readonly ownUs: number[] = [];
}

/** What a tracer saw of what was made in all of its visits. */
export class Account {
  made = 0;
  seen: number | null = null;
  lost = 0;
  events = 0;
  readonly stacks = { kernel: 0, program: 0, caller: 0 };
}

export interface Measured {
  readonly account: Account;
  readonly kinds: ReadonlyMap<LoadKind, Samples>;
}

export function newMeasured(kinds: readonly LoadKind[]): Measured {
  return { account: new Account(), kinds: new Map(kinds.map((kind) => [kind, new Samples()])) };
}

export const rateOf = (slice: Slice): number => slice.connections / slice.seconds;
const cpuOf = (slice: Slice): number => slice.cpuSeconds / slice.connections;

type Slices = ReadonlyMap<LoadKind, readonly Slice[]>;

async function slices(ground: LoadGround, kind: LoadKind, count: number): Promise<Slice[]> {
  const all: Slice[] = [];
  for (let i = 0; i < count; i++) all.push(await ground.run(kind));
  return all;
}

async function untraced(
  ground: LoadGround,
  kinds: readonly LoadKind[],
  count: number,
): Promise<Slices> {
  const all = new Map<LoadKind, readonly Slice[]>();
  for (const kind of kinds) all.set(kind, await slices(ground, kind, count));
  return all;
}

/** One visit; adds to what was measured, and returns the untraced slices. */
export async function visit(
  ground: LoadGround,
  tracer: Tracer,
  measured: Measured,
  folder: string,
  count: number,
): Promise<Slices> {
  const kinds = [...measured.kinds.keys()];
  const before = await untraced(ground, kinds, count / 2);
  const running = await tracer.start(folder);
  await atRest(running.pid);
  const traced = new Map<LoadKind, readonly Slice[]>();
  for (const kind of kinds) {
    const usedBefore = threadTimes(running.pid);
    const here = await slices(ground, kind, count);
    await atRest(running.pid);
    const ownMs = usedMs(usedBefore, threadTimes(running.pid));
    measured.kinds.get(kind)?.ownUs.push((ownMs * 1000) / madeIn(here));
    traced.set(kind, here);
  }
  const seen = await running.stop(ground.netns);
  const after = await untraced(ground, kinds, count / 2);
  const made = sum([...traced.values()].map(madeIn));
  const { account } = measured;
  account.made += made;
  account.seen = seen.connections === null ? null : (account.seen ?? 0) + seen.connections;
  account.lost += seen.lost;
  account.events += seen.events;
  for (const part of ['kernel', 'program', 'caller'] as const)
    account.stacks[part] += seen.stacks?.[part] ?? 0;
  const base = new Map(
    kinds.map((kind) => [kind, [...(before.get(kind) ?? []), ...(after.get(kind) ?? [])]]),
  );
  for (const [kind, samples] of measured.kinds)
    compare(samples, traced.get(kind) ?? [], base.get(kind) ?? []);
  return base;
}

function madeIn(all: readonly Slice[]): number {
  return sum(all.map((slice) => slice.connections));
}

function compare(samples: Samples, traced: readonly Slice[], base: readonly Slice[]): void {
  samples.rates.push(...traced.map(rateOf));
  samples.ratios.push(median(traced.map(rateOf)) / median(base.map(rateOf)));
  samples.cpuRatios.push(median(traced.map(cpuOf)) / median(base.map(cpuOf)));
}
