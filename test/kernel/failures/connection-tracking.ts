// A full table of tracked connections. nf_conntrack_max is one number for all network
// namespaces (it can be set in the first one only), but each namespace counts its own entries
// (nf_conntrack_alloc, Linux 4.9 and later): so a namespace of the lab is filled first, and the
// number is lowered to what that one has, far above what any other has, for a few seconds.
import { readFileSync } from 'node:fs';
import { Child } from '../children.ts';
import type { Namespace } from '../lab.ts';
import { python, says, Unavailable } from './scenario.ts';

const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const ENTRIES = 8192;

/**
 * One entry for each loopback address that a datagram goes to and comes back from. With traffic
 * after two seconds an entry is ASSURED; others would be thrown out for new ones (early_drop).
 */
const FILL = `
import socket, sys, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
server.bind(('', 9999))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind(('127.0.0.1', 0))
def once():
    for i in range(int(sys.argv[1])):
        client.sendto(b'', ('127.1.%d.%d' % (i >> 8, i & 255), 9999))
        _, [[level, kind, packet_info]], _, peer = server.recvmsg(16, 64)
        server.sendmsg([b''], [(level, kind, b'\\0' * 4 + packet_info[4:8] + b'\\0' * 4)], 0, peer)
        client.recv(16)
once()
time.sleep(2.1)
once()
print('full', flush=True)
server.recv(1)
`;

/** Puts the old number back when its stdin ends: also when whoever started it was killed. */
const LOWER = 'echo "$2" > "$1" && echo lowered; read -r end; echo "$3" > "$1"';

function count(space: Namespace): number {
  return Number(space.now('cat', ['/proc/sys/net/netfilter/nf_conntrack_count']));
}

/** Resolves when nothing more is tracked in the namespace; the function that comes back undoes it. */
export async function fillTracking(space: Namespace): Promise<() => Promise<void>> {
  const before = readNumber(MAX);
  // Low already: by somebody else who fills a table, and who will put it back.
  if (before < 2 * ENTRIES) throw new Unavailable(`nf_conntrack_max is only ${before}`);
  if (readNumber('/proc/sys/net/netfilter/nf_conntrack_count') > ENTRIES / 2) {
    throw new Unavailable('this machine tracks too many connections of its own');
  }
  space.output('ct state new counter');
  const filler = python(space, FILL, String(ENTRIES));
  await says(filler, 'full');
  const full = count(space);
  if (full < ENTRIES) throw new Error(`only ${full} entries are in the table`);
  const guard = new Child('sh', ['-c', LOWER, 'sh', MAX, String(full), String(before)]);
  await says(guard, 'lowered').catch(() => {
    throw new Unavailable('nf_conntrack_max cannot be set here');
  });
  return async () => {
    guard.process.stdin?.end();
    await guard.ended;
  };
}

function readNumber(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    throw new Unavailable('nothing is tracked on this machine');
  }
}
