// Groups of failures as the method `groups` answers them, at a size at which it must be quick.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SPARKLINE_BARS } from '../../../contract/groups.ts';
import type { SessionReader } from '../../../engine/query/reader.ts';
import { openFile, selecting, windowOf } from '../../fixtures/query.ts';
import { SESSION_START_UNIX_MS, SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const SECOND_NS = 1_000_000_000;
const FAILURES = 100_000;
const KINDS = 250;
const PROCESSES = 40;

interface KindRow {
  id: number;
  address?: string;
  port?: number;
  direction?: string;
  first?: number;
}

function addKind(builder: SessionBuilder, kind: KindRow): number {
  return builder.insert('failure_group', {
    id: kind.id,
    verdict: 'refused-by-peer',
    error: 'ECONNREFUSED',
    direction: kind.direction ?? 'outgoing',
    address: kind.address ?? '10.0.0.2',
    port: kind.port ?? 443,
    fingerprint: 'aabbccddeeff0011',
    stack: 'connect_db ← main (app)',
    first_ns: kind.first ?? 0,
  });
}

/** 100,000 failures of 250 kinds, and as many attempts that went well. */
function buildMany(path: string): void {
  const builder = new SessionBuilder(path, { ended_ns: 1000 * SECOND_NS });
  builder.database.exec('BEGIN');
  const owners = Array.from({ length: PROCESSES }, (_, nth) => {
    return builder.process(`worker-${nth % 8}`, { pid: 2000 + nth });
  });
  for (let kind = 0; kind < KINDS; kind++) addKind(builder, { id: kind + 1, port: 1000 + kind });
  const row = builder.database.prepare(
    `INSERT INTO attempt (cookie, ordinal, netns, direction, family, local_address, local_port, remote_address,
       remote_port, process_id, owner_source, state, outcome, failed, errno, error, begin_ns, started_ns, ended_ns,
       retransmits, bytes_sent, bytes_received, incomplete, verdict, confidence, failure_group)
     VALUES (?, 1, 1, 'outgoing', 'ipv4', '10.0.0.1', 40000, '10.0.0.2', ?, ?, 'connect', 'CLOSE', ?, ?, 111,
       'ECONNREFUSED', ?, ?, ?, 0, 0, 0, 0, 'refused-by-peer', 'likely', ?)`,
  );
  for (let nth = 0; nth < 2 * FAILURES; nth++) {
    const begin = Math.floor((nth / (2 * FAILURES)) * 999 * SECOND_NS);
    const failed = nth % 2;
    // As uneven as failures are: the last kinds have most of them.
    const kind = Math.floor(Math.sqrt(((nth >> 1) * 7919) % (KINDS * KINDS)));
    const owner = owners[nth % PROCESSES] ?? null;
    const times = [begin, begin, begin + 1_000_000];
    const outcome = failed === 1 ? 'refused' : 'closed';
    row.run(nth, 1000 + kind, owner, outcome, failed, ...times, failed === 1 ? kind + 1 : null);
  }
  builder.database.exec('COMMIT');
  builder.close();
}

let many: SessionReader;

beforeAll(() => {
  const path = join(directory, 'many.synscope');
  buildMany(path);
  many = openFile(path);
});

afterAll(() => many.close());

test('every failure is in one group, with its bars and its processes', () => {
  const { groups, total, failures } = many.groups(selecting(''), 500);
  expect([total, groups.length, failures]).toEqual([KINDS, KINDS, FAILURES]);
  let sum = 0;
  for (const group of groups) {
    sum += group.count;
    expect(group.sparkline).toHaveLength(SPARKLINE_BARS);
    expect(group.sparkline.reduce((a, b) => a + b, 0)).toBe(group.count);
    expect(group.processes.reduce((a, b) => a + b.count, 0)).toBe(group.count);
    expect(new Set(group.processes.map(({ comm }) => comm)).size).toBe(group.processes.length);
    expect(group.firstAt).toBeLessThanOrEqual(group.lastAt);
  }
  expect(sum).toBe(FAILURES);
  const counts = groups.map(({ count }) => count);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
});

test('the filter of a group selects its attempts, and the example is the newest of them', () => {
  for (const { filter, count, exampleId } of many.groups(selecting(''), 5).groups) {
    const { total } = windowOf(many, filter);
    expect(total).toBe(count);
    const newest = windowOf(many, filter, { column: 'started', descending: true });
    expect(newest.ids[0]).toBe(exampleId);
  }
});

test('the groups of 100,000 failures take less than 100 ms', () => {
  const times = [1, 2, 3, 4].map((limit) => {
    // Of this thread alone: the machine may be doing something else at the same time.
    const before = process.threadCpuUsage();
    many.groups(selecting(''), limit);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  });
  expect(Math.min(...times)).toBeLessThan(100);
});

test('a filter and a range narrow the groups', () => {
  const { groups, total } = many.groups(selecting('rport = 1007'), 500);
  expect(total).toBe(1);
  expect(groups[0]).toMatchObject({ remotePort: 1007, destination: '10.0.0.2:1007' });
  const range = { from: SESSION_START_UNIX_MS + 500_000, to: SESSION_START_UNIX_MS + 524_000 };
  const narrowed = many.groups(selecting({ range }), 500);
  expect([narrowed.from, narrowed.to]).toEqual([range.from, range.to]);
  expect(narrowed.failures).toBeGreaterThan(2000);
  expect(narrowed.failures).toBeLessThan(2800);
  for (const { sparkline, count } of narrowed.groups) {
    expect(sparkline.reduce((a, b) => a + b, 0)).toBe(count);
  }
});

test('new are kinds first seen in the last minute, unless that is the first one', () => {
  const path = join(directory, 'new.synscope');
  const builder = new SessionBuilder(path, { ended_ns: 600 * SECOND_NS });
  const owner = builder.process('curl');
  const at = (id: number, seconds: number, row = {}) => {
    addKind(builder, { id, port: id, first: seconds * SECOND_NS });
    const times = { started_ns: seconds * SECOND_NS, process_id: owner };
    builder.refused({ ...times, verdict: 'silence', confidence: 'certain', ...row });
  };
  at(1, 10, { failure_group: 1 });
  at(2, 300, { failure_group: 2 });
  at(3, 550, { failure_group: 3 });
  builder.refused({ started_ns: 599 * SECOND_NS, process_id: owner, failure_group: 1 });
  builder.close();
  const reader = openFile(path);
  const { groups } = reader.groups(selecting(''), 10);
  reader.close();
  expect(groups.map(({ remotePort, isNew }) => [remotePort, isNew])).toEqual([
    [3, true],
    [1, false],
    [2, false],
  ]);
});

test.each([
  ['socket', '0.0.0.0', 0, 'socket(2)'],
  ['bind', '0.0.0.0', 80, 'bind(2) on 0.0.0.0:80'],
  ['accept', '::1', 80, 'accept(2) on [::1]:80'],
])('a call that failed before there was a connection: %s', (call, address, port, words) => {
  const path = join(directory, `${call}.synscope`);
  const builder = new SessionBuilder(path);
  addKind(builder, { id: 1, direction: 'accepted', address, port });
  builder.refused({ call, verdict: 'unknown', confidence: 'possible', failure_group: 1 });
  builder.close();
  const reader = openFile(path);
  expect(reader.groups(selecting(''), 10).groups[0]?.destination).toBe(words);
  reader.close();
});

test('what a group says of itself', () => {
  const path = join(directory, 'words.synscope');
  const builder = new SessionBuilder(path);
  addKind(builder, { id: 0xabc, direction: 'accepted', address: '::1', port: 80 });
  const shown = { verdict: 'refused-by-peer', confidence: 'certain', failure_group: 0xabc };
  const id = builder.refused({ ...shown, started_ns: SECOND_NS });
  builder.refused({ race: id, started_ns: SECOND_NS });
  // A group that is not there, in a file of a stranger.
  builder.refused({ failure_group: 77 });
  builder.close();
  const reader = openFile(path);
  const { groups } = reader.groups(selecting(''), 10);
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatchObject({
    id: '0000000000abc',
    verdict: { id: 'refused-by-peer', confidence: 'certain' },
    error: 'ECONNREFUSED',
    destination: 'accepted on [::1]:80',
    count: 1,
    processes: [{ comm: '', count: 1 }],
    filter: 'group = 0000000000abc',
    exampleId: id,
    stack: 'connect_db ← main (app)',
    fingerprint: 'aabbccddeeff0011',
  });
  expect(windowOf(reader, 'group ~ abc').total).toBe(1);
  expect(windowOf(reader, 'group != 0000000000abc').total).toBe(2);
  expect(windowOf(reader, 'group = none').total).toBe(1);
  expect(windowOf(reader, `race = ${id}`).total).toBe(1);
  reader.close();
});
