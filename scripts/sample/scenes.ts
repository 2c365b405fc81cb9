// What happens in the sample: a shop's programs on a workstation, some services that
// answer, and each way in which one does not. Everything is real; only the addresses are
// those set aside for documentation. Called by scripts/record-sample.ts.
import { type Child, pause } from '../../test/kernel/children.ts';
import type { Lab, Namespace } from '../../test/kernel/lab.ts';
import { hear } from '../../test/kernel/programs.ts';
import { bin, type Role, start } from './programs.ts';
import { beforeWaiting, waiting } from './waiting.ts';

/** Addresses of the far end, on its loopback. */
const far = {
  orders: '203.0.113.10',
  web: '203.0.113.20',
  database: '203.0.113.30',
  metrics: '198.51.100.7',
  bank: '198.51.100.40',
  mail6: '2001:db8:25::25',
};
const PERSON: Role = { uid: 1000 };
const WWW: Role = { uid: 33, unit: 'checkout.service' };
const INVENTORY: Role = { uid: 33, unit: 'inventory.service' };
const METRICS: Role = { uid: 65534, unit: 'metrics-agent.service' };
const ROOT: Role = {};

/** Runs `act` `count` times, `everyMs` apart, without waiting for what it starts. */
async function every(everyMs: number, count: number, act: (i: number) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    act(i);
    await pause(everyMs);
  }
}

async function listener(space: Namespace, ...args: string[]): Promise<void> {
  const [name = '', ...rest] = args;
  const child = start(space, { uid: 33, unit: `${name}.service` }, bin(name), ...rest);
  await hear(child, 'listening');
}

/** Prepares the network and the servers, and makes the connections that are older than the recording. */
export async function before(lab: Lab): Promise<void> {
  const { client, server, router } = lab;
  for (const address of Object.values(far)) {
    server.ip('addr', 'add', `${address}/${address.includes(':') ? 128 : 32}`, 'dev', 'lo');
    const version = address.includes(':') ? '-6' : '-4';
    const gateway = version === '-6' ? server.ipv6 : server.ipv4;
    router?.ip(version, 'route', 'add', address, 'via', gateway);
  }
  router?.forward(
    `ip daddr ${far.metrics} tcp dport 4317 drop`,
    `ip daddr ${far.bank} tcp dport 443 reject with icmp type admin-prohibited`,
    `ip daddr ${far.orders} tcp dport 8444 reject with tcp reset`,
  );
  client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  await listener(server, 'orders-api', '--request', '--send', '1800', '8443');
  await listener(server, 'ledger-api', '--request', '--delay', '120', '--reset', '9100');
  await listener(server, 'report-api', '--request', '9200');
  await webServer(server);
  await beforeWaiting(lab);
  await listener(server, 'ledger-api', '9301');
  await listener(server, 'report-api', '9302');
  await older(client, '14000', '9301');
  await older(client, '60000', '9302');
}

async function webServer(space: Namespace): Promise<void> {
  const args = ['-u', '-m', 'http.server', '-d', '/opt/shop', '8080'];
  const child = start(space, { uid: 33 }, '/usr/bin/python3', ...args);
  await child.until('the web server', () => child.stdout.includes('Serving') || undefined);
}

/** A connection that is there when the recording begins. */
async function older(space: Namespace, holdMs: string, port: string): Promise<void> {
  const args = ['--send', '5200', '--hold', holdMs, far.web, port];
  const { error } = await hear(start(space, WWW, bin('checkout'), ...args), 'connect');
  if (error) throw new Error(`the older connection to port ${port} failed: ${error}`);
}

/** Everything that happens while it is recorded; about 24 seconds. */
export async function play(lab: Lab, second: Lab): Promise<void> {
  const { client } = lab;
  await Promise.all([
    answered(client),
    refused(client),
    silent(client),
    rejected(client),
    broken(lab),
    waiting(lab),
    slow(second),
  ]);
}

async function answered(client: Namespace): Promise<void> {
  const shop = every(260, 75, (i) => {
    const args = ['--send', String(300 + (i % 7) * 410), '--half-close', '--expect-eof'];
    start(client, WWW, bin('checkout'), ...args, far.orders, '8443');
  });
  const person = every(1900, 10, (i) => {
    const path = i % 3 === 2 ? 'missing' : '';
    start(client, PERSON, 'curl', '-s', '-o', '/dev/null', `http://${far.web}:8080/${path}`);
  });
  await Promise.all([shop, person]);
}

async function refused(client: Namespace): Promise<void> {
  await Promise.all([
    every(700, 30, () => start(client, INVENTORY, bin('inventory'), far.database, '5432')),
    every(3100, 6, () => start(client, ROOT, bin('mailer'), '--nonblock', far.mail6, '25')),
    every(5200, 3, () => start(client, PERSON, 'curl', '-s', `https://${far.orders}:8444/`)),
    pause(4000).then(() => {
      const fetch = `import urllib.request as r; r.urlopen('http://${far.web}:8081/health')`;
      start(client, PERSON, '/usr/bin/python3', '-c', fetch);
    }),
  ]);
}

async function silent(client: Namespace): Promise<void> {
  const tries = every(4500, 4, () => {
    const args = ['--nonblock', '--close-after', '8000', far.metrics, '4317'];
    start(client, METRICS, bin('metrics-agent'), ...args);
  });
  const nc = start(client, PERSON, 'nc', '-w', '9', far.metrics, '4317');
  const backup = start(client, ROOT, bin('backup'), far.metrics, '4317');
  await pause(2300);
  backup.kill('SIGKILL');
  await Promise.all([tries, nc.ended]);
}

async function rejected(client: Namespace): Promise<void> {
  await pause(1500);
  await Promise.all([
    every(5000, 4, () => start(client, PERSON, 'curl', '-s', `https://${far.bank}/`)),
    every(6000, 3, () => start(client, ROOT, bin('mailer'), '2001:db8:ffff::25', '25')),
    // Nobody has this address: the router asks for it for three seconds, then says so.
    every(7000, 2, () => start(client, ROOT, bin('backup'), '10.201.1.99', '873')),
  ]);
}

async function broken(lab: Lab): Promise<void> {
  const { client, server } = lab;
  await pause(1000);
  const resets = every(3300, 6, () => {
    const args = ['--send', '640', '--expect-eof', far.bank, '9100'];
    start(client, WWW, bin('ledger'), ...args);
  });
  server.input('tcp dport 9200 numgen random mod 100 < 15 drop');
  const lossy = every(2600, 7, () => {
    start(client, ROOT, bin('backup'), '--send', '90000', far.web, '9200');
  });
  await Promise.all([resets, lossy]);
}

/** A network without patience: the kernel itself gives up while we can wait for it. */
async function slow(lab: Lab): Promise<void> {
  const { client, server } = lab;
  client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  client.sysctl('net.ipv4.tcp_syn_retries', 2);
  client.sysctl('net.ipv4.tcp_retries2', 4);
  server.input('tcp dport 6379 drop');
  const cache: Child[] = [];
  for (const port of ['6379', '6379']) {
    cache.push(start(client, INVENTORY, bin('inventory'), server.ipv4, port));
    await pause(900);
  }
  await listener(server, 'report-api', '9200');
  const args = ['--delay', '700', '--send', '3000', '--expect-eof', server.ipv4, '9200'];
  const cut = start(client, ROOT, bin('backup'), ...args);
  await hear(cut, 'connect');
  server.pass();
  server.input('tcp dport 9200 drop', 'tcp dport 6379 drop');
  await Promise.all([...cache, cut].map(async (child) => await child.ended));
}
