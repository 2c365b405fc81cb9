// How long a screen waits for its rows: filters and sorts over a generated session.
//   node bench/query.ts [attempts=100000]
// The budget is 100 ms for each line at 100,000 attempts; numbers of a busy machine mean little.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Selection, Sort, SortColumn } from '../contract/api.ts';
import { SessionReader } from '../engine/query/reader.ts';
import { EVERYTHING } from '../engine/query/selection.ts';
import { fillSession, SessionBuilder } from '../test/fixtures/session-builder.ts';

const count = Number(process.argv[2] ?? 100_000);
const BUDGET_MS = 100;
const RUNS = 3;

const directory = mkdtempSync(join(tmpdir(), 'synscope-bench-'));
const path = join(directory, 'bench.synscope');
const builder = new SessionBuilder(path);
fillSession(builder, count, 10);
builder.close();
console.log(`${count} attempts, ${count * 10} events, ${Math.round(statSync(path).size / 1e6)} MB`);

function newReader(): SessionReader {
  return SessionReader.open(path, {
    session: 'bench',
    kind: 'file',
    name: 'bench',
    live: () => null,
  });
}

/** Median of a few runs, each in a reader whose lists are empty; pages are warm in the system. */
function measure(
  label: string,
  run: (reader: SessionReader) => unknown,
  budgetMs = BUDGET_MS,
): void {
  const times = Array.from({ length: RUNS }, () => {
    const reader = newReader();
    reader.attempt(1);
    const begun = performance.now();
    run(reader);
    const took = performance.now() - begun;
    reader.close();
    return took;
  });
  const median = times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  console.log(
    `${median > budgetMs ? 'OVER' : 'ok  '} ${median.toFixed(1).padStart(8)} ms  ${label}`,
  );
}

function page(
  selection: Partial<Selection>,
  sort: Sort,
  offset = 0,
): (reader: SessionReader) => unknown {
  const query = {
    session: 'bench',
    selection: { ...EVERYTHING, ...selection },
    sort,
    offset,
    limit: 100,
  };
  return (reader) => reader.attempts(query);
}

const NEWEST: Sort = { column: 'started', descending: true };
const COLUMNS: SortColumn[] = [
  'started',
  'state',
  'outcome',
  'process',
  'remote',
  'local',
  'connect',
  'duration',
  'retransmits',
  'bytes',
  'rtt',
];
const FILTERS = [
  'curl',
  '10.2',
  '443',
  'remote = 10.2.0.0/15',
  'remote = 10.2.100.0/22',
  'error = ECONNREFUSED',
  'connect > 10ms',
  'duration > 1s',
  'not failed and retransmits > 0',
  'cmd ~ url',
];

{
  const begun = performance.now();
  const reader = newReader();
  page({}, NEWEST)(reader);
  reader.status();
  reader.overview(EVERYTHING, 200);
  console.log(
    `     ${(performance.now() - begun).toFixed(1).padStart(8)} ms  open, first rows, status and overview (budget 2 s at 1,000,000 events)`,
  );
  reader.close();
}
measure('newest first, top', page({}, NEWEST), 10);
measure('newest first, middle', page({}, NEWEST, Math.floor(count / 2)));
measure('failed only', page({ failedOnly: true }, NEWEST));
for (const column of COLUMNS) measure(`sort by ${column}`, page({}, { column, descending: true }));
for (const filter of FILTERS) measure(`filter ${filter}`, page({ filter }, NEWEST));
measure('overview in 200 buckets', (reader) => reader.overview(EVERYTHING, 200));
measure('complete proc', (reader) => reader.complete('proc', ''));

const reader = newReader();
const scroll = page({}, { column: 'connect', descending: true });
scroll(reader);
const begun = performance.now();
for (let step = 0; step < 100; step++)
  page({}, { column: 'connect', descending: true }, step * 50)(reader);
console.log(
  `     ${((performance.now() - begun) / 100).toFixed(2).padStart(8)} ms  a window of a sorted list while scrolling`,
);
reader.close();
rmSync(directory, { recursive: true, force: true });
