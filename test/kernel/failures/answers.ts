// Answers that say no, and connections that end badly. Part of scenarios.ts.
import type { Namespace } from '../lab.ts';
import { hear, program } from '../programs.ts';
import { dial, listen } from '../stage.ts';
import { python, type Scenario, Unavailable } from './scenario.ts';

const client = { side: 'client', confidence: 'certain' } as const;
const server = { side: 'server', confidence: 'certain' } as const;

/** Listens, and ends half a second later with a connection that it has not accepted. */
const CLOSES_UNACCEPTED = `
import select, socket, sys, time
server = socket.create_server((sys.argv[1], 5309))
print('listening', flush=True)
select.select([server], [], [])
time.sleep(0.2)
`;

/** Sends a SYN of its own making, and never anything else: the kernel must not answer for it. */
const HALF_A_HANDSHAKE = `
import socket, struct, sys
source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
body = struct.pack('!HHIIBBHHH', 40300, port, 1000, 0, 80, 2, 65535, 0, 0)
pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack('!BBH', 0, 6, len(body))
raw.sendto(body[:16] + struct.pack('!H', checksum(pseudo + body)) + body[18:], (target, 0))
`;

/** Keeps the kernel from resetting a handshake that none of its sockets began. */
function mute(space: Namespace): void {
  space.output('tcp flags & rst == rst drop');
}

/** Leads what a namespace sends to a port of one address to another address, as NAT does. */
function leads(space: Namespace, from: string, port: number, to: string): void {
  const rule = `ip daddr ${from} tcp dport ${port} dnat to ${to}`;
  const chain = `chain out {\ntype nat hook output priority -100;\n${rule}\n}`;
  space.now('nft', ['-f', '-'], `table ip nat {\n${chain}\n}\n`);
}

