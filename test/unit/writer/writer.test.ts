import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SymbolizedFrame } from '../../../contract/addon.ts';
import { EventKind, StackUnwinder } from '../../../contract/generated/events.ts';
import { batchOf, record } from '../../fixtures/records.ts';
import { connected, refused, SocketStory, STORY_START_NS } from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';
import { WrittenSession } from '../../fixtures/written-session.ts';

const peer = '10.0.0.2:443';
const directory = temporaryDirectory();

test('a committed attempt is in the file with its events, readable by others while it is written', () => {
  const session = new WrittenSession(directory).hears(refused('curl', peer));
  expect(session.rows('SELECT * FROM attempt')).toEqual([]);
  const ended = session.commitAt(10);
  expect(ended?.map(({ id }) => id)).toEqual([1]);
  expect(session.rows('SELECT * FROM attempt')).toMatchObject([
    {
      id: 1,
      outcome: 'refused',
      failed: 1,
      error: 'ECONNREFUSED',
      remote_address: '10.0.0.2',
      state: 'CLOSE',
      fd: 3,
    },
  ]);
  expect(session.rows('SELECT kind, old_state, new_state, errno FROM event ORDER BY id')).toEqual([
    { kind: 'state', old_state: 'CLOSE', new_state: 'SYN_SENT', errno: null },
    { kind: 'reset-received', old_state: null, new_state: null, errno: null },
    { kind: 'state', old_state: 'SYN_SENT', new_state: 'CLOSE', errno: 111 },
    { kind: 'error', old_state: null, new_state: null, errno: 111 },
    { kind: 'connect', old_state: null, new_state: null, errno: 111 },
    { kind: 'destroy', old_state: null, new_state: null, errno: null },
  ]);
  expect(session.rows('SELECT comm, pid, user FROM process')).toEqual([
    { comm: 'curl', pid: 100, user: 'ada' },
  ]);
  session.finishAt(20);
});

test('an attempt that changes is one row', () => {
  const story = connected('curl', peer);
  const session = new WrittenSession(directory).hears(story);
  session.commitAt(10);
  expect(session.rows('SELECT outcome, ended_ns FROM attempt')).toEqual([
    { outcome: 'open', ended_ns: null },
  ]);
  session
    .hears(story.goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET' }).destroyed())
    .commitAt(50);
  expect(session.rows('SELECT outcome, error FROM attempt')).toEqual([
    { outcome: 'reset', error: 'ECONNRESET' },
  ]);
  session.finishAt(60);
});

test('stopped in order, the session is one private file that says so', () => {
  const session = new WrittenSession(directory).hears(refused('curl', peer));
  expect(session.rows('SELECT clean_end FROM session')).toEqual([{ clean_end: 0 }]);
  session.finishAt(40);
  expect(existsSync(`${session.path}-wal`)).toBe(false);
  expect(statSync(session.path).mode & 0o777).toBe(0o600);
  expect(session.rows('SELECT clean_end, events, ended_ns FROM session')).toEqual([
    { clean_end: 1, events: 6, ended_ns: 40e6 },
  ]);
  expect(session.rows('PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
  expect(session.troubles).toEqual([]);
});

test('a file that is there is not overwritten', () => {
  new WrittenSession(directory, null, 'there.synscope').finishAt(1);
  expect(() => new WrittenSession(directory, null, 'there.synscope')).toThrow(/EEXIST/);
});

test('a cookie beyond the exact numbers is kept', () => {
  const story = new SocketStory().by('curl').to(peer);
  story.cookie = 0xffff_ffff_ffff_fff0n;
  const session = new WrittenSession(directory).hears(story.connects());
  session.finishAt(10);
  expect(session.rows("SELECT printf('%llx', cookie) AS cookie FROM attempt")).toEqual([
    { cookie: 'fffffffffffffff0' },
  ]);
});

function stackRecord(stackId: bigint, addresses: bigint[]): ArrayBuffer {
  return record('stack_event', EventKind.STACK, STORY_START_NS, {
    stack_id: stackId,
    unwinder: StackUnwinder.KERNEL,
    depth: addresses.length,
    addresses,
  });
}

function named(name: string): SymbolizedFrame {
  return {
    name,
    module: 'vmlinux',
    buildId: null,
    offset: 1,
    quality: 'kernel',
    problem: null,
    file: null,
    line: null,
    inlined: false,
  };
}

const FRAMES = `SELECT s.id, s.symbolized, depth, name, address FROM stack s
  JOIN stack_frame ON stack_id = s.id JOIN frame f ON f.id = frame_id ORDER BY s.id, depth`;

test('a stack is there with its addresses at once, and with names when they come', () => {
  const session = new WrittenSession(directory);
  const story = new SocketStory().by('curl').to(peer);
  story.records.push(stackRecord(77n, [0x10n, 0x20n]), stackRecord(78n, [0x10n, 0x30n]));
  session.hears(story);
  session.commitAt(10);
  expect(session.rows(FRAMES)).toMatchObject([
    { id: 1, symbolized: 0, depth: 0, name: null, address: '0x10' },
    { id: 1, symbolized: 0, depth: 1, name: null, address: '0x20' },
    { id: 2, symbolized: 0, depth: 0, name: null, address: '0x10' },
    { id: 2, symbolized: 0, depth: 1, name: null, address: '0x30' },
  ]);
  const asked = session.writer.stacks.take(10);
  expect(asked.map(({ request }) => [...request.addresses])).toEqual([
    [0x10n, 0x20n],
    [0x10n, 0x30n],
  ]);
  expect(session.writer.stacks.isPending(1)).toBe(true);
  session.writer.symbolized(asked, [
    [named('a'), named('b')],
    [named('a'), named('c')],
  ]);
  expect(session.writer.stacks.isPending(1)).toBe(false);
  session.commitAt(20);
  expect(session.rows(FRAMES).map(({ symbolized, name }) => [symbolized, name])).toEqual([
    [1, 'a'],
    [1, 'b'],
    [1, 'a'],
    [1, 'c'],
  ]);
  expect(session.rows('SELECT name FROM frame ORDER BY name')).toEqual([
    { name: 'a' },
    { name: 'b' },
    { name: 'c' },
  ]);
  session.finishAt(30);
});

test('events name the stack by its row, whichever of them comes first', () => {
  const session = new WrittenSession(directory);
  const story = refused('curl', peer);
  const event = record('state_event', EventKind.STATE, STORY_START_NS + 5n, {
    'socket.cookie': 9_000n,
    'socket.family': 2,
    kernel_stack_id: 77n,
    old_state: 7,
    new_state: 2,
    in_task: 1,
  });
  story.records.length = 0;
  story.records.push(event, stackRecord(77n, [0x10n]));
  session.hears(story);
  session.finishAt(10);
  expect(session.rows('SELECT kernel_stack_id FROM event')).toEqual([{ kernel_stack_id: 1 }]);
  expect(session.rows('SELECT id FROM stack')).toEqual([{ id: 1 }]);
});

test('the fixture makes batches that end where their records end', () => {
  expect(batchOf([stackRecord(1n, [])]).byteLength % 8).toBe(0);
});
