// No false failure: what ends well, or fails as it should, is told so, on both sides.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atMost, eventually, pause } from './children.ts';
import { calls } from './harmless/calls.ts';
import { peers } from './harmless/peers.ts';
import { type Lab, type Namespace, openLab } from './lab.ts';
import { Recording, type Row, rows, scratch } from './session-file.ts';
import { dial, skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const labs: Lab[] = [];
let recording: Recording;

beforeAll(async () => {
  if (!whyNoKernel()) recording = await Recording.start(`${folder}/harmless.synscope`);
});

afterAll(async () => {
  const ended = await recording?.stop();
  for (const lab of labs) lab.close();
  remove();
  if (ended) expect(ended.code, ended.stderr).toBe(0);
});

/** Refused as soon as everything before it has been handled: nothing else has this port. */
const MARK = 9;

/** The newest attempt: the number of a namespace that is gone is given to another one. */
function newest(): number {
  return Number(rows(recording.file, 'SELECT max(id) AS id FROM attempt')[0]?.['id'] ?? 0);
}

function attemptsIn({ inode }: Namespace, since: number): Row[] {
  return rows(
    recording.file,
    `SELECT a.*, p.comm FROM attempt a LEFT JOIN process p ON p.id = a.process_id
     WHERE netns = ? AND a.id > ? AND remote_port != ${MARK} ORDER BY a.id`,
    inode,
    since,
  );
}

async function handled(lab: Lab, since: number): Promise<void> {
  // Longer than an end without an answer is waited for (GRACE_NS in engine/lifecycle/).
  await pause(400);
  await dial(lab, lab.server.ipv4, MARK).ended;
  await eventually('the mark', () => {
    const [mark] = rows(
      recording.file,
      `SELECT id FROM attempt
       WHERE netns = ? AND id > ? AND remote_port = ${MARK} AND verdict IS NOT NULL`,
      lab.client.inode,
      since,
    );
    return mark;
  });
}

const sorted = (values: unknown[]) => values.map(String).toSorted();

test.for([...calls, ...peers].map((each) => [each.title, each] as const))(
  '%s',
  { timeout: atMost(60_000) },
  async ([, { play, fails = [], ends = ['closed'], accepted }]) => {
    const lab = openLab();
    labs.push(lab);
    const since = newest();
    await play(lab);
    await handled(lab, since);
    const [client, server] = [attemptsIn(lab.client, since), attemptsIn(lab.server, since)];
    const failed = (all: Row[]) => all.filter((row) => row['failed'] === 1);
    expect(failed(server), 'failures of the server').toEqual([]);
    expect(sorted(failed(client).map(({ error }) => error))).toEqual(sorted([...fails]));
    const ended = client.filter((row) => row['failed'] === 0);
    expect(sorted(ended.map(({ outcome }) => outcome))).toEqual(sorted([...ends]));
    if (accepted) {
      expect(sorted(server.map(({ outcome }) => outcome))).toEqual(sorted([...accepted]));
    }
    // Every attempt is somebody's, and whole.
    for (const row of [...client, ...server]) {
      expect(row['owner_source'], JSON.stringify(row)).not.toBe('unknown');
      expect(row['incomplete'], JSON.stringify(row)).toBe(0);
    }
  },
);