export const answers: readonly Scenario[] = [
  {
    ...client,
    verdict: 'refused-no-listener',
    title: 'a port of this machine without a listener',
    error: 'ECONNREFUSED',
    proofs: ['reset-received', 'listener'],
    sentence: /^Nothing listened on 127\.0\.0\.1:5301: .* answered dial .* with a RST\.$/,
    make: async (lab) => dial(lab, '127.0.0.1', 5301),
  },
  {
    ...client,
    verdict: 'refused-no-listener',
    title: 'a listener on another address only',
    error: 'ECONNREFUSED',
    proofs: ['reset-received', 'listener'],
    sentence: /; port 5302 has a listener, but only on 127\.0\.0\.2, which does not answer/,
    make: async (lab) => {
      const child = lab.client.run(program('listener'), ['--address', '127.0.0.2', '5302']);
      await hear(child, 'listening');
      return dial(lab, '127.0.0.1', 5302);
    },
  },
  {
    ...client,
    verdict: 'refused-no-listener',
    title: 'a port of this machine that NAT leads to another one',
    confidence: 'likely',
    error: 'ECONNREFUSED',
    proofs: ['reset-received', 'listener', 'nat'],
    sentence: /with a RST, unless a NAT rule of this machine led the connection elsewhere/,
    make: async (lab) => {
      leads(lab.client, lab.client.ipv4, 5314, `${lab.server.ipv4}:5315`);
      return dial(lab, lab.client.ipv4, 5314);
    },
  },
  {
    ...client,
    verdict: 'refused-by-peer',
    title: 'a port of another machine without a listener',
    confidence: 'likely',
    error: 'ECONNREFUSED',
    proofs: ['reset-received'],
    sentence: /:5303 answered the SYN of dial .* with a RST after .*: the host is there/,
    make: async (lab) => dial(lab, lab.server.ipv4, 5303),
  },
  {
    ...client,
    verdict: 'rejected-by-firewall',
    title: 'this machine answers with a RST',
    error: 'ECONNREFUSED',
    proofs: ['drop', 'reset-received'],
    needs: ['drop'],
    sentence: /were rejected: a firewall rule of this machine answered them with a RST/,
    make: async (lab) => {
      lab.client.output('tcp dport 5304 reject with tcp reset');
      return dial(lab, lab.server.ipv4, 5304);
    },
  },
  {
    ...client,
    verdict: 'rejected-by-firewall',
    title: 'a router answers with ICMP',
    error: 'EHOSTUNREACH',
    proofs: ['icmp'],
    // Without the drop, its route might have said so.
    needs: ['error', 'drop'],
    router: true,
    sentence: /administratively prohibited/,
    make: async (lab) => {
      lab.router?.forward('tcp dport 5305 reject with icmp type admin-prohibited');
      return dial(lab, lab.server.ipv4, 5305);
    },
  },
  {
    ...client,
    verdict: 'unreachable',
    title: 'a router without a way on',
    error: 'ENETUNREACH',
    proofs: ['icmp', 'state'],
    needs: ['error'],
    router: true,
    sentence: /told dial .* by ICMP that 10\.99\.0\.1:5306 cannot be reached: net/,
    make: async (lab) => dial(lab, '10.99.0.1', 5306),
  },
  {
    ...client,
    verdict: 'reset-by-peer',
    title: 'a server that resets in mid-stream',
    confidence: 'likely',
    error: 'ECONNRESET',
    proofs: ['reset-received', 'state'],
    sentence: /:5307 cut the connection with dial .* by a RST after .*, 10 bytes sent and none/,
    make: async (lab) => {
      await listen(lab, 5307, '--request', '--delay', '200', '--reset');
      return dial(lab, lab.server.ipv4, 5307, '--send', '10', '--expect-eof');
    },
  },
  {
    ...client,
    verdict: 'reset-by-peer',
    title: 'a client that is done sending, and waits for the answer',
    confidence: 'likely',
    error: 'ECONNRESET',
    proofs: ['reset-received', 'state'],
    sentence: /:5313 cut the connection with dial .* by a RST after .*, 10 bytes sent and none/,
    make: async (lab) => {
      await listen(lab, 5313, '--request', '--delay', '200', '--reset');
      return dial(lab, lab.server.ipv4, 5313, '--send', '10', '--half-close', '--expect-eof');
    },
  },
  {
    ...client,
    verdict: 'unreachable',
    title: 'NAT leads to an address that nobody has',
    confidence: 'likely',
    error: 'EHOSTUNREACH',
    proofs: ['icmp', 'state', 'conntrack'],
    needs: ['error'],
    router: true,
    sentence: /no host says this of itself: NAT leads the connection to .*\.99:5317, and/,
    make: async (lab) => {
      const gone = lab.server.ipv4.replace(/\d+$/, '99');
      leads(lab.client, lab.server.ipv4, 5316, `${gone}:5317`);
      return dial(lab, lab.server.ipv4, 5316);
    },
  },
  {
    ...client,
    verdict: 'aborted-locally',
    title: 'ss --kill',
    error: 'ECONNABORTED',
    proofs: ['state', 'reset-sent'],
    sentence: /was destroyed on this machine by ss \(pid \d+\), not by the network/,
    make: async (lab) => {
      await listen(lab, 5310);
      const child = dial(lab, lab.server.ipv4, 5310, '--expect-eof');
      await hear(child, 'connect');
      const killed = lab.client.now('ss', ['-HKtn', 'dport', '=', ':5310']);
      if (!killed.includes(':5310')) throw new Unavailable('this kernel has no SOCK_DESTROY');
      return child;
    },
  },
  {
    ...client,
    verdict: 'listener-closed',
    title: 'a local server ends with a connection that it has not accepted',
    confidence: 'likely',
    error: 'ECONNRESET',
    proofs: ['reset-received', 'listener'],
    sentence: /127\.0\.0\.1:5309 cut the connection of dial .* its listener was closed before/,
    make: async (lab) => {
      const child = python(lab.client, CLOSES_UNACCEPTED, '127.0.0.1');
      await child.until('listening', () => child.stdout.includes('listening') || undefined);
      return dial(lab, '127.0.0.1', 5309, '--expect-eof');
    },
  },
  {
    ...server,
    verdict: 'half-open',
    title: 'a SYN, and nothing after it',
    confidence: 'likely',
    error: null,
    proofs: ['synack-retransmit'],
    // HALF_OPEN_NS in engine/lifecycle/half-open.ts, after the last SYN-ACK.
    waitMs: 80_000,
    sentence: /asked .*:5311 for a connection and never finished the handshake: 2 SYN-ACKs/,
    make: async (lab) => {
      lab.server.sysctl('net.ipv4.tcp_synack_retries', 1);
      const listener = await listen(lab, 5311);
      mute(lab.client);
      python(lab.client, HALF_A_HANDSHAKE, lab.client.ipv4, lab.server.ipv4, '5311');
      return listener;
    },
  },
  {
    ...client,
    verdict: 'lost-race',
    title: 'curl connects to the other address',
    confidence: 'likely',
    error: null,
    proofs: ['state'],
    sentence: /gave way to the other address family: curl .* was connected to /,
    make: async (lab) => {
      await listen(lab, 5312, '--close-first', '--send', '10');
      lab.server.input('meta nfproto ipv6 tcp dport 5312 drop');
      const to = `lab.test:5312:[${lab.server.ipv6}],${lab.server.ipv4}`;
      const flags = ['-sS', '-m', '2', '--happy-eyeballs-timeout-ms', '200', '--resolve', to];
      return lab.client.run('curl', [...flags, 'telnet://lab.test:5312']);
    },
  },
];
