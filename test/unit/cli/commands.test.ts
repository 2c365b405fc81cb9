// The command line as a child process, where no capture is needed: usage errors, files,
// exports, and their exit statuses.
import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SessionBuilder } from '../../fixtures/session-builder.ts';
import { temporaryDirectory } from '../../fixtures/temporary-directory.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = temporaryDirectory();
const file = join(folder, 'lunch.synscope');
const builder = new SessionBuilder(file);
builder.refused();
builder.attempt({ started_ns: 5_000_000_000 });
builder.close();

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function synscope(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...args], {
      env: { ...process.env, SYNSCOPE_STATE_DIR: join(folder, 'state'), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

test('--version and --help', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await synscope('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  const help = await synscope('--help');
  expect(help.status).toBe(0);
  for (const command of ['trace', 'record', 'open', 'export', 'serve', 'doctor']) {
    expect(help.stdout).toContain(`synscope ${command}`.replace('synscope serve', 'serve'));
  }
});

test.each([
  [['trace', '--bogus'], /unknown option '--bogus'/],
  [['frobnicate'], /unknown command 'frobnicate'/],
  [['trace', '--duration', '5x'], /Write it as 10s/],
  [['trace', '--pid', 'x'], /whole number/],
  [['trace', '--connect-only', '--accept-only'], /cannot be used with/],
  [['record'], /--output/],
  [['export', file, '--format', 'xml', '-o', '-'], /csv, jsonl/],
  [['serve', '--port', '70000'], /0 to 65535/],
])('%j is a usage error', async (args, sentence) => {
  const ended = await synscope(...args);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toMatch(sentence);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.stdout).toBe('');
});

test('a filter that cannot be read is shown with the place', async () => {
  const { status, stderr } = await synscope('trace', '--filter', 'rport = x');
  expect(status).toBe(2);
  expect(stderr).toContain('\n  rport = x\n          ^');
});

test('an export goes to stdout or to a file', async () => {
  const csv = await synscope('export', file, '--format', 'csv', '-o', '-');
  expect(csv.status).toBe(0);
  expect(csv.stdout.trim().split(/\r?\n/)).toHaveLength(3);
  const output = join(folder, 'failed.jsonl');
  const jsonl = await synscope('export', file, '--format', 'jsonl', '--failed', '-o', output);
  expect(jsonl).toMatchObject({ status: 0, stdout: '' });
  expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ outcome: 'refused' });
});

test('files that are no sessions, newer ones and none at all', async () => {
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'not a session, just some notes');
  const newer = join(folder, 'newer.synscope');
  const future = new SessionBuilder(newer);
  future.database.exec('PRAGMA user_version = 99');
  future.close();
  for (const [path, sentence] of [
    [text, /not a Synscope session/],
    [newer, /newer/],
    [join(folder, 'nothing.synscope'), /no file/],
    [folder, /synscope: /],
  ] as const) {
    const ended = await synscope('export', path, '--format', 'csv', '-o', '-');
    expect(ended.status, path).toBe(1);
    expect(ended.stderr, path).toMatch(sentence);
    expect(ended.stderr, path).not.toMatch(/^\s+at /m);
  }
});

test('what cannot be written is said, and nothing is overwritten', async () => {
  const unwritable = join(folder, 'no/such/folder/out.csv');
  const ended = await synscope('export', file, '--format', 'csv', '-o', unwritable);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain('synscope: ');
  const kept = join(folder, 'kept.synscope');
  writeFileSync(kept, 'precious');
  const record = await synscope('record', '-o', kept);
  expect(record.status).toBe(1);
  expect(record.stderr).toMatch(/already there/);
  expect(readFileSync(kept, 'utf8')).toBe('precious');
});

test('an export overwrites neither its own session nor, unless asked, another file', async () => {
  const session = join(folder, 'own.synscope');
  copyFileSync(file, session);
  const link = join(folder, 'own-link.csv');
  symlinkSync(session, link);
  const before = readFileSync(session);
  for (const output of [session, link]) {
    for (const force of [[], ['--force']]) {
      const own = await synscope('export', session, '--format', 'csv', '-o', output, ...force);
      expect(own.status).toBe(1);
      expect(own.stderr).toMatch(/is the session file/);
    }
  }
  expect(readFileSync(session).equals(before)).toBe(true);
  const kept = join(folder, 'kept.csv');
  writeFileSync(kept, 'precious');
  const keptLink = join(folder, 'kept-link.csv');
  symlinkSync(kept, keptLink);
  for (const output of [kept, keptLink]) {
    const refused = await synscope('export', session, '--format', 'csv', '-o', output);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/already there.*\n.*--force/);
    expect(readFileSync(kept, 'utf8')).toBe('precious');
  }
  const forced = ['export', session, '--format', 'csv', '-o', keptLink, '--force'];
  expect(await synscope(...forced)).toMatchObject({ status: 0 });
  expect(lstatSync(keptLink).isSymbolicLink()).toBe(true);
  expect(readFileSync(kept, 'utf8')).toMatch(/^attempt,/);
}, 60_000);

test('a full disk behind stdout is a sentence, and nothing is left behind', async () => {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const full = openSync('/dev/full', 'w');
  const args = [join(root, 'cli/main.ts'), 'export', file, '--format', 'csv', '-o', '-'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^synscope: The output is incomplete: the disk is full\.\n.*\n$/);
  expect(readdirSync(temporary)).toEqual([]);
}, 30_000);

test('open prints the address of the viewer and ends on a signal', async () => {
  mkdirSync(join(folder, 'state'), { recursive: true });
  // The page is built by every launcher; without it there is nothing to serve.
  expect(existsSync(join(root, 'dist/renderer/index.html'))).toBe(true);
  const child = spawn(process.execPath, [join(root, 'cli/main.ts'), 'open', file, '--no-open'], {
    env: { ...process.env, SYNSCOPE_STATE_DIR: join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
  });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
