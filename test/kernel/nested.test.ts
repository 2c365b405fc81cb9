// Softirq that interrupts the recording of a task's state change: no change is missed.
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';

skipWithoutKernel();

/** Opens and closes connections to itself, so that closes meet softirq on the same CPU. */
const CHURN = `
import os, socket
server = socket.create_server(('127.0.0.1', 4900), backlog=128)
if os.fork() == 0:
    for _ in range(4000): server.accept()[0].close()
    os._exit(0)
for _ in range(4000):
    socket.create_connection(('127.0.0.1', 4900)).close()
os.wait()
`;

test('4,000 connections that close at once have whole lives', async () => {
  const lab = openLab();
  lab.client.now('ip', ['link', 'set', 'lo', 'up']);
  const { folder, remove } = scratch();
  const recording = await Recording.start(`${folder}/churn.synscope`);
  expect((await lab.client.run('python3', ['-c', CHURN]).ended).code).toBe(0);
  await setTimeout(500); // the last acknowledgements are still on their way
  await recording.stop();
  const [session] = rows(recording.file, 'SELECT lost, missed FROM session');
  expect(session).toEqual({ lost: 0, missed: 0 });
  const ends = rows(
    recording.file,
    `SELECT direction, outcome, incomplete, count(*) AS n FROM attempt
     WHERE netns = ? AND ? IN (local_port, remote_port) GROUP BY 1, 2, 3 ORDER BY 1`,
    lab.client.inode,
    4900,
  );
  expect(ends).toEqual([
    { direction: 'accepted', outcome: 'closed', incomplete: 0, n: 4000 },
    { direction: 'outgoing', outcome: 'closed', incomplete: 0, n: 4000 },
  ]);
  remove();
  lab.close();
});
