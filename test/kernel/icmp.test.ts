// Which ICMP error ended a connect, and that another of the same moment is not taken for it.
import { expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { skipWithoutKernel } from './stage.ts';

skipWithoutKernel();

/** Refused connects, each with datagrams to a closed port around it. */
const AMONG_OTHERS = `
import socket, sys
to = sys.argv[1]
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(300):
    stream = socket.socket()
    stream.setblocking(False)
    stream.connect_ex((to, 4302))
    for _ in range(4): datagrams.sendto(b'x', (to, 4399))
    stream.close()
`;

test('type, code and sender of the ICMP error; those of others stay theirs', async () => {
  const lab = openLab();
  lab.server.input('tcp dport 4301 reject with icmp type admin-prohibited');
  const { folder, remove } = scratch();
  const recording = await Recording.start(`${folder}/icmp.synscope`);
  await lab.client.run('nc', ['-w', '1', lab.server.ipv4, '4301']).ended;
  // Refused by RST while datagrams come back as ICMP errors: those are not its own.
  expect((await lab.client.run('python3', ['-c', AMONG_OTHERS, lab.server.ipv4]).ended).code).toBe(
    0,
  );
  await recording.stop();
  const found = rows(
    recording.file,
    `SELECT a.remote_port, e.detail FROM event e JOIN attempt a ON a.id = e.attempt_id
     WHERE e.kind = 'icmp' AND a.remote_port IN (4301, 4302)`,
  );
  expect(
    found.map((row) => ({ port: row['remote_port'], ...JSON.parse(String(row['detail'])) })),
  ).toEqual([
    {
      port: 4301,
      from: lab.server.ipv4,
      version: 4,
      type: 3,
      code: 13,
      meaning: 'communication administratively prohibited',
    },
  ]);
  remove();
  lab.close();
});
