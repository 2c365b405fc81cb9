// Namespaces that are mounted before the capture and get their first process in the middle
// of a flood: their comparison begins where connections are under way.
import { afterAll, expect, test } from 'vitest';
import { pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { rows, scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';
import { captureBegins, synscope } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const labs: Lab[] = [];
const LABS = 5;

/** Listens and calls itself until it is killed, and a closed port too. */
const FLOOD = `
const { connect, createServer } = require('node:net');
const call = (port) => connect(port, '127.0.0.1').on('error', () => {}).resume();
const next = () => call(4900).on('close', () => setTimeout(next, 2));
createServer((socket) => socket.on('error', () => {}).end('x')).listen(4900, '127.0.0.1', () => {
  for (let i = 0; i < 3; i++) next();
  setInterval(() => call(4901), 5);
  console.log('floods');
});
`;

afterAll(() => {
  for (const lab of labs) lab.close();
  remove();
});

test('a comparison that begins in the middle of a flood finds no difference', async () => {
  const own = Array.from({ length: LABS }, () => openLab());
  const file = `${folder}/late-${labs.push(...own)}.synscope`;
  const child = synscope(['record', '-o', file]);
  await captureBegins(child);
  for (const { client } of own) {
    const flood = client.run(process.execPath, ['-e', FLOOD]);
    await flood.until('the flood', () => /floods/.test(flood.stdout) || undefined);
  }
  await pause(3000);
  const ended = await child.stop('SIGINT', 30_000);
  expect(ended.code, ended.stderr).toBe(0);
  const inodes = own.map(({ client }) => client.inode);
  const found = rows(file, 'SELECT * FROM comparison').filter((row) =>
    inodes.includes(Number(row['netns'])),
  );
  expect(found.filter(({ name }) => name === 'ActiveOpens')).toHaveLength(LABS);
  for (const { kernel, seen, apart, explanation } of found) {
    expect(explanation).toMatch(/compared since \d+ s/);
    expect(Number(kernel), String(explanation)).toBe(Number(seen) + Number(apart));
  }
}, 90_000);
