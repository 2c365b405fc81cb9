// `synscope symbolize`: a session of a stripped program gets its names later, where the
// debug information is.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child, pause } from './children.ts';
import { buildPool, stripInto } from './named-programs.ts';
import { Recording, type Row, rows, scratch } from './session-file.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';
import { command, runSynscope } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const file = `${folder}/stripped.synscope`;
const program = `${folder}/pool`;
let buildId = '';

beforeAll(async () => {
  if (whyNoKernel()) return;
  buildPool(program);
  stripInto(program, `${folder}/pool.debug`);
  const recording = await Recording.start(file);
  await new Child(program, ['9']).ended;
  await pause(1000);
  await recording.stop();
  buildId = String(frames(file)[0]?.['build_id']);
  const place = debugPlace();
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(`${folder}/pool.debug`, place);
});

afterAll(remove);

function debugPlace(): string {
  return `${folder}/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
}

/** The frames of the program in the stack of the connect, innermost first. */
function frames(session: string): Row[] {
  return rows(
    session,
    `SELECT f.* FROM stack_frame s JOIN frame f ON f.id = s.frame_id WHERE f.module = ?
     AND stack_id = (SELECT min(user_stack_id) FROM event WHERE user_stack_id IS NOT NULL
       AND user_stack_id IN (SELECT stack_id FROM stack_frame JOIN frame ON frame.id = frame_id WHERE module = ?))
     ORDER BY depth`,
    program,
    program,
  );
}

test('recorded without names: each frame has its build-id and its address in the file', () => {
  const [first] = frames(file);
  expect(first).toMatchObject({
    name: null,
    file: null,
    problem: expect.stringContaining('stripped'),
  });
  expect(buildId).toMatch(/^[0-9a-f]{40}$/);
  expect(first?.['offset']).toBeGreaterThan(0x1000);
  expect(first?.['offset']).toBeLessThan(0x10000);
});

test('where nothing is installed the build-ids are named, and what to do', async () => {
  const output = `${folder}/nothing.synscope`;
  const { code, stderr } = await runSynscope(['symbolize', file, '-o', output]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(buildId);
  expect(stderr).toContain('--debug-directory');
  expect(frames(output)[0]).toMatchObject({ name: null });
});

test('names, lines and inlined functions into another file; the session stays as it is', async () => {
  const before = readFileSync(file);
  const output = `${folder}/named.synscope`;
  // The program itself may be gone: its debug information is enough.
  rmSync(program);
  const { code, stderr } = await runSynscope([
    'symbolize',
    file,
    '-o',
    output,
    '--debug-directory',
    `${folder}/debug`,
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/[1-9]\d* gained a name and [1-9]\d* a line; [1-9]\d* inlined/);
  const [inlined, open, main] = frames(output);
  expect(inlined).toMatchObject({ name: 'raw_connect', inlined: 1, address: open?.['address'] });
  expect(open).toMatchObject({ name: expect.stringContaining('Pool<int>::open'), inlined: 0 });
  expect(String(open?.['file'])).toMatch(/pool\.cc$/);
  expect(main).toMatchObject({ name: 'main', line: expect.any(Number), problem: null });
  expect(readFileSync(file).equals(before)).toBe(true);

  const again = await runSynscope(['symbolize', file, '-o', output]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('--force');
});

test('without -o the session itself is replaced, whole', async () => {
  const own = `${folder}/own.synscope`;
  copyFileSync(file, own);
  const { code, stderr } = await runSynscope([
    'symbolize',
    own,
    '--debug-directory',
    `${folder}/debug`,
  ]);
  expect(code, stderr).toBe(0);
  expect(frames(own).map(({ name }) => name)).toContain('main');
  expect(rows(own, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const exported = await runSynscope(['export', own, '--format', 'jsonl', '-o', '-']);
  expect(exported.stdout).toContain('"name":"raw_connect"');
});

test('as an ordinary user, in a folder of theirs', async () => {
  const theirs = `${folder}/theirs`;
  mkdirSync(theirs);
  copyFileSync(file, `${theirs}/own.synscope`);
  execFileSync('chown', ['-R', 'nobody', theirs]);
  chmodSync(folder, 0o755);
  const asNobody = ['--reuid', 'nobody', '--clear-groups', '--', ...command];
  const args = ['symbolize', `${theirs}/own.synscope`, '--debug-directory', `${folder}/debug`];
  const { code, stderr } = await new Child('setpriv', [...asNobody, ...args]).ended;
  expect(code, stderr).toBe(0);
  expect(frames(`${theirs}/own.synscope`).map(({ name }) => name)).toContain('raw_connect');
});

test('debuginfod is asked when it is configured, and only then', async ({ skip }) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = request.url === `/buildid/${buildId}/debuginfo`;
    response.writeHead(found ? 200 : 404).end(found ? readFileSync(`${folder}/pool.debug`) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cache = { DEBUGINFOD_CACHE_PATH: `${folder}/cache`, XDG_CACHE_HOME: `${folder}/cache` };
  const run = async (output: string, urls: string): Promise<Row[]> => {
    const environment = { ...cache, DEBUGINFOD_URLS: urls };
    const { code, stderr } = await runSynscope(['symbolize', file, '-o', output], environment);
    expect(code, stderr).toBe(0);
    return frames(output);
  };
  await run(`${folder}/unasked.synscope`, '');
  expect(asked).toEqual([]);
  const named = await run(`${folder}/asked.synscope`, `http://127.0.0.1:${port}`);
  server.close();
  if (asked.length === 0) skip('skipped: libdebuginfod is not installed');
  expect(asked).toContain(`/buildid/${buildId}/debuginfo`);
  expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(['raw_connect', 'main']));
});

test('a file that is no session is refused and left alone', async () => {
  const odd = `${folder}/pool.debug`;
  const before = readFileSync(odd);
  const { code, stderr } = await runSynscope(['symbolize', odd]);
  expect(code).toBe(1);
  expect(stderr).toContain('is not a Synscope session');
  expect(readFileSync(odd).equals(before)).toBe(true);
});
