// Calls that fail by themselves: no packet leaves, or none that matters. Part of scenarios.ts.
import type { Child } from '../children.ts';
import type { Lab } from '../lab.ts';
import { hear, program } from '../programs.ts';
import { dial, listen } from '../stage.ts';
import { python, type Scenario } from './scenario.ts';

/**
 * Stays after the call that failed, so that its process can still be asked. `signal` is a file:
 * it has to be imported while there are descriptors.
 */
const WAIT = 'signal.pause()';

const FILL_DESCRIPTORS = `
import resource, signal, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
kept = []
try:
    while True: kept.append(socket.socket())
except OSError: pass
${WAIT}
`;

const ACCEPT_WITHOUT_DESCRIPTORS = `
import resource, signal, socket
server = socket.create_server(('', 5002))
resource.setrlimit(resource.RLIMIT_NOFILE, (server.fileno() + 1, 16))
print('listening', flush=True)
try: server.accept()
except OSError: pass
${WAIT}
`;

const CONNECT = `
import socket, sys
try: socket.socket(getattr(socket, sys.argv[1])).connect((sys.argv[2], int(sys.argv[3])))
except OSError: pass
`;

const BIND = `
import socket, sys
try: socket.socket().bind((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const FROM_LOOPBACK = `
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
try: s.connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const FAST_OPEN = `
import socket, sys
try: socket.socket().sendto(b'hello', 0x20000000, (sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

/** IPPROTO_MPTCP, as Go takes it for what listens since 1.24. */
const BIND_MULTIPATH = `
import socket, sys
try: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).bind(('', int(sys.argv[1])))
except OSError: pass
`;

const CONNECT_MULTIPATH = `
import socket, sys
try: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const SAME_FOUR = `
import signal, socket, sys
def from_port():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('', 5100))
    return s
one, two = from_port(), from_port()
one.connect((sys.argv[1], 5006))
try: two.connect((sys.argv[1], 5006))
except OSError: pass
${WAIT}
`;

const ACCEPT_WITHOUT_LISTEN = `
import socket
server = socket.socket()
server.bind(('127.0.0.1', 5011))
try: server.accept()
except OSError: pass
`;

async function holdPorts(lab: Lab, port: number): Promise<void> {
  await listen(lab, port);
  lab.client.sysctl('net.ipv4.ip_local_port_range', '40100 40101');
  for (const holder of [1, 2].map(() => dial(lab, lab.server.ipv4, port, '--hold', '60000'))) {
    await hear(holder, 'connect');
  }
}

const client = { side: 'client', confidence: 'certain' } as const;

