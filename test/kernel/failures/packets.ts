// Packets of a handshake that do not arrive, or get no fitting answer. Part of scenarios.ts.
import { pause } from '../children.ts';
import type { Lab, Namespace } from '../lab.ts';
import { hear, program } from '../programs.ts';
import { dial, listen } from '../stage.ts';
import { python, type Scenario } from './scenario.ts';
import { FAR, tunnelIn } from './tunnel.ts';

/** Sends the SYN a second time after one second, and gives up after three. */
function impatient(space: Namespace): void {
  space.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  space.sysctl('net.ipv4.tcp_syn_retries', 1);
}

/** Sends what goes out to one port to another one of this namespace, as a proxy's rules do. */
function redirect(space: Namespace, from: number, to: number): void {
  const chain = `type nat hook output priority -100; tcp dport ${from} redirect to :${to}`;
  space.now('nft', ['-f', '-'], `table ip nat {\nchain output {\n${chain}\n}\n}\n`);
}

/** A peer that answers a SYN as a socket does that holds an older connection: RFC 9293, 3.10.7.4. */
const STALE_ACK = 'return tcp(packet, 16, 7777777, 3333333) if packet[33] & 2 else None';

const client = { side: 'client', confidence: 'certain' } as const;
const timedOut = { ...client, error: 'ETIMEDOUT' } as const;
const givenUp = { ...client, error: null } as const;

/** A connect that nobody answers, taken back by the caller. */
function closeAfter(lab: Lab, address: string, port: number, ms: string) {
  return dial(lab, address, port, '--nonblock', '--close-after', ms);
}

