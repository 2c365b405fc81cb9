// How many events a second the engine takes on one core: decode, lifecycle and store, on
// records of refused connects and of whole connections; and their size in the file.
import { statSync } from 'node:fs';
import { BatchDecoder } from '../engine/capture/decode.ts';
import { LifecycleRecorder } from '../test/fixtures/lifecycle-recorder.ts';
import { batchOf } from '../test/fixtures/records.ts';
import { connected, refused, type SocketStory } from '../test/fixtures/socket-story.ts';
import { WrittenSession } from '../test/fixtures/written-session.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median, middleHalf } from './statistics.ts';

/** Sockets whose records come together, as between two drains of 10 ms. */
const BATCH = 200;
/** Attempts between two commits, as in 50 ms at full rate. */
const COMMIT_EVERY = 1000;
const LEAST_PER_SECOND = 150_000;
const STORED = 'decode + lifecycle + store';
const COLUMNS = [
  { key: 'records', label: 'records' },
  { key: 'what', label: 'what is done' },
  { key: 'rate', label: 'events/s of processor time' },
  { key: 'spread', label: 'middle half' },
  { key: 'bytes', label: 'bytes/event in the file', digits: 1 },
];

interface Load {
  readonly name: string;
  readonly batches: readonly ArrayBuffer[];
  readonly events: number;
}

function whole(): SocketStory {
  return connected('curl', '10.0.0.2:443')
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', sent: 100, received: 200 })
    .goes('FIN_WAIT1', 'FIN_WAIT2', { shutdown: 3 })
    .goes('FIN_WAIT2', 'CLOSE', { shutdown: 3 })
    .destroyed();
}

function load(name: string, attempts: number, tell: () => SocketStory): Load {
  const batches: ArrayBuffer[] = [];
  let events = 0;
  for (let made = 0; made < attempts; made += BATCH) {
    const records = Array.from({ length: BATCH }, tell).flatMap((story) => story.records);
    events += records.length;
    batches.push(batchOf(records));
  }
  return { name: `${name}, ${events}`, batches, events };
}

/** Seconds that the processor was busy with this; what others run meanwhile does not count. */
function cpuSeconds(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1e6;
}

function decodeOnly({ batches }: Load): number {
  const recorder = new LifecycleRecorder();
  recorder.event = () => 0;
  recorder.attemptChanged = (attempt) => {
    attempt.dirty = false;
  };
  const decoder = new BatchDecoder(recorder.lifecycle);
  return cpuSeconds(() => {
    for (const batch of batches) decoder.decode(batch);
  });
}

function store(
  { name, batches, events }: Load,
  folder: string,
): { seconds: number; bytes: number } {
  const session = new WrittenSession(folder);
  const seconds = cpuSeconds(() => {
    for (const [index, batch] of batches.entries()) {
      session.decoder.decode(batch);
      if ((index + 1) % (COMMIT_EVERY / BATCH) === 0) session.commitAt(index * 10);
    }
    session.finishAt(batches.length * 10);
  });
  const [stored] = session.rows('SELECT count(*) AS n FROM event');
  if (Number(stored?.['n']) === 0) throw new Error(`${name}: nothing is in the file.`);
  return { seconds, bytes: statSync(session.path).size / events };
}

function measure(one: Load, runs: number, folder: string): Row[] {
  const decoded: number[] = [];
  const written: number[] = [];
  let size = 0;
  // The first run compiles, and does not count.
  for (let run = 0; run <= runs; run++) {
    const alone = one.events / decodeOnly(one);
    const { seconds, bytes } = store(one, folder);
    size = bytes;
    if (run === 0) continue;
    decoded.push(alone);
    written.push(one.events / seconds);
  }
  const row = (what: string, rates: readonly number[], bytes: number | null): Row => ({
    records: one.name,
    what,
    rate: median(rates),
    spread: middleHalf(rates, 0),
    bytes,
  });
  return [row('decode + lifecycle', decoded, null), row(STORED, written, size)];
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const attempts = quick ? 10_000 : 60_000;
  const loads = [
    load('refused connects', attempts, () => refused('curl', '10.0.0.2:443')),
    load('whole connections', attempts, whole),
  ];
  const rows = loads.flatMap((one) => measure(one, quick ? 2 : 5, folder));
  const budgets = rows
    .filter(({ what }) => what === STORED)
    .map(({ records, rate }) => ({
      what: `${STORED}, one core, ${records}`,
      limit: `≥ ${LEAST_PER_SECOND.toLocaleString('en')} events/s`,
      measured: Math.round(Number(rate)).toLocaleString('en'),
      met: Number(rate) >= LEAST_PER_SECOND,
    }));
  const title = 'Events a second of one thread, without stacks';
  return { tables: [{ title, columns: COLUMNS, rows }], budgets, notes: [] };
}

export const engine: Bench = { name: 'engine', title: 'decode + lifecycle + store', run };
