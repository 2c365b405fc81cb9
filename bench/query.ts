// How long a screen waits for its rows: filters and sorts over a generated session, in the
// reader alone. The whole way to the pixels is bench/table.ts.
import { join } from 'node:path';
import type { Selection, Sort, SortColumn } from '../contract/api.ts';
import { SessionReader } from '../engine/query/reader.ts';
import { EVERYTHING } from '../engine/query/selection.ts';
import { fillSession, SessionBuilder } from '../test/fixtures/session-builder.ts';
import type { Bench, Circumstances, Result, Row } from './report.ts';
import { median } from './statistics.ts';

const ATTEMPTS = 100_000;
const EVENTS_EACH = 10;
const MOST_MS = 100;
const NEWEST: Sort = { column: 'started', descending: true };
const SORTS: SortColumn[] = [
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
const COLUMNS = [
  { key: 'question', label: 'question' },
  { key: 'median', label: 'median, ms', digits: 1 },
  { key: 'cpu', label: 'of them on a processor', digits: 1 },
  { key: 'slowest', label: 'slowest', digits: 1 },
];

type Question = (reader: SessionReader) => unknown;

function page(selection: Partial<Selection>, sort: Sort, offset = 0): Question {
  const query = {
    session: 'bench',
    selection: { ...EVERYTHING, ...selection },
    sort,
    offset,
    limit: 100,
  };
  return (reader) => reader.attempts(query);
}

/** A reader that has been open for a while: the list is there, and the user scrolls. */
function scrolled(reader: SessionReader): void {
  const sort: Sort = { column: 'connect', descending: true };
  for (let step = 0; step < 100; step++) page({}, sort, step * 50)(reader);
}

const QUESTIONS: readonly (readonly [string, Question])[] = [
  ['newest first, top', page({}, NEWEST)],
  ['newest first, middle', page({}, NEWEST, ATTEMPTS / 2)],
  ['failed only', page({ failedOnly: true }, NEWEST)],
  ...SORTS.map((column) => {
    return [`sort by ${column}`, page({}, { column, descending: true })] as const;
  }),
  ...FILTERS.map((filter) => [`filter ${filter}`, page({ filter }, NEWEST)] as const),
  ['overview in 200 buckets', (reader) => reader.overview(EVERYTHING, 200)],
  ['complete proc', (reader) => reader.complete('proc', '')],
  ['a sort and 100 windows of it while scrolling', scrolled],
];

/** Each time in a reader whose lists are empty; pages are warm in the system. */
function ask(path: string, question: Question): { ms: number; cpuMs: number } {
  const describe = { session: 'bench', kind: 'file', name: 'bench', live: () => null } as const;
  const reader = SessionReader.open(path, describe);
  reader.attempt(1);
  const before = process.threadCpuUsage();
  const began = performance.now();
  question(reader);
  const ms = performance.now() - began;
  const { user, system } = process.threadCpuUsage(before);
  reader.close();
  return { ms, cpuMs: (user + system) / 1000 };
}

async function run({ folder, quick }: Circumstances): Promise<Result> {
  const path = join(folder, 'many.synscope');
  const builder = new SessionBuilder(path);
  fillSession(builder, ATTEMPTS, EVENTS_EACH);
  builder.close();
  const runs = quick ? 1 : 5;
  const rows = QUESTIONS.map(([question, askIt]): Row => {
    const times = Array.from({ length: runs }, () => ask(path, askIt));
    const all = times.map(({ ms }) => ms);
    const cpu = median(times.map(({ cpuMs }) => cpuMs));
    return { question, median: median(all), cpu, slowest: Math.max(...all) };
  });
  // One question each; a list that is scrolled through is many of them.
  const single = rows.filter(({ question }) => /^(sort|filter) /.test(String(question)));
  const slowest = single.reduce((a, b) => (Number(a['median']) > Number(b['median']) ? a : b));
  const worst = Number(slowest['median']);
  const budget = {
    what: 'filter or sort, in the reader alone, the slowest of them',
    limit: `≤ ${MOST_MS} ms`,
    measured: `${worst.toFixed(0)} ms (${slowest['question']})`,
    met: worst <= MOST_MS,
  };
  const title = `${ATTEMPTS} attempts, ${ATTEMPTS * EVENTS_EACH} events`;
  return { tables: [{ title, columns: COLUMNS, rows }], budgets: [budget], notes: [] };
}

export const query: Bench = { name: 'query', title: 'filters and sorts in the reader', run };