export const packets: readonly Scenario[] = [
  {
    ...timedOut,
    verdict: 'dropped-by-netfilter',
    title: 'a rule for what goes out',
    proofs: ['drop', 'state', 'settings'],
    needs: ['drop'],
    sentence: /A firewall rule of this machine threw away what dial .* sent to /,
    make: async (lab) => {
      impatient(lab.client);
      lab.client.output('tcp dport 5201 drop');
      return dial(lab, lab.server.ipv4, 5201);
    },
  },
  {
    ...timedOut,
    verdict: 'dropped-by-netfilter',
    title: 'a rule for what comes in',
    proofs: ['drop', 'state'],
    needs: ['drop'],
    sentence: /threw away the answers of .*:5202 to dial .* as they came in/,
    make: async (lab) => {
      await listen(lab, 5202);
      impatient(lab.client);
      lab.client.input('tcp sport 5202 drop');
      return dial(lab, lab.server.ipv4, 5202);
    },
  },
  {
    ...timedOut,
    verdict: 'dropped-by-netfilter',
    title: 'a rule in another namespace of this machine',
    proofs: ['drop', 'state'],
    needs: ['drop'],
    sentence: /this machine, in network namespace \d+, threw away what dial/,
    make: async (lab) => {
      impatient(lab.client);
      lab.server.input('tcp dport 5203 drop');
      return dial(lab, lab.server.ipv4, 5203);
    },
  },
  {
    ...givenUp,
    verdict: 'nat-port-collision',
    title: 'an old connection in FIN-WAIT-2 behind a redirect has the tuple',
    proofs: ['collision', 'conntrack', 'counters', 'state'],
    sentence: /The local port 40120 .* the same as an old connection of listener .* in FIN_WAIT2/,
    make: async (lab) => {
      redirect(lab.client, 5204, 5205);
      const server = lab.client.run(program('listener'), ['--half-close', '5205']);
      await hear(server, 'listening');
      lab.client.sysctl('net.ipv4.ip_local_port_range', '40120 40120');
      // The peer of the server's socket goes without a word.
      lab.client.output('tcp flags & rst == rst drop');
      const to = [lab.server.ipv4, 5204, '--expect-eof', '--hold', '400', '--linger0'] as const;
      await dial(lab, ...to).ended;
      return closeAfter(lab, lab.server.ipv4, 5204, '1500');
    },
  },
  {
    ...timedOut,
    verdict: 'stale-connection',
    title: 'the far end answers the SYN with an ACK of something else',
    confidence: 'likely',
    proofs: ['reset-sent', 'state'],
    sentence: /answered the SYN of dial .* with an ACK that does not belong to it/,
    make: async (lab) => {
      impatient(lab.client);
      await tunnelIn(lab.client, STALE_ACK);
      return dial(lab, FAR, 5206);
    },
  },
  {
    ...timedOut,
    verdict: 'dropped-locally',
    title: 'reverse path filtering',
    confidence: 'likely',
    proofs: ['drop', 'state'],
    needs: ['drop'],
    sentence: /threw away packets of .* came in on another interface .*\(IP_RPFILTER\)/,
    make: async (lab) => {
      await listen(lab, 5207);
      impatient(lab.client);
      answerByAnotherLink(lab);
      lab.client.sysctl('net.ipv4.conf.all.rp_filter', 1);
      return dial(lab, lab.server.ipv4, 5207);
    },
  },
  {
    ...timedOut,
    verdict: 'dropped-locally',
    title: 'the queue of the interface is full',
    confidence: 'likely',
    proofs: ['drop', 'state'],
    needs: ['drop'],
    sentence: /threw away packets of dial .*: the queue of the interface was full, .*\(QDISC_\w+\)/,
    make: async (lab) => {
      impatient(lab.client);
      const words = 'qdisc add dev eth0 root tbf rate 8bit burst 40 limit 1';
      lab.client.now('tc', words.split(' '));
      lab.client.ip(
        'neigh',
        'add',
        lab.server.ipv4,
        'lladdr',
        macOf(lab.server, 'eth0'),
        'dev',
        'eth0',
      );
      return dial(lab, lab.server.ipv4, 5208);
    },
  },
  {
    ...client,
    verdict: 'neighbour-silent',
    title: 'nobody on the link has the address',
    error: 'EHOSTUNREACH',
    proofs: ['neighbour', 'state'],
    sentence: /never left this link: .*\.99 does not answer ARP on eth0/,
    make: async (lab) => dial(lab, lab.server.ipv4.replace(/\d+$/, '99'), 5209),
  },
  {
    ...client,
    verdict: 'neighbour-silent',
    title: 'nobody on the link has the address, over IPv6',
    error: 'EHOSTUNREACH',
    proofs: ['neighbour', 'state'],
    sentence: /never left this link: .*::99 does not answer neighbour discovery on eth0/,
    make: async (lab) => dial(lab, lab.server.ipv6.replace(/\d+$/, '99'), 5210),
  },
  {
    ...timedOut,
    verdict: 'backlog-overflow',
    title: 'a server that does not accept',
    confidence: 'likely',
    proofs: ['counters', 'listener'],
    sentence:
      /The accept queue of the listener at .*:5211 was full, .*: listener \(pid \d+\) did not/,
    make: async (lab) => {
      impatient(lab.client);
      await listen(lab, 5211, '--no-accept', '--backlog', '0');
      await hear(dial(lab, lab.server.ipv4, 5211, '--hold', '60000'), 'connect');
      await pause(1500);
      return dial(lab, lab.server.ipv4, 5211);
    },
  },
  {
    ...timedOut,
    verdict: 'silence',
    title: 'a far end that says nothing',
    proofs: ['state', 'retransmit', 'settings'],
    sentence: /did not answer 2 SYNs of dial .* neither .* the kernel gave up after 3\.\d+ s\./,
    make: async (lab) => {
      impatient(lab.client);
      await tunnelIn(lab.client);
      return dial(lab, FAR, 5212);
    },
  },
  {
    ...givenUp,
    verdict: 'abandoned',
    title: 'closed by the program while it waited',
    proofs: ['state', 'settings'],
    sentence:
      /^dial .* gave up after 4\d\d ms without an answer from .*; the kernel would have gone/,
    make: async (lab) => {
      await tunnelIn(lab.client);
      return closeAfter(lab, FAR, 5213, '400');
    },
  },
  {
    ...givenUp,
    verdict: 'abandoned',
    title: 'killed while it waited',
    proofs: ['state'],
    sentence: /^The process dial .* ended after .* while it was connecting,/,
    make: async (lab) => {
      await tunnelIn(lab.client);
      const child = dial(lab, FAR, 5214);
      await pause(500);
      child.kill('SIGKILL');
      return child;
    },
  },
  {
    ...givenUp,
    verdict: 'abandoned',
    title: 'its own send timeout ran out',
    proofs: ['state'],
    sentence: /^The send timeout of python3 .* \(SO_SNDTIMEO\) ran out after/,
    make: async (lab) => {
      await tunnelIn(lab.client);
      return python(lab.client, SEND_TIMEOUT, FAR, '5215');
    },
  },
];

const SEND_TIMEOUT = `
import socket, struct, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 0, 300000))
try: s.connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
s.close()
`;

/** The SYN arrives on the first link; the answer comes back through a second one. */
function answerByAnotherLink({ client, server }: Lab): void {
  client.ip(...'link add eth9 type veth peer name eth9 netns'.split(' '), server.name);
  for (const [space, address] of [
    [client, '10.77.0.1'],
    [server, '10.77.0.2'],
  ] as const) {
    space.ip('addr', 'add', `${address}/24`, 'dev', 'eth9');
    space.ip('link', 'set', 'eth9', 'up');
  }
  server.ip('route', 'add', `${client.ipv4}/32`, 'via', '10.77.0.1');
  // The filter would not let it answer the question for it either.
  server.ip('neigh', 'add', '10.77.0.1', 'lladdr', macOf(client, 'eth9'), 'dev', 'eth9');
}

function macOf(space: Namespace, device: string): string {
  return /link\/ether (\S+)/.exec(space.ip('link', 'show', device))?.[1] ?? '';
}
