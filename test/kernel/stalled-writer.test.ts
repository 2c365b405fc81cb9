// The thread that writes the session stands still, as when its disk does not answer: the
// kernel goes on, memory does not grow without bound, and what had no room is counted.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { program } from './programs.ts';
import { rows, scratch } from './session-file.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';
import { captureBegins, synscope } from './trace-run.ts';

skipWithoutKernel();

/** What may wait for the writer outside of the ring (native/src/batches.cc). */
const WAITING_MB = 64;
/** Some 6 records of 200 bytes each: more than may wait. */
const CONNECTS = 80_000;
const { folder, remove } = scratch();
let lab: Lab;

beforeAll(() => {
  if (!whyNoKernel()) lab = openLab();
});

afterAll(() => {
  lab?.close();
  remove();
});

function megabytes(child: Child): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Its thread that runs the capture and writes: the first of those with that name. */
function writerOf(child: Child): string {
  const tasks = `/proc/${child.pid}/task`;
  const tids = readdirSync(tasks).sort((a, b) => Number(a) - Number(b));
  const found = tids.find((tid) => {
    return readFileSync(`${tasks}/${tid}/comm`, 'utf8') === 'synscope-writer\n';
  });
  if (found === undefined) throw new Error('no thread is called synscope-writer');
  return found;
}

async function connects(burst: Child, count: number): Promise<void> {
  const before = burst.stdout.length;
  burst.process.stdin?.write(`${count}\n`);
  const said = () => /refused (\d+)/.exec(burst.stdout.slice(before))?.[1];
  expect(Number(await burst.until('the refusals', said, 60_000))).toBe(count);
}

test('a writer that stands still loses nothing in silence, and memory stays bounded', async (context) => {
  if (Number(process.env.SYNSCOPE_TEST_PATIENCE ?? 1) > 1) {
    context.skip('skipped: 90,000 connections take too long on an emulated machine');
  }
  const file = `${folder}/stalled.synscope`;
  const burst = lab.client.run(program('burst'), ['4960']);
  const child = synscope(['record', '-o', file, '--ring-bytes', '65536']);
  await captureBegins(child);
  await connects(burst, 100);
  await pause(1500);

  const hold = new Child(program('hold'), [writerOf(child)]);
  await hold.until('the hold', () => /held/.test(hold.stdout) || undefined);
  const before = megabytes(child);
  await connects(burst, CONNECTS);
  const full = megabytes(child);
  expect(full - before, 'MB for what waits').toBeLessThan(1.5 * WAITING_MB);
  await connects(burst, CONNECTS / 8);
  expect(megabytes(child) - full, 'MB more once nothing has room').toBeLessThan(4);
  await pause(5000);
  hold.process.stdin?.end();
  await hold.ended;

  const ended = await child.stop('SIGINT', 60_000);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('The session file has not been written for 5 seconds');
  const last = (name: string) => {
    const sql = 'SELECT value FROM counter WHERE name = ? ORDER BY time_ns DESC LIMIT 1';
    return Number(rows(file, sql, name)[0]?.['value']);
  };
  expect(last('lost')).toBeGreaterThan(0);
  expect(last('emitted')).toBe(last('delivered') + last('lost'));
  const [opens] = rows(
    file,
    "SELECT * FROM comparison WHERE name = 'ActiveOpens' AND netns = ?",
    lab.client.inode,
  );
  const made = 1.125 * CONNECTS + 100;
  const unseen = made - Number(opens?.['seen']);
  expect(unseen).toBeGreaterThan(0);
  expect(last('lost')).toBeGreaterThanOrEqual(unseen);
  expect(opens).toMatchObject({ kernel: made });
  expect(opens?.['explanation']).toContain(`${unseen} not seen: `);
}, 180_000);
