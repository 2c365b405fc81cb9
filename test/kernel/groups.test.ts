// Groups of failures out of real stacks: one for all runs of a program, in every session.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { Recording, type Row, rows, scratch } from './session-file.ts';
import { dial, skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
let lab: Lab;

beforeAll(() => {
  if (!whyNoKernel()) lab = openLab();
});

afterAll(() => {
  lab?.close();
  remove();
});

let recorded = 0;

/** Groups of what these programs did, most attempts first. */
async function groupsOf(start: () => Child[]): Promise<Row[]> {
  recorded++;
  const file = `${folder}/${recorded}.synscope`;
  const recording = await Recording.start(file);
  const children = start();
  await Promise.all(children.map((child) => child.ended));
  await pause(300);
  await recording.stop();
  return rows(
    file,
    `SELECT g.id, g.verdict, g.error, g.port, g.fingerprint, g.stack, count(*) AS attempts
     FROM failure_group g JOIN attempt a ON a.failure_group = g.id JOIN process p ON p.id = a.process_id
     WHERE p.pid IN (${children.map(({ pid }) => pid).join(', ')}) GROUP BY g.id ORDER BY attempts DESC`,
  );
}

test('programs without symbols that fail alike are groups of their own', async () => {
  const found = await groupsOf(() => [
    lab.client.run('nc', ['-w', '1', '-z', lab.server.ipv4, '4803']),
    lab.client.run('curl', ['-s', `http://${lab.server.ipv4}:4803/`]),
    lab.client.run('nc', ['-w', '1', '-z', lab.server.ipv4, '4803']),
  ]);
  expect(found.map(({ attempts }) => attempts)).toEqual([2, 1]);
  expect(found[0]?.['stack']).toMatch(/\(nc\b/);
  expect(found[1]?.['stack']).toMatch(/curl/);
});

test('the same code to the same destination is one group, in each session', async () => {
  const first = await groupsOf(() => [
    dial(lab, lab.server.ipv4, 4801),
    dial(lab, lab.server.ipv4, 4801),
    dial(lab, lab.server.ipv4, 4802),
  ]);
  expect(first.map(({ port, attempts }) => [port, attempts])).toEqual([
    [4801, 2],
    [4802, 1],
  ]);
  expect(first[0]).toMatchObject({ error: 'ECONNREFUSED', verdict: expect.any(String) });
  // Both were asked for at the same place of the program.
  expect(first[0]?.['stack']).toMatch(/^dial_backend ← open_database ← run ← … \(dial\)$/);
  expect(first[0]?.['fingerprint']).toBe(first[1]?.['fingerprint']);
  const second = await groupsOf(() => [dial(lab, lab.server.ipv4, 4801)]);
  expect(second.map(({ id }) => id)).toEqual([first[0]?.['id']]);
});
