import { expect, test } from 'vitest';
import { EventKind, LAYOUT } from '../../../contract/generated/events.ts';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import { batchOf, record } from '../../fixtures/records.ts';
import { refused } from '../../fixtures/socket-story.ts';

function damaged(change: (view: DataView) => void): ArrayBuffer {
  const batch = refused('curl', '10.0.0.2:443').batch();
  change(new DataView(batch));
  return batch;
}

const KIND = 8;
const SIZE = 10;

test('every record of a batch is handed on', () => {
  const recorder = new LifecycleRecorder().hears(refused('curl', '10.0.0.2:443'));
  expect(recorder.decoder).toMatchObject({ records: 6, malformed: 0, fault: null });
});

test('a record of an unknown kind is skipped and counted', () => {
  const { decoder } = new LifecycleRecorder();
  decoder.decode(damaged((view) => view.setUint16(KIND, 77, true)));
  expect(decoder).toMatchObject({
    records: 5,
    malformed: 1,
    fault: 'a record has the unknown kind 77',
  });
});

test.each([0, 12, 13, 60_000])('a size of %i ends the batch with a clear fault', (size) => {
  const { decoder } = new LifecycleRecorder();
  decoder.decode(damaged((view) => view.setUint16(SIZE, size, true)));
  expect(decoder.records).toBe(0);
  expect(decoder.malformed).toBe(1);
  expect(decoder.fault).toContain(`says it has ${size} bytes`);
});

test('a record of the wrong size for its kind is skipped and counted', () => {
  const { decoder } = new LifecycleRecorder();
  decoder.decode(damaged((view) => view.setUint16(KIND, EventKind.PROCESS, true)));
  expect(decoder).toMatchObject({ records: 5, malformed: 1 });
});

test('a stack record may end after its last address, not before', () => {
  const whole = record('stack_event', EventKind.STACK, 1n, {
    stack_id: 5n,
    depth: 3,
    addresses: [1n, 2n, 3n],
  });
  const cut = whole.slice(0, 72 + 3 * 8);
  new DataView(cut).setUint16(SIZE, cut.byteLength, true);
  const short = whole.slice(0, 72 + 2 * 8);
  new DataView(short).setUint16(SIZE, short.byteLength, true);
  const recorder = new LifecycleRecorder();
  recorder.decoder.decode(batchOf([cut]));
  expect(recorder.stacks).toEqual([1]);
  recorder.decoder.decode(batchOf([short]));
  expect(recorder.decoder.malformed).toBe(1);
});

test('a copy of a stack has the pages that it names, no more and no fewer', () => {
  const head = record('stack_copy_event', EventKind.STACK_COPY, 1n, { stack_id: 5n, pages: 2 });
  const sized = (bytes: number, pages = 2): ArrayBuffer => {
    const copy = new Uint8Array(head.byteLength + bytes);
    copy.set(new Uint8Array(head));
    const view = new DataView(copy.buffer);
    view.setUint16(SIZE, copy.length, true);
    view.setUint16(LAYOUT.stack_copy_event.fields.pages.offset, pages, true);
    return copy.buffer;
  };
  const recorder = new LifecycleRecorder();
  recorder.decoder.decode(batchOf([sized(2 * 4096), sized(4096), sized(3 * 4096)]));
  recorder.decoder.decode(batchOf([sized(0, 0), sized(6 * 4096, 6)]));
  expect(recorder.stacks).toEqual([1]);
  expect(recorder.decoder.malformed).toBe(4);
});
