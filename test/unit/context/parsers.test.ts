// What other programs and files say of the machine, in their own spelling.
import { describe, expect, test } from 'vitest';
import { parseConntrack } from '../../../engine/context/conntrack.ts';
import { tellConntrackTable } from '../../../engine/context/conntrack-table.ts';
import { parseDescriptorLimit } from '../../../engine/context/descriptors.ts';
import { parseFiles } from '../../../engine/context/files.ts';
import { isInInet6, isLocalInTrie } from '../../../engine/context/local-addresses.ts';
import { hasNatChain } from '../../../engine/context/nat.ts';
import { parsePortRange } from '../../../engine/context/ports.ts';
import { parseLinks, parseNeighbour, parseRoute } from '../../../engine/context/route.ts';
import { tellSettings } from '../../../engine/context/settings.ts';
import { numberOf, parseSysctls } from '../../../engine/context/sysctls.ts';

function said(text: string) {
  return { code: 0, text };
}

describe('ip route get', () => {
  test('through a gateway', () => {
    const json = `[{"dst":"192.0.2.9","gateway":"10.0.0.1","dev":"eth0","prefsrc":"10.0.0.7","flags":[],"uid":0,"cache":[]}]`;
    expect(parseRoute(said(json))).toEqual({
      local: false,
      detail: {
        about: 'route',
        found: true,
        device: 'eth0',
        gateway: '10.0.0.1',
        source: '10.0.0.7',
      },
    });
  });

  test('with a source that was asked for, and a gateway of the other family', () => {
    const json = `[{"dst":"192.0.2.9","from":"10.0.0.8","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","flags":[],"uid":1000,"cache":[]}]`;
    expect(parseRoute(said(json))?.detail).toMatchObject({
      gateway: 'fe80::1',
      source: '10.0.0.8',
    });
  });

  test('to an address of this machine', () => {
    const json = `[{"type":"local","dst":"10.0.0.7","dev":"lo","prefsrc":"10.0.0.7","flags":[],"uid":0,"cache":["local"]}]`;
    expect(parseRoute(said(json))).toMatchObject({ local: true, detail: { device: 'lo' } });
  });

  test('to many', () => {
    const json = `[{"type":"broadcast","dst":"10.77.1.255","dev":"eth0","prefsrc":"10.77.1.2","flags":[],"uid":0,"cache":["local","brd"]}]`;
    expect(parseRoute(said(json))).toMatchObject({
      detail: { found: true, many: 'broadcast', device: 'eth0' },
    });
  });

  test('none, in the words of the kernel', () => {
    const text = 'RTNETLINK answers: Network is unreachable\n';
    expect(parseRoute({ code: 2, text })?.detail).toEqual({
      about: 'route',
      found: false,
      error: 'Network is unreachable',
    });
  });

  test('a route that ends here', () => {
    const json = `[{"type":"unreachable","dst":"fd98::1","dev":"lo","table":"main","metric":1024,"error":-113,"flags":[],"pref":"medium"}]`;
    expect(parseRoute(said(json))?.detail).toMatchObject({
      found: false,
      error: 'No route to host',
    });
  });

  test.each([
    [7, { bound: 'tun0', boundState: 'down' }],
    [8, { bound: 'wlan0', boundState: 'no carrier' }],
    [9, { bound: 'eth0', boundState: 'up' }],
    [10, { bound: 'interface 10', boundState: 'gone' }],
  ])('interface %i that a socket is bound to', (index, bound) => {
    const links = [
      { ifindex: 7, ifname: 'tun0', flags: ['POINTOPOINT', 'NOARP'] },
      { ifindex: 8, ifname: 'wlan0', flags: ['NO-CARRIER', 'UP'] },
      { ifindex: 9, ifname: 'eth0', flags: ['UP', 'LOWER_UP'] },
    ];
    expect(parseLinks(said(JSON.stringify(links)), index)).toEqual(bound);
    expect(parseLinks({ code: 1, text: 'no such thing' }, index)).toBeNull();
  });

  test('anything else is not an answer', () => {
    const usage = 'Option "-j" is unknown, try "ip -help".\n';
    expect(parseRoute({ code: 255, text: usage })).toBeNull();
    expect(parseRoute(said('[]'))).toBeNull();
    expect(parseRoute(said('10.0.0.2 dev eth0'))).toBeNull();
  });
});

describe('ip neigh show', () => {
  test.each([
    ['[{"dst":"10.0.0.1","lladdr":"22:9f:06:3e:2c:d6","state":["REACHABLE"]}]', 'REACHABLE'],
    ['[{"dst":"10.0.0.1","state":["FAILED"]}]', 'FAILED'],
    ['[]', 'NONE'],
  ])('%s', (json, state) => {
    expect(parseNeighbour(said(json), '10.0.0.1', 'eth0')).toEqual({
      about: 'neighbour',
      address: '10.0.0.1',
      device: 'eth0',
      state,
    });
  });

  test('an unknown device is no answer', () => {
    const output = { code: 1, text: 'Cannot find device "eth9"\n' };
    expect(parseNeighbour(output, '10.0.0.1', 'eth9')).toBeNull();
  });
});

