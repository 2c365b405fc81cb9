// What does not fail at once in the sample, or not at all: a server that does not read, one
// that is gone behind an idle connection, and a SYN that is lost. Called by scenes.ts.
import { Hole } from '../../test/kernel/hole.ts';
import type { Lab } from '../../test/kernel/lab.ts';
import { hear } from '../../test/kernel/programs.ts';
import { bin, start } from './programs.ts';

/** Of the far end; nothing else goes there. */
const ARCHIVE = '198.51.100.90';

/** Prepares the servers. */
export async function beforeWaiting({ client, server, router }: Lab): Promise<void> {
  server.ip('addr', 'add', `${ARCHIVE}/32`, 'dev', 'lo');
  router?.ip('route', 'add', ARCHIVE, 'via', server.ipv4);
  client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  const role = { uid: 33, unit: 'report-api.service' };
  for (const args of [['--delay', '6000', '9400'], ['9401'], ['9402']]) {
    await hear(start(server, role, bin('report-api'), ...args), 'listening');
  }
  // The first SYN of each two.
  server.input('tcp dport 9401 tcp flags syn numgen inc mod 2 == 0 drop');
}

/** About ten seconds. */
export async function waiting({ client }: Lab): Promise<void> {
  const hole = await Hole.in(client);
  const idle = start(client, { uid: 33, unit: 'ledger.service' }, bin('ledger'), ...idleFlags());
  await hear(idle, 'connect');
  const stalled = start(client, {}, bin('backup'), '--send', '9000000', ARCHIVE, '9400');
  await hear(stalled, 'connect');
  await start(client, { uid: 1000 }, bin('checkout'), '--send', '900', ARCHIVE, '9401').ended;
  await stalled.ended;
  hole.swallow(ARCHIVE);
  await idle.ended;
}

function idleFlags(): string[] {
  return ['--send', '2100', '--keepalive', '2,1,3', '--hold', '16000', ARCHIVE, '9402'];
}
