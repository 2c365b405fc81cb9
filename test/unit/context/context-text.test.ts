// Each piece of context as one line, also when a stranger wrote it.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { sayContext } from '../../../engine/diagnosis/context-text.ts';

const original = {
  source: '10.0.0.7',
  sourcePort: 5000,
  destination: '192.0.2.9',
  destinationPort: 80,
};
const reply = { source: '::1', sourcePort: 15_001, destination: '10.0.0.7', destinationPort: 5000 };

const SAID: readonly (readonly [ContextDetail, string])[] = [
  [
    { about: 'listener', listeners: 0, pid: null, comm: null, elsewhere: ['127.0.0.2', '::1'] },
    'Nobody listened at that address, but somebody on the same port of 127.0.0.2, ::1',
  ],
  [
    {
      ...{ about: 'listener', listeners: 0, pid: null, comm: null },
      ...{ elsewhere: ['::'], ipv6Only: true, device: 'eth0' },
    },
    'Nobody listened at that address, but somebody on the same port of ::, which takes IPv6 only, bound to eth0',
  ],
  [
    { about: 'listener', listeners: 1, pid: 812, comm: 'nginx', maybeIpv6Only: true },
    'nginx (pid 812) listened at that address, unless it takes IPv6 only: that could not be asked',
  ],
  [
    { about: 'listener', listeners: 1, pid: 812, comm: 'nginx' },
    'nginx (pid 812) listened at that address',
  ],
  [
    { about: 'route', found: true, device: 'eth0', gateway: '10.0.0.1', source: '10.0.0.7' },
    'Route: through eth0 via 10.0.0.1, from 10.0.0.7',
  ],
  [{ about: 'route', found: true, device: 'lo' }, 'Route: through lo, directly'],
  [
    { about: 'route', found: true, many: 'broadcast', device: 'eth0' },
    'Route: broadcast, through eth0, directly',
  ],
  [
    { about: 'route', found: false, error: 'Network is unreachable' },
    'No route: Network is unreachable',
  ],
  [
    { about: 'route', found: false, error: 'Permission denied', forSocket: true, mark: 5 },
    'No route for a socket marked 0x5: Permission denied',
  ],
  [
    { about: 'route', found: true, device: 'tun0', bound: 'tun0', boundState: 'no carrier' },
    'Route: through tun0, directly for a socket bound to tun0 (no carrier)',
  ],
  [
    { about: 'neighbour', address: '10.0.0.1', state: 'FAILED', device: 'eth0' },
    'Neighbour 10.0.0.1 on eth0: FAILED',
  ],
  [
    {
      about: 'ports',
      first: 40_000,
      last: 40_009,
      used: 10,
      timeWait: 8,
      holders: [{ comm: 'wget', pid: 2, count: 9 }],
    },
    'Local ports towards that destination: 10 of 10 in use, 8 of them in TIME_WAIT; wget (pid 2): 9',
  ],
  [
    { about: 'conntrack', original, reply, state: 'SYN_SENT', translated: true },
    'Connection tracking: 10.0.0.7:5000 → 192.0.2.9:80 in SYN_SENT, translated: answers are [::1]:15001 → 10.0.0.7:5000',
  ],
  [
    { about: 'conntrack-table', entries: 17, most: 20 },
    'Connection tracking: 17 of 20 entries in use',
  ],
  [{ about: 'descriptors', open: 1024, limit: 1024 }, 'Descriptors: 1024 open, 1024 allowed'],
  [{ about: 'files', open: 900, most: 1000 }, 'Open files of the machine: 900 of 1000'],
  [
    { about: 'files', open: 900, most: Number('9223372036854775807') },
    'Open files of the machine: 900, without a limit',
  ],
  [
    {
      about: 'settings',
      synRetries: 6,
      linearTimeouts: 4,
      givesUpMs: 131_000,
      ipv6Disabled: true,
    },
    'Settings: tcp_syn_retries 6, tcp_syn_linear_timeouts 4: the kernel gives up after 131 s; IPv6 is disabled',
  ],
  [
    { about: 'holder', address: '0.0.0.0', port: 80, state: 'LISTEN', pid: null, comm: null },
    '0.0.0.0:80 is held by a process that is not known, in LISTEN',
  ],
  [
    {
      about: 'collision',
      local: '127.0.0.1',
      localPort: 15_001,
      peer: '10.0.0.7',
      peerPort: 5000,
      state: 'FIN_WAIT2',
      pid: 3,
      comm: 'proxy',
    },
    'An older socket has the tuple that the SYN arrives with: 127.0.0.1:15001 → 10.0.0.7:5000 in FIN_WAIT2, of proxy (pid 3)',
  ],
  [
    { about: 'counters', rose: { ListenOverflows: 3, ListenDrops: 4 } },
    'Counters of the kernel that rose meanwhile: ListenOverflows by 3, ListenDrops by 4',
  ],
  [{ about: 'nat' }, 'NAT: rules of this network namespace may lead its connections elsewhere'],
  [
    { about: 'counters', rose: {} },
    'Counters of the kernel: none of those that explain failures rose',
  ],
];

test.each(SAID.map(([detail, text]) => [text, detail] as const))('%s', (text, detail) => {
  expect(sayContext({ ...detail })).toBe(text);
});

test('of another version, or nonsense', () => {
  expect(sayContext({ about: 'weather' })).toBe('Context: weather');
  expect(sayContext({})).toBe('Context: unknown');
  expect(sayContext({ about: 'constructor' })).toBe('Context: constructor');
  for (const [{ about }] of SAID) {
    for (const junk of [null, 7, 'x'.repeat(100_000), [null, 7, {}], { a: { b: 1 } }]) {
      const keys = SAID.flatMap(([detail]) => Object.keys(detail)).filter((key) => key !== 'about');
      const detail = Object.fromEntries(keys.map((key) => [key, junk]));
      const said = sayContext({ ...detail, about });
      expect(said).not.toMatch(/undefined|NaN|\[object/);
      expect(said.length).toBeLessThan(2000);
    }
  }
});
