import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EventKind, LAYOUT_HASH, ProcessEventReader, StateEventReader } from '../../../contract/generated/events.ts';
import { record } from '../../fixtures/records.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('readers and hash are those of bpf/events.h', () => {
  execFileSync(process.execPath, ['scripts/generate-events.ts', '--check'], { cwd: ROOT, stdio: 'pipe' });
  expect(readFileSync(join(ROOT, 'native/src/layout_hash.h'), 'utf8')).toContain(`"${LAYOUT_HASH}"`);
});

test('a reader reads what was written, at its offset in a batch', () => {
  const written = record('state_event', EventKind.STATE, 0x1_0000_0002n, {
    'socket.cookie': 0xfedc_ba98_7654_3210n,
    'socket.remote_port': 443,
    'socket.remote_address': [10, 0, 0, 2],
    'task.thread_comm': 'curl',
    'counters.bytes_sent': 5_000_000_000n,
    sk_err: -7,
  });
  const batch = new Uint8Array(24 + written.byteLength);
  batch.set(new Uint8Array(written), 24);
  const event = new StateEventReader().at(new DataView(batch.buffer), 24);
  expect(event.header.kind).toBe(EventKind.STATE);
  expect([event.header.timeNs, event.header.timeNsHigh, event.header.timeNsLow]).toEqual([0x1_0000_0002n, 1, 2]);
  expect(event.socket.cookie).toBe(0xfedc_ba98_7654_3210n);
  expect(event.socket.remotePort).toBe(443);
  expect([...event.socket.remoteAddress.subarray(0, 4)]).toEqual([10, 0, 0, 2]);
  expect(event.socket.remoteAddressWord(0)).toBe(0x0a000002);
  expect(event.task.threadComm).toBe('curl');
  expect(event.counters.bytesSentNumber).toBe(5_000_000_000);
  expect(event.skErr).toBe(-7);
});

test('text that fills its array, and text that is not ASCII', () => {
  const written = record('process_event', EventKind.PROCESS, 0n, { comm: 'x'.repeat(16), cmdline: 'naïve\0arg\0' });
  const event = new ProcessEventReader().at(new DataView(written), 0);
  expect(event.comm).toBe('x'.repeat(16));
  expect(event.cmdline).toBe('naïve');
  expect(Buffer.from(event.cmdlineBytes).toString().startsWith('naïve\0arg\0')).toBe(true);
});
