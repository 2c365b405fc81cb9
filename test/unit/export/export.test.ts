// What the exports hold, byte for byte where a format demands it, and how they end early.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { exportSession } from '../../../engine/export/export.ts';
import { openFile, selecting } from '../../fixtures/query.ts';
import {
  fillSession,
  SESSION_START_UNIX_MS,
  SessionBuilder,
} from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const directory = temporaryDirectory();
const MS = 1_000_000;

const path = join(directory, 'export.synscope');
const session = new SessionBuilder(path);
const evil = session.process('=cmd()', {
  pid: 5,
  exe: '/opt/a "b", c',
  cmdline: '["-sh","line\\nbreak"]',
});
const refused = session.refused({ process_id: evil, started_ns: 1000 * MS });
const user = session.stack('user', [
  { name: 'connect', module: '/lib/libc.so.6' },
  { name: null, module: '/opt/app' },
  { name: null, module: null },
]);
session.database
  .prepare("UPDATE event SET user_stack_id = ? WHERE kind = 'state' AND new_state = 'SYN_SENT'")
  .run(user);
session.attempt({ family: 'ipv6', remote_address: '::1', local_address: '::1' });
session.close();
const reader = openFile(path);
afterAll(() => reader.close());

test('JSON Lines: one object an attempt, with every key', async () => {
  const target = join(directory, 'out.jsonl');
  const result = await exportSession(reader, selecting(''), 'jsonl', target);
  expect(result).toEqual({ path: target, attempts: 2 });
  const text = readFileSync(target, 'utf8');
  expect(text.endsWith('}\n')).toBe(true);
  const [first, second] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toEqual({
    attempt: refused,
    direction: 'outgoing',
    syscall: 'connect',
    family: 'ipv4',
    outcome: 'refused',
    failed: true,
    troubled: false,
    error: 'ECONNREFUSED',
    async: false,
    via: 'syscall',
    fd: 3,
    process: {
      pid: 5,
      comm: '=cmd()',
      exe: '/opt/a "b", c',
      cmdline: ['-sh', 'line\nbreak'],
      uid: 1000,
      unit: null,
      container: null,
    },
    ownerSource: 'unknown',
    local: { address: '10.0.0.1', port: 40000 },
    remote: { address: '10.0.0.2', port: 443 },
    startedAt: new Date(SESSION_START_UNIX_MS + 1000).toISOString(),
    connectMs: null,
    durationMs: 0.2,
    rttMs: null,
    retransmits: 0,
    retransmitAtMs: [],
    bytesSent: 0,
    bytesReceived: 0,
    closedBy: null,
    incomplete: false,
    states: [
      { state: 'SYN_SENT', atMs: 0 },
      { state: 'CLOSE', atMs: 0.2 },
    ],
    troubles: [],
    kernelStack: [],
    userStack: ['connect (/lib/libc.so.6)', '0x401010 (/opt/app)', '0x401020'],
    verdict: null,
    stacks: [
      {
        moment: 'connect',
        atMs: 0,
        kernelStack: [],
        kernelProblem: 'left out: too many connections at that moment',
        kernelHint: null,
        userStack: ['connect (/lib/libc.so.6)', '0x401010 (/opt/app)', '0x401020'],
        userProblem: null,
        userFrames: [
          expect.objectContaining({ name: 'connect', file: null, line: null, inlined: false }),
          expect.objectContaining({ name: null, module: '/opt/app', address: '0x401010' }),
          expect.objectContaining({ name: null, module: null }),
        ],
        userFingerprint: null,
        userHint: null,
      },
      {
        moment: 'failure',
        atMs: 0.2,
        kernelStack: [],
        kernelProblem: 'left out: too many connections at that moment',
        kernelHint: null,
        userStack: [],
        userProblem: 'closed by a packet in softirq: no user stack; see the one taken at connect',
        userFrames: [],
        userFingerprint: null,
        userHint: null,
      },
    ],
  });
  expect(Object.keys(second)).toEqual(Object.keys(first));
  expect(second).toMatchObject({
    process: null,
    startedAt: null,
    durationMs: null,
    family: 'ipv6',
  });
});

/** A reader of RFC 4180, written apart from the writer. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    if (rows.length === 0 || rows.at(-1)?.at(-1) === '\r\n') {
      rows.at(-1)?.pop();
      rows.push([]);
    }
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.at(-1)?.push('\r\n');
  }
  rows.at(-1)?.pop();
  return rows;
}

test('CSV: quoted after RFC 4180, and nothing that a spreadsheet would run', async () => {
  const target = join(directory, 'out.csv');
  await exportSession(reader, selecting(''), 'csv', target);
  const [header = [], ...rows] = parseCsv(readFileSync(target, 'utf8'));
  expect(rows).toHaveLength(2);
  expect(rows.every((row) => row.length === header.length)).toBe(true);
  const cell = (row: number, column: string) => rows[row]?.[header.indexOf(column)];
  expect(cell(0, 'comm')).toBe("'=cmd()");
  expect(cell(0, 'exe')).toBe('/opt/a "b", c');
  expect(cell(0, 'cmdline')).toBe('-sh line\nbreak');
  expect(cell(0, 'started_at')).toBe('2026-01-31T12:00:01.000Z');
  expect(cell(0, 'duration_ms')).toBe('0.2');
  expect(cell(0, 'failed')).toBe('1');
  expect(cell(1, 'started_at')).toBe('');
  expect(cell(1, 'remote_address')).toBe('::1');
});

test('only the selection is written; a wrong filter writes nothing', async () => {
  const target = join(directory, 'selected.csv');
  expect((await exportSession(reader, selecting('family = ipv6'), 'csv', target)).attempts).toBe(1);
  const before = readFileSync(target, 'utf8');
  await expect(exportSession(reader, selecting('port = x'), 'csv', target)).rejects.toMatchObject({
    code: 'bad-filter',
  });
  expect(readFileSync(target, 'utf8')).toBe(before);
});

test('many attempts: progress rises to the end, and a cancelled export leaves what was there', async () => {
  const many = join(directory, 'many.synscope');
  const builder = new SessionBuilder(many);
  fillSession(builder, 1050, 1);
  builder.close();
  const large = openFile(many);
  const target = join(directory, 'many.jsonl');
  writeFileSync(target, 'before');
  const seen: number[] = [];
  const cancel = new AbortController();
  const cancelled = exportSession(large, selecting(''), 'jsonl', target, {
    signal: cancel.signal,
    onProgress: (done) => {
      seen.push(done);
      if (done >= 300) cancel.abort();
    },
  });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(seen).toEqual([100, 200, 300]);
  expect(readFileSync(target, 'utf8')).toBe('before');
  expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);

  const progress: [number, number][] = [];
  const whole = await exportSession(large, selecting(''), 'jsonl', target, {
    onProgress: (done, total) => progress.push([done, total]),
  });
  large.close();
  expect(whole.attempts).toBe(1050);
  expect(progress.at(-1)).toEqual([1050, 1050]);
  expect(readFileSync(target, 'utf8').trimEnd().split('\n')).toHaveLength(1050);
});

test('a path that cannot be written', async () => {
  const target = join(directory, 'no', 'out.csv');
  await expect(exportSession(reader, selecting(''), 'csv', target)).rejects.toMatchObject({
    code: 'no-such-directory',
  });
  await expect(exportSession(reader, selecting(''), 'csv', directory)).rejects.toMatchObject({
    code: 'not-writable',
  });
});
