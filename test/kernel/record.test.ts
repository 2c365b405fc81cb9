// `synscope record`, and what is in the file: read with SQLite alone and held against
// `ss` and what the programs said. Connections older than the recording are here too.
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, type Ended, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { hear, program, type Said } from './programs.ts';
import { attemptsOf, Recording, type Row, rows, scratch } from './session-file.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';
import { runSynscope } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const file = `${folder}/lab.synscope`;
let lab: Lab;
let server: Child;
let older: Child;
let olderFact: Said;
let olderSs: string;
let refused: Child;
let threaded: Child;
let held: Child;
let ended: Ended;

beforeAll(async () => {
  if (whyNoKernel()) return;
  lab = openLab();
  server = await listen(lab, 4501);
  older = dial(lab, lab.server.ipv4, 4501, '--send', '1234', '--hold', '60000');
  olderFact = await hear(older, 'connect');
  await pause(200);
  olderSs = lab.client.now('ss', ['-Htinpe', 'dport', '= :4501']);

  const recording = await Recording.start(file);
  refused = dial(lab, lab.server.ipv4, 4502);
  threaded = dial(lab, lab.server.ipv6, 4502, '--thread', 'pool-worker-7', '--nonblock');
  held = dial(lab, lab.server.ipv4, 4501, '--hold', '60000');
  await Promise.all([refused.ended, threaded.ended]);
  await pause(1200);
  ended = await recording.stop();
  await held.stop('SIGKILL');
});

afterAll(() => {
  lab?.close();
  remove();
});

function only(found: Row[]): Row {
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

test('ends in order and leaves one whole file', () => {
  expect(ended.code, ended.stderr).toBe(0);
  expect(rows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(rows(file, 'PRAGMA foreign_key_check')).toEqual([]);
  expect(() => statSync(`${file}-wal`)).toThrow();
  const session = only(rows(file, 'SELECT * FROM session'));
  expect(session).toMatchObject({ clean_end: 1, lost: 0, missed: 0 });
  expect(session.events).toBeGreaterThan(10);
});

test('a refused connect, with its owner, cookie, namespace and events', () => {
  const attempt = only(attemptsOf(file, refused.pid));
  expect(attempt).toMatchObject({
    ordinal: 1,
    netns: lab.client.inode,
    direction: 'outgoing',
    family: 'ipv4',
    remote_address: lab.server.ipv4,
    remote_port: 4502,
    local_address: lab.client.ipv4,
    owner_source: 'connect',
    comm: 'dial',
    exe: program('dial'),
    cmdline: JSON.stringify([program('dial'), lab.server.ipv4, '4502']),
    fd: 3,
    async: 0,
    state: 'CLOSE',
    outcome: 'refused',
    failed: 1,
    errno: 111,
    error: 'ECONNREFUSED',
    retransmits: 0,
    incomplete: 0,
  });
  const said = refused.stdout;
  const fact = JSON.parse(said) as Said;
  expect(attempt.cookie?.toString(16)).toBe(fact.cookie);
  expect(attempt.local_port).toBe(fact.localPort);
  const kinds = rows(
    file,
    'SELECT kind, new_state FROM event WHERE attempt_id = ? ORDER BY time_ns, id',
    Number(attempt.id),
  );
  expect(kinds).toEqual(
    expect.arrayContaining([
      { kind: 'state', new_state: 'SYN_SENT' },
      { kind: 'state', new_state: 'CLOSE' },
      { kind: 'connect', new_state: null },
    ]),
  );
});

test('the stacks of the connect name the functions', () => {
  const attempt = only(attemptsOf(file, refused.pid));
  const frames = (column: 'user_stack_id' | 'kernel_stack_id') =>
    rows(
      file,
      `SELECT frame.name FROM event JOIN stack_frame ON stack_frame.stack_id = event.${column}
       JOIN frame ON frame.id = stack_frame.frame_id
       WHERE event.attempt_id = ? AND event.new_state = 'SYN_SENT' ORDER BY depth`,
      Number(attempt.id),
    ).map((row) => row.name);
  expect(frames('user_stack_id')).toEqual(expect.arrayContaining(['connect', 'open_database']));
  expect(frames('kernel_stack_id')).toContain('tcp_v4_connect');
});

test('the name of a thread stands beside the name of its process', () => {
  const attempt = only(attemptsOf(file, threaded.pid));
  expect(attempt).toMatchObject({
    comm: 'dial',
    thread_comm: 'pool-worker-7',
    family: 'ipv6',
    async: 1,
    outcome: 'refused',
  });
  expect(attempt.tid).not.toBe(threaded.pid);
});

test('a connection older than the recording has its owner, and agrees with ss', () => {
  const attempt = only(attemptsOf(file, older.pid));
  expect(attempt).toMatchObject({
    owner_source: 'scan',
    comm: 'dial',
    exe: program('dial'),
    fd: olderFact.fd,
    state: 'ESTABLISHED',
    failed: 0,
    started_ns: null,
    ended_ns: null,
    local_address: lab.client.ipv4,
    local_port: olderFact.localPort,
    remote_address: lab.server.ipv4,
    remote_port: 4501,
    bytes_sent: 1234,
  });
  expect(olderSs).toContain(`sk:${attempt.cookie?.toString(16)} `);
  expect(olderSs).toContain(`pid=${older.pid},fd=${attempt.fd}`);
  const srttMs = Number(/ rtt:([\d.]+)/.exec(olderSs)?.[1]);
  expect(Number(attempt.srtt_us) / 1000).toBeCloseTo(srttMs, 1);

  const far = only(attemptsOf(file, server.pid).filter((row) => row.started_ns === null));
  expect(far).toMatchObject({ comm: 'listener', local_port: 4501, bytes_received: 1234 });
});

test('a connection that outlives the recording is open', () => {
  expect(only(attemptsOf(file, held.pid))).toMatchObject({
    outcome: 'open',
    state: 'ESTABLISHED',
    ended_ns: null,
    closed_by: null,
  });
});

test('exports to CSV and JSON Lines', async () => {
  const count = Number(only(rows(file, 'SELECT count(*) AS n FROM attempt')).n);
  const csv = `${folder}/out.csv`;
  const jsonl = `${folder}/out.jsonl`;
  for (const [format, path] of [
    ['csv', csv],
    ['jsonl', jsonl],
  ] as const) {
    const result = await runSynscope(['export', file, '--format', format, '-o', path]);
    expect(result.code, result.stderr).toBe(0);
  }
  const lines = readFileSync(jsonl, 'utf8').trimEnd().split('\n');
  const objects = lines.map((line): unknown => JSON.parse(line));
  expect(objects).toHaveLength(count);
  // A command line of any program of this machine may have several lines: a quoted field then.
  const unquoted = readFileSync(csv, 'utf8').replace(/"(?:[^"]|"")*"/g, '""');
  const table = unquoted.trimEnd().split(/\r?\n/);
  expect(table).toHaveLength(count + 1);
  expect(readFileSync(csv, 'utf8')).toContain('ECONNREFUSED');
  expect(JSON.stringify(objects)).toContain('ECONNREFUSED');
});

test('stops by itself with --duration', async () => {
  const path = `${folder}/short.synscope`;
  const started = Date.now();
  const result = await runSynscope(['record', '-o', path, '--duration', '1s']);
  expect(result.code, result.stderr).toBe(0);
  expect(Date.now() - started).toBeGreaterThan(1000);
  expect(rows(path, 'SELECT clean_end FROM session')).toEqual([{ clean_end: 1 }]);
});
