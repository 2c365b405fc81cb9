// Ways that a socket chose by its mark, its interface or its family, and that lead nowhere.
// Part of scenarios.ts.
import type { Namespace } from '../lab.ts';
import { dial } from '../stage.ts';
import { python, type Scenario } from './scenario.ts';

const CONNECT_MARKED = `
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(sys.argv[3]))
try: s.connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const CONNECT_BOUND = `
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[3].encode())
try: s.connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const CONNECT_MAPPED = `
import socket, sys
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
try: s.connect(('::ffff:' + sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const CONNECT_SCOPED = `
import socket, sys
try: socket.socket(socket.AF_INET6).connect((sys.argv[1], int(sys.argv[2]), 0, socket.if_nametoindex('eth0')))
except OSError: pass
`;

/** An interface that leads to nobody. */
function addInterface(space: Namespace, state: 'up' | 'down'): string {
  space.ip('link', 'add', 'vpn0', 'type', 'veth', 'peer', 'name', 'vpn1');
  space.ip('link', 'set', 'vpn1', 'up');
  space.ip('link', 'set', 'vpn0', state);
  return 'vpn0';
}

const client = { side: 'client', confidence: 'certain' } as const;
const noRoute = { ...client, verdict: 'no-route', proofs: ['connect', 'route'] } as const;
/**
 * The kernel's own “host unreachable” comes by way of lo, where a socket that is bound to another
 * interface is not looked for (inet_sk_bound_dev_eq): such a connect waits until it times out.
 */
const silentNeighbour = {
  ...client,
  verdict: 'neighbour-silent',
  confidence: 'likely',
  error: 'ETIMEDOUT',
  proofs: ['neighbour'],
} as const;

export const ways: readonly Scenario[] = [
  {
    ...noRoute,
    title: 'a rule that goes by the mark of the socket leads to no way',
    error: 'EHOSTUNREACH',
    sentence: /the route to it says `unreachable`.* for the mark 0x5 of the socket\.$/,
    make: async ({ client, server }) => {
      client.ip('route', 'add', 'unreachable', 'default', 'table', '99');
      client.ip('rule', 'add', 'fwmark', '5', 'table', '99');
      return python(client, CONNECT_MARKED, server.ipv4, '5601', '5');
    },
  },
  {
    ...noRoute,
    title: 'a rule that goes by the mark of the socket forbids it',
    error: 'EACCES',
    sentence: /the route to it says `prohibit` for the mark 0x7 of the socket\.$/,
    make: async ({ client, server }) => {
      client.ip('rule', 'add', 'fwmark', '7', 'prohibit');
      return python(client, CONNECT_MARKED, server.ipv4, '5602', '7');
    },
  },
  {
    ...noRoute,
    title: 'a rule that goes by the port leads to no way',
    error: 'EINVAL',
    sentence: /the route to it says `blackhole`\.$/,
    make: async (lab) => {
      const { client, server } = lab;
      client.ip('rule', 'add', 'ipproto', 'tcp', 'dport', '5603', 'blackhole');
      return dial(lab, server.ipv4, 5603);
    },
  },
  {
    ...noRoute,
    title: 'a socket that is bound to an interface that is down',
    error: 'ENETUNREACH',
    sentence:
      /no route to that network through vpn0, to which the socket is bound and which is down\.$/,
    make: async ({ client, server }) =>
      python(client, CONNECT_BOUND, server.ipv4, '5604', addInterface(client, 'down')),
  },
  {
    ...silentNeighbour,
    title: 'a socket that is bound to another interface',
    sentence: /does not answer ARP on vpn0\.$/,
    make: async ({ client, server }) => {
      client.sysctl('net.ipv4.tcp_syn_retries', 2);
      return python(client, CONNECT_BOUND, server.ipv4, '5605', addInterface(client, 'up'));
    },
  },
  {
    ...silentNeighbour,
    title: 'a link-local address of nobody',
    sentence: /fe80::99 does not answer neighbour discovery on eth0\.$/,
    make: async ({ client }) => {
      client.sysctl('net.ipv4.tcp_syn_retries', 2);
      return python(client, CONNECT_SCOPED, 'fe80::99', '5606');
    },
  },
  {
    ...client,
    verdict: 'bad-call',
    title: 'an IPv4 address on a socket of IPv6 only',
    confidence: 'likely',
    error: 'ENETUNREACH',
    proofs: ['connect', 'route'],
    sentence: /the socket is of IPv6 only \(IPV6_V6ONLY\)\.$/,
    make: async ({ client, server }) => python(client, CONNECT_MAPPED, server.ipv4, '5607'),
  },
  {
    ...client,
    verdict: 'bad-call',
    title: 'the broadcast address of a subnet',
    error: 'ENETUNREACH',
    proofs: ['connect', 'route'],
    sentence: /this is the broadcast address of a subnet\.$/,
    make: async (lab) => dial(lab, lab.client.ipv4.replace(/\d+$/, '255'), 5608),
  },
];