describe('nf_conntrack', () => {
  test('redirected to a local port', () => {
    const line =
      'ipv4     2 tcp      6 118 SYN_SENT src=10.0.0.7 dst=192.0.2.9 sport=41234 dport=80 [UNREPLIED] src=127.0.0.1 dst=10.0.0.7 sport=15001 dport=41234 mark=0 zone=0 use=2';
    expect(parseConntrack(line)).toEqual({
      about: 'conntrack',
      original: {
        source: '10.0.0.7',
        sourcePort: 41_234,
        destination: '192.0.2.9',
        destinationPort: 80,
      },
      reply: {
        source: '127.0.0.1',
        sourcePort: 15_001,
        destination: '10.0.0.7',
        destinationPort: 41_234,
      },
      state: 'SYN_SENT',
      translated: true,
    });
  });

  test('IPv6 without NAT, in full', () => {
    const line =
      'ipv6     10 tcp      6 431999 ESTABLISHED src=fd00:0000:0000:0000:0000:0000:0000:0001 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=41234 dport=80 src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0000:0001 sport=80 dport=41234 [ASSURED] mark=0 zone=0 use=2';
    expect(parseConntrack(line)).toMatchObject({
      original: { source: 'fd00::1', destination: 'fd00::2' },
      state: 'ESTABLISHED',
      translated: false,
    });
  });

  test('as conntrack-tools print it', () => {
    const line =
      'tcp      6 59 SYN_RECV src=10.0.0.7 dst=10.0.0.2 sport=5000 dport=80 packets=1 bytes=60 src=10.0.0.2 dst=10.0.0.7 sport=80 dport=5000 packets=1 bytes=60 mark=0 use=1';
    expect(parseConntrack(line)).toMatchObject({ state: 'SYN_RECV', translated: false });
  });

  test('another protocol', () => {
    const line =
      'ipv4     2 udp      17 28 src=10.0.0.7 dst=10.0.0.2 sport=5000 dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.0.7 sport=53 dport=5000 mark=0 zone=0 use=2';
    expect(parseConntrack(line)).toBeNull();
  });
});

const SYSCTLS = `/proc/sys/net/ipv4/tcp_syn_retries:6
/proc/sys/net/ipv4/tcp_syn_linear_timeouts:4
/proc/sys/net/ipv4/ip_local_port_range:32768\t60999
/proc/sys/net/ipv6/conf/all/disable_ipv6:1
/proc/sys/net/netfilter/nf_conntrack_count:17
/proc/sys/net/netfilter/nf_conntrack_max:262144
/proc/sys/net/ipv4/unheard_of:5
`;

describe('kernel parameters', () => {
  const values = parseSysctls(SYSCTLS);

  test('by name; what is not there has no value', () => {
    expect(values.get('ipv4/ip_local_port_range')).toBe('32768\t60999');
    expect(numberOf(values, 'ipv4/tcp_retries2')).toBeNull();
    expect(numberOf(values, 'ipv4/ip_local_port_range')).toBeNull();
  });

  test('settings of an old kernel, and of a new one', () => {
    expect(tellSettings(values)).toEqual({
      about: 'settings',
      synRetries: 6,
      linearTimeouts: 4,
      givesUpMs: 131_000,
      ipv6Disabled: true,
    });
    const old = parseSysctls(
      '/proc/sys/net/ipv4/tcp_syn_retries:5\n/proc/sys/net/ipv6/conf/all/disable_ipv6:0\n',
    );
    expect(tellSettings(old)).toMatchObject({ givesUpMs: 63_000, ipv6Disabled: false });
    expect(tellSettings(parseSysctls(''))).toBeNull();
  });

  test('tracked connections', () => {
    expect(tellConntrackTable(values)).toEqual({
      about: 'conntrack-table',
      entries: 17,
      most: 262_144,
    });
    expect(tellConntrackTable(parseSysctls(''))).toBeNull();
  });

  test('the range of local ports', () => {
    expect(parsePortRange('32768\t60999')).toEqual({ first: 32_768, last: 60_999 });
    expect(parsePortRange('')).toBeNull();
  });
});

test('the soft limit of descriptors', () => {
  const limits = `Limit                     Soft Limit           Hard Limit           Units     
Max processes             7825                 7825                 processes 
Max open files            1024                 524288               files     
Max locked memory         8388608              8388608              bytes     
`;
  expect(parseDescriptorLimit(limits)).toBe(1024);
  expect(
    parseDescriptorLimit('Max open files            unlimited            unlimited  '),
  ).toBeNull();
});

test('open files of the machine', () => {
  expect(parseFiles('992\t0\t9223372036854775807\n')).toEqual({
    about: 'files',
    open: 992,
    most: Number('9223372036854775807'),
  });
  expect(parseFiles('')).toBeNull();
});

describe('addresses of a namespace', () => {
  const trie = `Main:
  +-- 0.0.0.0/1 2 0 2
     +-- 10.77.0.0/24 2 0 2
        +-- 10.77.0.0/31 1 0 0
           |-- 10.77.0.0
              /24 link UNICAST
           |-- 10.77.0.1
              /32 host LOCAL
        |-- 10.77.0.255
           /32 link BROADCAST
     |-- 10.98.0.0
        /16 universe UNREACHABLE
`;

  test('IPv4: local ones only', () => {
    expect(isLocalInTrie(trie, '10.77.0.1')).toBe(true);
    expect(isLocalInTrie(trie, '10.77.0.0')).toBe(false);
    expect(isLocalInTrie(trie, '10.77.0.255')).toBe(false);
    expect(isLocalInTrie(trie, '10.77.0.2')).toBe(false);
    expect(isLocalInTrie(trie, '0.77.0.1')).toBe(false);
  });

  test('IPv6', () => {
    const table = 'fd770000000000000000000000000001 02 40 00 82       ea\n';
    expect(isInInet6(table, 'fd77::1')).toBe(true);
    expect(isInInet6(table, 'fd77::2')).toBe(false);
  });
});

test.each([
  ['', false],
  ['table inet filter {\n\tchain output {\n\t\ttype filter hook output priority filter;', false],
  ['table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority srcnat;', false],
  ['table ip nat {\n\tchain OUTPUT {\n\t\ttype nat hook output priority -100;', true],
])('chains of NAT for what sockets send: %j', (chains, has) => {
  expect(hasNatChain(chains)).toBe(has);
});
