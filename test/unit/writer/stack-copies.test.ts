// Stacks that come as copies of stack bytes: what is asked of the symbolizer, what becomes of
// its answers, and what when too many wait for one.
import { expect, test } from 'vitest';
import type { SymbolizedFrame } from '../../../contract/addon.ts';
import { EventKind, LAYOUT } from '../../../contract/generated/events.ts';
import { record } from '../../fixtures/records.ts';
import { SocketStory, STORY_START_NS } from '../../fixtures/socket-story.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';
import { WrittenSession } from '../../fixtures/written-session.ts';

const directory = temporaryDirectory();
const PROGRAM_COUNTER = process.arch === 'arm64' ? 32 : 16;
const PAGE = 4096;

function copyRecord(stackId: number, pages = 1): ArrayBuffer {
  const registers = Array.from({ length: PROGRAM_COUNTER + 1 }, (_, index) => BigInt(index));
  registers[PROGRAM_COUNTER] = 0x401_000n;
  const head = new Uint8Array(
    record('stack_copy_event', EventKind.STACK_COPY, STORY_START_NS, {
      stack_id: BigInt(stackId),
      'task.tgid': 42,
      'task.uid': 1000,
      start: 0x7000n,
      readable: 1,
      pages,
      registers,
    }),
  );
  const whole = new Uint8Array(head.length + pages * PAGE).fill(stackId & 0xff, head.length);
  whole.set(head);
  const size = LAYOUT.event_header.fields.size.offset;
  new DataView(whole.buffer).setUint16(size, whole.length, true);
  return whole.buffer;
}

function copies(session: WrittenSession, ids: readonly number[], pages = 1): void {
  const story = new SocketStory();
  story.records.length = 0;
  story.records.push(...ids.map((id) => copyRecord(id, pages)));
  session.hears(story);
}

function frames(...names: string[]): SymbolizedFrame[] {
  return names.map((name, index) => ({
    address: BigInt(index),
    name,
    module: '/bin/app',
    buildId: null,
    offset: index,
    quality: 'cfi',
    problem: null,
    file: null,
    line: null,
    inlined: false,
  }));
}

test('the symbolizer is asked with registers and bytes, and only where it stood is saved till then', () => {
  const session = new WrittenSession(directory);
  copies(session, [7], 2);
  session.commitAt(10);
  const [asked] = session.writer.stacks.take(10);
  expect(asked?.request).toMatchObject({
    kind: 'user',
    tgid: 42,
    uid: 1000,
    timeNs: STORY_START_NS,
  });
  expect(asked?.request.addresses).toEqual(BigUint64Array.of(0x401_000n));
  const { copy } = asked?.request ?? {};
  expect(copy).toMatchObject({ start: 0x7000n, readable: 1 });
  expect(copy?.registers.slice(0, 4)).toEqual(BigUint64Array.of(0n, 1n, 2n, 3n));
  expect(copy?.bytes).toEqual(new Uint8Array(2 * PAGE).fill(7));
  expect(
    session.rows('SELECT kind, unwinder, symbolized, address, quality FROM stack, frame'),
  ).toEqual([
    { kind: 'user', unwinder: 'cfi', symbolized: 0, address: '0x401000', quality: 'cfi' },
  ]);
  session.finishAt(20);
});

test('stacks whose frames are all equal share them', () => {
  const session = new WrittenSession(directory, null, 'equal.synscope');
  copies(session, [1, 2, 3]);
  const asked = session.writer.stacks.take(10);
  const answers = [frames('a', 'b'), frames('a', 'c'), frames('a', 'b')];
  session.writer.symbolized(asked, answers);
  session.finishAt(20);
  expect(session.rows('SELECT id, same_as, symbolized FROM stack ORDER BY id')).toEqual([
    { id: 1, same_as: null, symbolized: 1 },
    { id: 2, same_as: null, symbolized: 1 },
    { id: 3, same_as: 1, symbolized: 1 },
  ]);
  expect(session.rows('SELECT DISTINCT stack_id AS id FROM stack_frame ORDER BY 1')).toEqual([
    { id: 1 },
    { id: 2 },
  ]);
  expect(session.rows('SELECT name FROM frame ORDER BY name')).toEqual(
    ['a', 'b', 'c'].map((name) => ({ name })),
  );
  const [first, , third] = session.rows('SELECT fingerprint FROM stack ORDER BY id');
  expect(third).toEqual(first);
});

test('beyond 64 MiB of waiting copies a stack says that it was given up', () => {
  const session = new WrittenSession(directory, null, 'full.synscope');
  const room = (64 * 1024 * 1024) / (4 * PAGE);
  for (let id = 1; id <= room + 1; id++) copies(session, [id], 4);
  const { stacks } = session.writer;
  expect(stacks.pending).toBe(room);
  const asked = stacks.take(room);
  session.writer.symbolized(asked.slice(0, 1), [frames('a')]);
  copies(session, [room + 2], 4);
  expect(stacks.pending).toBe(room);
  session.finishAt(20);
  const given = session.rows(`SELECT s.id, symbolized, problem FROM stack s
    JOIN stack_frame ON stack_id = s.id JOIN frame f ON f.id = frame_id WHERE problem IS NOT NULL`);
  expect(given).toEqual([
    {
      id: room + 1,
      symbolized: 1,
      problem: 'its callers are not known: too many stacks waited to be unwound',
    },
  ]);
});
