// How many events a second the engine takes on one core: decode, lifecycle and store, on
// records of refused connects and of whole connections. Run by hand:
//   node_modules/.bin/node bench/engine.ts [attempts]
// Budget: 150,000 events/s. Ratios between runs on one machine count, absolute times do not.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchDecoder } from '../engine/capture/decode.ts';
import { LifecycleRecorder } from '../test/fixtures/lifecycle-recorder.ts';
import { batchOf } from '../test/fixtures/records.ts';
import { connected, refused, type SocketStory } from '../test/fixtures/socket-story.ts';
import { WrittenSession } from '../test/fixtures/written-session.ts';

const ATTEMPTS = Number(process.argv[2] ?? 60_000);
/** Sockets whose records come together, as between two drains of 10 ms. */
const BATCH = 200;
/** Attempts between two commits, as in 50 ms at full rate. */
const COMMIT_EVERY = 1000;

function whole(): SocketStory {
  return connected('curl', '10.0.0.2:443')
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', sent: 100, received: 200 })
    .goes('FIN_WAIT1', 'FIN_WAIT2', { shutdown: 3 })
    .goes('FIN_WAIT2', 'CLOSE', { shutdown: 3 })
    .destroyed();
}

interface Load {
  readonly batches: ArrayBuffer[];
  readonly events: number;
}

function load(tell: () => SocketStory): Load {
  const batches: ArrayBuffer[] = [];
  let events = 0;
  for (let made = 0; made < ATTEMPTS; made += BATCH) {
    const records = Array.from({ length: BATCH }, tell).flatMap((story) => story.records);
    events += records.length;
    batches.push(batchOf(records));
  }
  return { batches, events };
}

function report(what: string, events: number, beganMs: number, more = ''): void {
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    `${what.padEnd(34)} ${Math.round(events / seconds).toLocaleString('en')} events/s${more}`,
  );
}

function decodeOnly({ batches, events }: Load): void {
  const recorder = new LifecycleRecorder();
  recorder.event = () => {};
  recorder.attemptChanged = (attempt) => {
    attempt.dirty = false;
  };
  const decoder = new BatchDecoder(recorder.lifecycle);
  const began = performance.now();
  for (const batch of batches) decoder.decode(batch);
  report('  decode + lifecycle', events, began);
}

function store({ batches, events }: Load): void {
  const directory = mkdtempSync(join(tmpdir(), 'synscope-bench-'));
  try {
    const session = new WrittenSession(directory);
    const began = performance.now();
    for (const [index, batch] of batches.entries()) {
      session.decoder.decode(batch);
      if ((index + 1) % (COMMIT_EVERY / BATCH) === 0) session.commitAt(index * 10);
    }
    session.finishAt(batches.length * 10);
    const bytes = Math.round(statSync(session.path).size / events);
    report('  decode + lifecycle + store', events, began, `, ${bytes} bytes each in the file`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const [name, tell] of [
  ['refused connects', () => refused('curl', '10.0.0.2:443')],
  ['whole connections', whole],
] as const) {
  const made = load(tell);
  console.log(`${name}: ${ATTEMPTS} attempts, ${made.events} events`);
  decodeOnly(made);
  store(made);
}