export const calls: readonly Scenario[] = [
  {
    ...client,
    verdict: 'descriptors-used-up',
    title: 'socket(2) at the limit of open files',
    error: 'EMFILE',
    proofs: ['call', 'descriptors'],
    sentence: /could not open one more socket: socket\(2\) failed .*\(RLIMIT_NOFILE of 16\)/,
    make: async ({ client }) => python(client, FILL_DESCRIPTORS),
  },
  {
    verdict: 'descriptors-used-up',
    title: 'accept(2) at the limit of open files',
    side: 'server',
    confidence: 'certain',
    error: 'EMFILE',
    proofs: ['call', 'descriptors'],
    sentence: /accept\(2\) failed .*\(RLIMIT_NOFILE of \d+\)/,
    make: async (lab) => {
      const server = python(lab.server, ACCEPT_WITHOUT_DESCRIPTORS);
      await server.until('listening', () => server.stdout.includes('listening') || undefined);
      await hear(dial(lab, lab.server.ipv4, 5002, '--hold', '60000'), 'connect');
      return server;
    },
  },
  {
    ...client,
    verdict: 'ipv6-disabled',
    title: 'an IPv6 address, and disable_ipv6 is set',
    error: 'EADDRNOTAVAIL',
    proofs: ['connect', 'settings'],
    sentence: /EADDRNOTAVAIL from connect\(2\) .*: IPv6 is switched off in its network namespace/,
    make: async (lab) => {
      lab.client.sysctl('net.ipv6.conf.all.disable_ipv6', 1);
      return dial(lab, 'fd99::1', 5003);
    },
  },
  {
    ...client,
    verdict: 'no-free-port',
    title: 'connect(2), and every port of the range is taken',
    error: 'EADDRNOTAVAIL',
    proofs: ['connect', 'ports'],
    sentence: /got no local port: none of the local ports 40100–40101 was free .* held by dial/,
    make: async (lab) => {
      await holdPorts(lab, 5004);
      return dial(lab, lab.server.ipv4, 5004);
    },
  },
  {
    ...client,
    verdict: 'no-free-port',
    title: 'bind(2) to any port, and every port of the range is taken',
    error: 'EADDRINUSE',
    proofs: ['call'],
    sentence: /got no local port/,
    make: async (lab) => {
      await holdPorts(lab, 5005);
      return python(lab.client, BIND, '0.0.0.0', '0');
    },
  },
  {
    ...client,
    verdict: 'no-free-port',
    title: 'data with the SYN (MSG_FASTOPEN), and every port of the range is taken',
    confidence: 'likely',
    error: null,
    proofs: ['state', 'ports'],
    sentence: /got no local port: none of the local ports 40100–40101 was free .* held by dial/,
    make: async (lab) => {
      await holdPorts(lab, 5015);
      return python(lab.client, FAST_OPEN, lab.server.ipv4, '5015');
    },
  },
  {
    verdict: 'address-in-use',
    title: 'bind(2) where somebody listens',
    side: 'server',
    confidence: 'certain',
    error: 'EADDRINUSE',
    proofs: ['call', 'holder'],
    sentence: /in bind\(2\): the address .*:5007 is taken by listener \(pid \d+\) \(LISTEN\)/,
    make: async (lab) => {
      await listen(lab, 5007);
      return lab.server.run(program('listener'), ['--address', lab.server.ipv4, '5007']);
    },
  },
  {
    verdict: 'address-in-use',
    title: 'bind(2) of a multipath socket',
    side: 'server',
    confidence: 'certain',
    error: 'EADDRINUSE',
    proofs: ['call', 'holder'],
    needs: ['MPTCP'],
    sentence: /in bind\(2\): the address 0\.0\.0\.0:5016 is taken by listener/,
    make: async (lab) => {
      await listen(lab, 5016);
      return python(lab.server, BIND_MULTIPATH, '5016');
    },
  },
  {
    ...client,
    verdict: 'address-in-use',
    title: 'connect(2) from a port that has this connection already',
    error: 'EADDRNOTAVAIL',
    proofs: ['connect', 'holder'],
    sentence: /in connect\(2\): a connection from .*:5100 to .*:5006 exists already/,
    make: async (lab) => {
      await listen(lab, 5006);
      return python(lab.client, SAME_FOUR, lab.server.ipv4);
    },
  },
  {
    ...client,
    verdict: 'address-not-ours',
    title: 'bind(2) to an address of nobody',
    error: 'EADDRNOTAVAIL',
    proofs: ['call'],
    sentence: /asked for the local address 192\.0\.2\.1:5008, and no interface .* has it/,
    make: async ({ client }) => python(client, BIND, '192.0.2.1', '5008'),
  },
  {
    ...client,
    verdict: 'bad-call',
    title: 'a multicast address',
    error: 'ENETUNREACH',
    proofs: ['connect'],
    sentence: /ENETUNREACH from connect\(2\) to 224\.0\.0\.1:5009: TCP connects two machines/,
    make: async ({ client }) => python(client, CONNECT, 'AF_INET', '224.0.0.1', '5009'),
  },
  {
    ...client,
    verdict: 'bad-call',
    title: 'a link-local address without its interface',
    error: 'EINVAL',
    proofs: ['connect'],
    sentence: /EINVAL from connect\(2\) to \[fe80::1\]:5010: .* without its interface/,
    make: async ({ client }) => python(client, CONNECT, 'AF_INET6', 'fe80::1', '5010'),
  },
  {
    ...client,
    verdict: 'bad-call',
    title: 'a socket bound to the loopback address',
    error: 'EINVAL',
    proofs: ['connect'],
    sentence: /EINVAL from connect\(2\) to .*:5014: it is bound to 127\.0\.0\.1, from which/,
    make: async ({ client, server }) => python(client, FROM_LOOPBACK, server.ipv4, '5014'),
  },
  {
    ...client,
    verdict: 'no-route',
    title: 'a network that no route leads to',
    error: 'ENETUNREACH',
    proofs: ['connect', 'route'],
    sentence: /No SYN of dial .* was sent: this machine has no route to that network/,
    make: async (lab) => dial(lab, '10.99.0.1', 5012),
  },
  {
    ...client,
    verdict: 'no-route',
    title: 'a multipath socket to such a network',
    error: 'ENETUNREACH',
    proofs: ['connect', 'route'],
    needs: ['MPTCP'],
    sentence: /No SYN of python3 .* to 10\.99\.0\.1:5017 was sent: this machine has no route/,
    make: async ({ client }) => python(client, CONNECT_MULTIPATH, '10.99.0.1', '5017'),
  },
  {
    ...client,
    verdict: 'no-route',
    title: 'a route of the type prohibit',
    error: 'EACCES',
    proofs: ['connect', 'route'],
    sentence: /the route to it says `prohibit`/,
    make: async (lab) => {
      lab.client.ip('route', 'add', 'prohibit', '10.98.0.0/16');
      return dial(lab, '10.98.0.1', 5013);
    },
  },
  {
    verdict: 'listener-closed',
    title: 'accept(2) of a socket that does not listen',
    side: 'server',
    confidence: 'likely',
    error: 'EINVAL',
    proofs: ['call'],
    sentence: /EINVAL from accept\(2\).*: listen\(2\) was never called for it/,
    make: async ({ server }): Promise<Child> => python(server, ACCEPT_WITHOUT_LISTEN),
  },
];
