// Windows of rows: order, ties, edges, pausing, and a session that is being written.
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Sort, SortColumn } from '../../../contract/api.ts';
import { SessionReader } from '../../../engine/query/reader.ts';
import { NEWEST_FIRST, OLDEST_FIRST, openFile, selecting, windowOf } from '../../fixtures/query.ts';
import {
  fillSession,
  SESSION_START_UNIX_MS,
  SessionBuilder,
} from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const MS = 1_000_000;
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

describe('a thousand attempts', () => {
  const path = join(directory, 'thousand.synscope');
  const builder = new SessionBuilder(path);
  fillSession(builder, 1000);
  builder.close();
  const reader = openFile(path);
  afterAll(() => reader.close());

  test.each(COLUMNS)('pages of %s, put together, are one stable order', (column) => {
    for (const descending of [true, false]) {
      const sort: Sort = { column, descending };
      const whole = [
        ...windowOf(reader, '', sort, 0, 500).ids,
        ...windowOf(reader, '', sort, 500, 500).ids,
      ];
      expect(new Set(whole).size).toBe(1000);
      const pieces: number[] = [];
      for (let offset = 0; offset < 1000; offset += 70)
        pieces.push(...windowOf(reader, '', sort, offset, 70).ids);
      expect(pieces).toEqual(whole);
      for (const at of [0, 1, 499, 999]) {
        const id = whole[at] ?? 0;
        expect(reader.position(selecting(''), sort, id)).toEqual({ offset: at });
      }
    }
  });

  test('of some attempts those that a filter selects, and no others', () => {
    const ids = [1, 2, 3, 500, 5000];
    const pick = (filter: string) => reader.pick(ids, filter).map(({ id }) => id);
    expect(pick('')).toEqual([1, 2, 3, 500]);
    expect(pick('failed or not failed')).toEqual([1, 2, 3, 500]);
    expect(pick('failed and not failed')).toEqual([]);
    expect(reader.details([2, 5000, 1]).map(({ row }) => row.id)).toEqual([2, 1]);
  });

  test.each(COLUMNS)('the first rows of %s are the same without the whole list', (column) => {
    for (const descending of [true, false]) {
      const fresh = openFile(path);
      const sort: Sort = { column, descending };
      const first = windowOf(fresh, '', sort, 0, 500);
      // Asks for the whole list.
      windowOf(fresh, '', sort, 500, 500);
      expect(windowOf(fresh, '', sort, 0, 500)).toEqual(first);
      fresh.close();
    }
  });

  test('numbers are in order, and attempts without one come last either way', () => {
    for (const descending of [true, false]) {
      const page = (offset: number) => {
        return reader.attempts({
          session: 'file',
          selection: selecting(''),
          sort: { column: 'connect', descending },
          offset,
          limit: 500,
        }).rows;
      };
      const times = [...page(0), ...page(500)].map(({ connectMs }) => connectMs);
      const known = times.filter((each) => each !== null);
      expect(times.slice(0, known.length)).toEqual(
        known.toSorted((a, b) => (descending ? b - a : a - b)),
      );
      expect(known.length).toBeLessThan(1000);
    }
  });

  test('edges of a window', () => {
    expect(windowOf(reader, '', NEWEST_FIRST, 0, 2)).toEqual({ ids: [1000, 999], total: 1000 });
    expect(windowOf(reader, '', NEWEST_FIRST, 999, 10)).toEqual({ ids: [1], total: 1000 });
    expect(windowOf(reader, '', NEWEST_FIRST, 5000, 10)).toEqual({ ids: [], total: 1000 });
    expect(windowOf(reader, 'failed', NEWEST_FIRST, 5000, 10).ids).toEqual([]);
    expect(windowOf(reader, '', NEWEST_FIRST, 0, 9999).ids).toHaveLength(500);
    expect(windowOf(reader, '', NEWEST_FIRST, -5, Number.NaN)).toEqual({ ids: [], total: 1000 });
  });

  test('a bound on the id holds the rows still', () => {
    const bound = { upToId: 600 };
    expect(windowOf(reader, bound, NEWEST_FIRST, 0, 2)).toEqual({ ids: [600, 599], total: 600 });
    expect(windowOf(reader, bound, NEWEST_FIRST, 598, 5)).toEqual({ ids: [2, 1], total: 600 });
    expect(
      windowOf(reader, { ...bound, filter: 'not failed' }, NEWEST_FIRST, 0, 1).ids[0],
    ).toBeLessThanOrEqual(600);
  });

  test('failed only, and the position of one that is not selected', () => {
    const { ids, total } = windowOf(reader, { failedOnly: true });
    expect(total).toBe(ids.length);
    expect(total).toBe(reader.status().failures);
    const absent =
      Array.from({ length: 1000 }, (_, at) => at + 1).find((id) => !ids.includes(id)) ?? 0;
    expect(reader.position(selecting({ failedOnly: true }), OLDEST_FIRST, absent)).toBeNull();
  });

  test('the overview counts every attempt once', () => {
    const overview = reader.overview(selecting(''), 30);
    expect(overview.buckets).toHaveLength(30);
    expect(overview.attempts).toBe(1000);
    expect(overview.failures).toBe(reader.status().failures);
    expect(overview.byProcess.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(1000);
    const attemptsOf = overview.byProcess.map(({ attempts }) => attempts);
    expect(attemptsOf).toEqual([...attemptsOf].sort((one, other) => other - one));
    expect(overview.byError.reduce((sum, { count }) => sum + count, 0)).toBe(overview.failures);
    expect(overview.byError.map(({ error }) => error)).toContain('ECONNREFUSED');
    expect(overview.byError.map(({ error }) => error)).toContain('abandoned');
  });

  test('the overview of a range holds what overlaps it', () => {
    const at = (ms: number) => SESSION_START_UNIX_MS + ms;
    const range = { from: at(0), to: at(10) };
    const overview = reader.overview(selecting({ range }), 10);
    expect(overview.attempts).toBe(windowOf(reader, { range }).total);
    expect(overview.attempts).toBe(101);
    expect([overview.from, overview.to]).toEqual([range.from, range.to]);
  });

  test('values for completion, most frequent first, no matter the case', () => {
    expect(reader.complete('comm', 'CU')).toEqual(['curl']);
    expect(reader.complete('rport', '')).toHaveLength(4);
    expect(reader.complete('proc', '%')).toEqual([]);
    expect(reader.complete('no-such-field', '')).toEqual([]);
    expect(reader.complete('proc', '')).toHaveLength(10);
  });
});

test('addresses sort as numbers, IPv4 before IPv6', () => {
  const path = join(directory, 'addresses.synscope');
  const builder = new SessionBuilder(path);
  for (const address of ['10.0.0.2', '2001:db8::1', '9.0.0.1', '::1', '10.0.0.10']) {
    builder.attempt({ remote_address: address, family: address.includes(':') ? 'ipv6' : 'ipv4' });
  }
  builder.attempt({ remote_address: '9.0.0.1', remote_port: 80 });
  builder.close();
  const reader = openFile(path);
  expect(windowOf(reader, '', { column: 'remote', descending: false }).ids).toEqual([
    6, 3, 1, 5, 4, 2,
  ]);
  reader.close();
});

test('a session that is being written is read as it grows, and still has one version at a time', () => {
  const path = join(directory, 'live.synscope');
  const builder = new SessionBuilder(path, { ended_ns: 1000 * MS, clean_end: 0 }, { wal: true });
  builder.attempt({ started_ns: 0 });
  const counters = {
    version: 1,
    events: 9,
    eventsPerSecond: 3,
    lost: 2,
    ringFill: 0.5,
    unwritten: 0,
    hooks: [],
    bounds: null,
    completeness: null,
    notes: ['told by the host'],
  };
  const reader = SessionReader.open(path, {
    session: 'live',
    kind: 'live',
    name: null,
    live: () => counters,
  });
  expect(windowOf(reader, 'not failed').ids).toEqual([1]);
  expect(reader.attempt(1)?.row.durationMs).toBe(1000);

  builder.attempt({ started_ns: 1500 * MS });
  builder.database.exec(`UPDATE session SET ended_ns = ${2000 * MS}`);
  counters.version = 2;
  expect(windowOf(reader, '').ids).toEqual([1, 2]);
  expect(reader.attempt(1)?.row.durationMs).toBe(2000);
  const { version, newestId } = reader.attempts({
    session: 'live',
    selection: selecting(''),
    sort: NEWEST_FIRST,
    offset: 0,
    limit: 1,
  });
  expect([version, newestId]).toEqual([2, 2]);
  expect(reader.status()).toMatchObject({
    kind: 'live',
    path: null,
    events: 9,
    lost: 2,
    eventsPerSecond: 3,
    ringFill: 0.5,
    unwritten: 0,
    notes: ['told by the host'],
    attempts: 2,
    open: 2,
  });
  reader.close();
  builder.close();
});
