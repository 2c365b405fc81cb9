// Recordings that are killed (SIGKILL) at random moments while connections come and go:
// what is left opens, is whole up to its last second, and the next start tells of it.
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFile } from '../fixtures/query.ts';
import { type Child, pause } from './children.ts';
import { rows, scratch } from './session-file.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';
import { captureBegins, synscope } from './trace-run.ts';

skipWithoutKernel();

const KILLS = 52;
/** Recorders at once; each starts again as soon as it was killed. */
const LANES = 4;
/** What a crash may cost at most. */
const LAST_SECOND_MS = 1000;
const BURST = 5;
const BURST_EVERY_MS = 25;

const { folder, remove } = scratch();
/** When each refused connect was made, by its number; the number is in its address. */
const madeAt: number[] = [];
let load: NodeJS.Timeout;

/** 127.16.0.0 and up: every connect has an address of its own on the loopback. */
function addressOf(number: number): string {
  return `127.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

function burst(): void {
  for (let left = BURST; left > 0; left--) {
    const socket = connect({ host: addressOf(madeAt.length), port: 9 });
    socket.on('error', () => socket.destroy());
    madeAt.push(performance.now());
  }
}

beforeAll(() => {
  if (!whyNoKernel()) load = setInterval(burst, BURST_EVERY_MS);
});

afterAll(() => {
  clearInterval(load);
  remove();
});

interface Killed {
  readonly file: string;
  readonly beganAt: number;
  readonly killedAt: number;
}

/** Starts a command that writes a session, and kills it some time later. */
async function startAndKill(start: () => Child, file: () => string): Promise<Killed> {
  const child = start();
  await captureBegins(child);
  const beganAt = performance.now();
  await pause(600 + Math.random() * 1900);
  const killedAt = performance.now();
  child.kill('SIGKILL');
  const { signal } = await child.ended;
  expect(signal).toBe('SIGKILL');
  return { file: file(), beganAt, killedAt };
}

/** How many connects had to be in the file. */
function expectWhole({ file, beganAt, killedAt }: Killed): number {
  const reader = openFile(file);
  const status = reader.status();
  reader.close();
  expect(status.notes.join('\n')).toContain('ended without being stopped in order');
  expect(rows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(status.lost).toBe(0);
  const seen = new Set(
    rows(file, "SELECT remote_address AS a FROM attempt WHERE outcome = 'refused'").map(
      ({ a }) => a,
    ),
  );
  const due = madeAt.flatMap((at, number) =>
    at >= beganAt && at <= killedAt - LAST_SECOND_MS ? [addressOf(number)] : [],
  );
  expect(due.filter((address) => !seen.has(address))).toEqual([]);
  return due.length;
}

/** The newest live session of a state directory. */
function newestLive(state: string): string {
  const live = join(state, 'live');
  const name = readdirSync(live)
    .filter((each) => each.endsWith('.synscope'))
    .sort()
    .at(-1);
  return join(live, name ?? 'none');
}

/** `synscope record` to a file of its own, again and again. */
async function recordings(lane: number, kills: number): Promise<number> {
  let due = 0;
  for (let kill = 0; kill < kills; kill++) {
    const file = join(folder, `lane-${lane}-${kill}.synscope`);
    const start = () => synscope(['record', '-o', file]);
    due += expectWhole(await startAndKill(start, () => file));
  }
  return due;
}

/** `synscope trace`, whose session lies in the state directory: each start tells of the one before. */
async function traces(lane: number, kills: number): Promise<number> {
  const state = join(folder, `state-${lane}`);
  const start = () => synscope(['trace', '--json'], { SYNSCOPE_STATE_DIR: state });
  let due = 0;
  let before = '';
  for (let kill = 0; kill < kills; kill++) {
    const killed = await startAndKill(start, () => newestLive(state));
    due += expectWhole(killed);
    const notes = rows(killed.file, 'SELECT text FROM note').map(({ text }) => String(text));
    if (before !== '') expect(notes.join('\n')).toContain(`synscope open ${before}`);
    before = killed.file;
  }
  const last = synscope(['trace'], { SYNSCOPE_STATE_DIR: state });
  await captureBegins(last);
  const { code, stderr } = await last.stop('SIGINT', 15_000);
  expect(code).toBe(0);
  expect(stderr).toContain('The run before ended without being stopped; what it saw is kept');
  expect(stderr).toContain(before);
  return due;
}

test(`${KILLS} kills cost no more than the last second each`, { timeout: 180_000 }, async () => {
  const each = KILLS / LANES;
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    (lane % 2 === 0 ? recordings : traces)(lane, each),
  );
  const due = (await Promise.all(lanes)).reduce((sum, one) => sum + one, 0);
  // Else nothing was compared.
  expect(due).toBeGreaterThan(1000);
});
