// Reading the kernel's own counters.
import { expect, test } from 'vitest';
import {
  KernelCounters,
  parseGroup,
  parseTcpCounters,
} from '../../../engine/capture/kernel-counters.ts';

const snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 200 120000 -1 11 12 13 14 0 100 101 15 0 16 0
Udp: InDatagrams
Udp: 7
`;

test('the counters that are compared come out in their order', () => {
  expect(parseTcpCounters(snmp)).toEqual([11, 12, 13, 14, 15, 16]);
});

test('a counter that another kernel does not have is 0, a text without TCP is none', () => {
  expect(parseTcpCounters('Tcp: ActiveOpens\nTcp: 5\n')).toEqual([5, 0, 0, 0, 0, 0]);
  expect(parseTcpCounters('Udp: InDatagrams\nUdp: 7\n')).toBeNull();
  expect(parseTcpCounters('')).toBeNull();
});

test('a group is read by its own name, not by one that begins alike', () => {
  const netstat = 'TcpExt: SyncookiesSent EmbryonicRsts\nTcpExt: 1 2\nTcp: A\nTcp: 9\n';
  expect(parseGroup(netstat, 'Tcp').get('A')).toBe(9);
  expect(parseGroup(netstat, 'TcpExt').get('EmbryonicRsts')).toBe(2);
});

test('the own namespace can be read on any Linux; one without a process cannot', () => {
  const counters = new KernelCounters();
  expect(counters.read(counters.own)?.tcp).toHaveLength(6);
  expect(counters.discover()).toContain(counters.own);
  expect(counters.read(1)).toBeNull();
});
