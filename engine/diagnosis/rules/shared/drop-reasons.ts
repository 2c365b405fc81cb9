// What the better known of the kernel's drop reasons mean and what to look at. The names
// come from the kernel that recorded them; one that is not here is shown as it is.
import type { AttemptRow } from '../../../../contract/attempt.ts';
import { host, ipCommand } from '../../words.ts';

interface Meaning {
  readonly what: string;
  readonly next: readonly string[];
  readonly command: string;
}

/** These accompany ordinary connections: late copies, closed sockets, packets that were used up. */
const ORDINARY =
  /^(NOT_SPECIFIED|NO_SOCKET|SOCKET_CLOSE|SOCKET_DESTROYED|CONSUMED|TCP_(OLD_\w+|TOO_OLD_ACK|RESET|CLOSE|FLAGS|OFOMERGE|ZEROWINDOW|OVERWINDOW|FASTOPEN|INVALID_\w+|ACK_UNSENT_DATA|ABORT_ON_DATA)|NEIGH_\w+|NETFILTER_DROP|TCP_LISTEN_OVERFLOW|[012])$/;

/** Whether a drop for this reason is no cause, or one that other rules tell about. */
export function tellsNothing(reason: string): boolean {
  return ORDINARY.test(reason);
}

const LINK: Pick<Meaning, 'next' | 'command'> = {
  next: ['Do the drop counters of the interface and of its queue rise with each try?'],
  command: 'tc -s qdisc show; ip -s link show',
};
const KEYS: Pick<Meaning, 'next' | 'command'> = {
  next: [
    'Have both sides the same TCP-MD5 or TCP-AO key for the address of the other? BGP daemons set them.',
  ],
  command: 'nstat -az | grep -E "MD5|TCPAO"',
};
const PROGRAMS: Pick<Meaning, 'next' | 'command'> = {
  next: [
    'Which program is attached there? Container networks (Cilium, Calico) and systemd units attach some.',
  ],
  command: 'bpftool net show; bpftool cgroup tree',
};
const CHECKSUM: Pick<Meaning, 'next' | 'command'> = {
  next: [
    'Does it go away with checksum offload switched off (`ethtool -K DEVICE rx off tx off`)? Then a driver or a tunnel is wrong.',
  ],
  command: 'nstat -az TcpInCsumErrors IpExtInCsumErrors',
};
const ADDRESSES: Pick<Meaning, 'next' | 'command'> = {
  next: [
    'Do the addresses of the packet fit the interface that it came in on? The kernel logs martians with net.ipv4.conf.all.log_martians=1.',
  ],
  command: 'nstat -az IpInAddrErrors IpInNoRoutes; ip route show table all',
};
const MEMORY: Pick<Meaning, 'next' | 'command'> = {
  next: [
    'Is the program slow to read, or memory for TCP short? Compare /proc/net/sockstat with net.ipv4.tcp_mem.',
  ],
  command: 'nstat -az TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop; cat /proc/net/sockstat',
};

const MEANINGS: readonly (readonly [RegExp, string, Pick<Meaning, 'next' | 'command'>])[] = [
  [
    /^IP_RPFILTER$/,
    // Where the look-up itself fails the kernel says the same (__fib_validate_source).
    'they came in on another interface than the answer would leave by, or a rule leaves no way for the answer, which reverse path filtering forbids',
    {
      next: [
        'Are there two ways to that network? Set net.ipv4.conf.DEVICE.rp_filter to 2 (loose), or make the routes fit.',
        'Does `ip rule` show one with `blackhole`, `prohibit` or `unreachable` that takes the way back?',
      ],
      command: 'sysctl -a | grep "\\.rp_filter"; nstat -az TcpExtIPReversePathFilter',
    },
  ],
  [
    /^(QDISC|FQ|CAKE|DUALPI2)_/,
    'the queue of the interface was full, or its traffic shaping drops them',
    LINK,
  ],
  [/^(TC|XDP)(_EGRESS|_INGRESS)?$/, 'a tc or XDP program on the interface drops them', PROGRAMS],
  [/^BPF_CGROUP_EGRESS$/, 'a BPF program of the cgroup does not let them out', PROGRAMS],
  [
    /^SOCKET_FILTER$/,
    'a filter on the socket or a BPF program of the cgroup does not let them in',
    PROGRAMS,
  ],
  [
    /^SECURITY_HOOK$/,
    'a security module (SELinux, Smack, …) forbids them',
    {
      next: ['Look for denials in the kernel log.'],
      command: 'journalctl -k --grep "avc|apparmor|audit"',
    },
  ],
  [/^(TCP|IP|SKB|ICMP)_CSUM$/, 'their checksum was wrong', CHECKSUM],
  [/^TCP_(MD5|AO|AUTH)/, 'their TCP signature was missing or wrong', KEYS],
  [
    /^(SOCKET_BACKLOG|SOCKET_RCVBUFF|PROTO_MEM|NOMEM|PFMEMALLOC|TCP_OFO_\w+)$/,
    'there was no memory or no room in the socket for them',
    MEMORY,
  ],
  [
    /^(CPU_BACKLOG|FULL_RING|DEV_READY|TAP_\w+)$/,
    'the interface or the CPU could not take more',
    LINK,
  ],
  [
    /^TCP_RFC7323_/,
    'their timestamp was older than one that the kernel had seen from that address (several hosts behind one NAT?)',
    {
      next: ['Do several machines share that address? Their TCP timestamps do not fit together.'],
      command: 'nstat -az | grep -i paws',
    },
  ],
  [
    /^(IP_(OUT|IN)NOROUTES|IP_INADDRERRORS|IP_LOCAL\w+|IP_INVALID_\w+|IPV6DISABLED)$/,
    'their address does not belong there, or has no route',
    ADDRESSES,
  ],
  [
    /^OTHERHOST$/,
    'they came to an interface by a link-layer address that is not its own',
    {
      next: [
        'Is an old or wrong entry in the neighbour table of the sender, or has an address moved?',
      ],
      command: 'ip neighbour show; ip link show',
    },
  ],
  [
    /^XFRM_POLICY$/,
    'an IPsec policy asks for encryption that they do not have',
    {
      next: ['Is the IPsec tunnel up, and do the policies of both sides fit?'],
      command: 'ip xfrm policy; ip xfrm state',
    },
  ],
  [
    /^PKT_TOO_BIG$/,
    'they were larger than the path allows',
    {
      next: ['Is the MTU of a tunnel on the way smaller? Try net.ipv4.tcp_mtu_probing=1.'],
      command: 'ip link show; ip route show cache',
    },
  ],
];

/** `what` is null for a reason that is not known here. */
export function sayReason(
  reason: string,
  { remoteAddress }: AttemptRow,
): { what: string | null; next: readonly string[]; command: string } {
  for (const [pattern, what, { next, command }] of MEANINGS) {
    if (pattern.test(reason)) return { what, next, command };
  }
  return {
    what: null,
    next: ['The kernel stack of the drop shows the function that threw the packet away.'],
    command: `${ipCommand(remoteAddress)} route get ${host(remoteAddress)}; nstat -az | grep -iE "drop|discard"`,
  };
}
