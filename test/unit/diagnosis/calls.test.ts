// Calls that failed by themselves: no packet was sent, or none could be.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { connecting, socket } from '../../fixtures/socket-story.ts';
import { drop, failsAtOnce, failsInSynSent, judged, judgedCall } from './verdict.ts';

const NO_IPV6: ContextDetail = {
  about: 'settings',
  synRetries: 6,
  linearTimeouts: 4,
  givesUpMs: 67_000,
  ipv6Disabled: true,
};
const IPV6: ContextDetail = { ...NO_IPV6, ipv6Disabled: false };

test('descriptors of the process', () => {
  const call = { call: 'socket', result: 'EMFILE', descriptorLimit: 1024 } as const;
  const descriptors: ContextDetail = { about: 'descriptors', open: 1024, limit: 1024 };
  const { verdict, proofs } = judgedCall(call, [descriptors]);
  expect(verdict).toMatchObject({ id: 'descriptors-used-up', confidence: 'certain' });
  expect(verdict?.sentence).toContain('RLIMIT_NOFILE of 1024');
  expect(proofs).toEqual(['call', 'context']);
});

test('accept(2) needs a descriptor as well', () => {
  const { verdict } = judgedCall({ call: 'accept', fd: 3, result: 'EMFILE' });
  expect(verdict?.id).toBe('descriptors-used-up');
  expect(verdict?.sentence).toContain('accept(2)');
});

test.each([
  [99, 'descriptors-used-up', 'certain'],
  [50, 'out-of-memory', 'likely'],
] as const)('ENFILE with %i of 100 files of the machine: %s', (open, id, confidence) => {
  const files: ContextDetail = { about: 'files', open, most: 100 };
  const { verdict, proofs } = judgedCall({ call: 'socket', result: 'ENFILE' }, [files]);
  expect(verdict).toMatchObject({ id, confidence });
  expect(proofs).toEqual(['call', 'context']);
});

test('ENFILE, and the files were not counted', () => {
  const { verdict } = judgedCall({ call: 'socket', result: 'ENFILE' });
  expect(verdict).toMatchObject({ id: 'descriptors-used-up', confidence: 'possible' });
  expect(verdict?.sentence).toContain(
    'the whole machine (fs.file-max) is reached, or there was no memory',
  );
});

test.each(['ENOMEM', 'ENOBUFS'])('no memory: %s', (result) => {
  expect(judgedCall({ call: 'socket', result }).verdict?.id).toBe('out-of-memory');
  expect(judged([failsInSynSent(result)]).verdict?.id).toBe('out-of-memory');
});

test.each(['EADDRNOTAVAIL', 'ENETUNREACH'])('IPv6 is off: %s', (error) => {
  const story = failsAtOnce(error, '[2001:db8::1]:443');
  expect(judged([story], [NO_IPV6]).verdict).toMatchObject({
    id: 'ipv6-disabled',
    confidence: 'certain',
  });
});

test('::1 that is not there tells of IPv6 that is off', () => {
  const { verdict } = judged([failsAtOnce('EADDRNOTAVAIL', '[::1]:443')]);
  expect(verdict).toMatchObject({ id: 'ipv6-disabled', confidence: 'likely' });
  expect(verdict?.sentence).toContain('loopback interface of its network namespace is down, or');
  expect(verdict?.sentence).not.toContain('switched off');
  expect(verdict?.next[0]).toContain('Is `lo` up?');
});

test('IPv6 that is on is not to blame', () => {
  const story = failsAtOnce('ENETUNREACH', '[2001:db8::1]:443');
  expect(judged([story], [IPV6]).verdict?.id).toBe('no-route');
});

test('IPv4 does not fail for IPv6 that is off', () => {
  expect(judged([failsAtOnce('ENETUNREACH')], [NO_IPV6]).verdict?.id).toBe('no-route');
});

test('every local port is in use, and by whom', () => {
  const ports: ContextDetail = {
    about: 'ports',
    first: 32_768,
    last: 60_999,
    used: 28_232,
    timeWait: 27_000,
    holders: [{ comm: 'wrk', pid: 77, count: 1200 }],
  };
  const { verdict, proofs } = judged([failsInSynSent('EADDRNOTAVAIL')], [ports]);
  expect(verdict).toMatchObject({ id: 'no-free-port', confidence: 'certain' });
  expect(verdict?.sentence).toContain('32768–60999');
  expect(verdict?.sentence).toContain('wrk (pid 77): 1200');
  expect(verdict?.evidence[1]?.text).toContain('27000 ports of them in TIME_WAIT');
  expect(proofs).toEqual(['connect', 'context']);
});

test('nearly every port of the range is free: the socket has a range of its own', () => {
  const range = { about: 'ports', first: 32_768, last: 60_999, timeWait: 0, holders: [] } as const;
  const { verdict, proofs } = judged([failsInSynSent('EADDRNOTAVAIL')], [{ ...range, used: 4 }]);
  expect(verdict).toMatchObject({ id: 'no-free-port', confidence: 'likely' });
  expect(verdict?.sentence).toContain('none was free for this socket towards 10.0.0.2:443');
  expect(verdict?.sentence).toContain('of the 28232 ports of ip_local_port_range');
  expect(verdict?.sentence).toContain('only 4 were in use');
  expect(verdict?.sentence).toContain('(IP_LOCAL_PORT_RANGE) may be narrower');
  expect(proofs).toEqual(['connect', 'context']);
});

test('a connect whose result nobody saw went back from SYN_SENT without a port', () => {
  const used = { first: 1, last: 10, timeWait: 0, holders: [], about: 'ports' } as const;
  const story = () =>
    socket()
      .by('curl')
      .at('0.0.0.0:0')
      .to('10.0.0.2:443')
      .connects()
      .goes('SYN_SENT', 'CLOSE', { by: 'owner' })
      .destroyed();
  const { verdict, proofs } = judged([story()], [{ ...used, used: 10 }]);
  expect(verdict).toMatchObject({ id: 'no-free-port', confidence: 'likely' });
  expect(proofs).toEqual(['state', 'context']);
  expect(judged([story()], [{ ...used, used: 3 }]).verdict?.id).toBe('unknown');
});

test.each([
  ['127.0.0.1:0', 'it is bound to 127.0.0.1, from which nothing but this machine can be reached'],
  ['10.0.0.1:0', 'the address has the wrong length, or the socket is in a state that'],
])('EINVAL from a socket bound to %s', (at, text) => {
  const route: ContextDetail = {
    about: 'route',
    found: at.startsWith('10.'),
    error: 'Invalid argument',
  };
  const story = socket().by('curl').to('10.0.0.2:443').at(at).connectReturned('EINVAL');
  const { verdict } = judged([story], [route]);
  expect(verdict?.id).toBe('bad-call');
  expect(verdict?.sentence).toContain(text);
});

test('bind(2) to any port says EADDRINUSE when there is none', () => {
  const asked = { address: '0.0.0.0', port: 0 };
  const { verdict } = judgedCall({ call: 'bind', fd: 3, result: 'EADDRINUSE', asked });
  expect(verdict?.id).toBe('no-free-port');
});

test('the address is in use, and by whom', () => {
  const asked = { address: '0.0.0.0', port: 80 };
  const holder: ContextDetail = {
    about: 'holder',
    address: '0.0.0.0',
    port: 80,
    state: 'LISTEN',
    pid: 812,
    comm: 'nginx',
  };
  const call = { call: 'bind', fd: 3, result: 'EADDRINUSE', asked } as const;
  const { verdict, proofs } = judgedCall(call, [holder]);
  expect(verdict).toMatchObject({
    id: 'address-in-use',
    confidence: 'certain',
    command: "ss -tanp 'sport = :80'",
  });
  expect(verdict?.sentence).toContain('0.0.0.0:80 is taken by nginx (pid 812) (LISTEN)');
  expect(proofs).toEqual(['call', 'context']);
});

test('a connection of the same two ends exists', () => {
  const story = failsInSynSent('EADDRNOTAVAIL', '10.0.0.2:443', '10.0.0.1:5000');
  const { verdict } = judged([story]);
  expect(verdict).toMatchObject({ id: 'address-in-use', confidence: 'likely' });
  expect(verdict?.sentence).toContain('from 10.0.0.1:5000 to 10.0.0.2:443 exists already');
});

test('the address is not of this machine', () => {
  const asked = { address: '192.0.2.7', port: 80 };
  const { verdict } = judgedCall({ call: 'bind', fd: 3, result: 'EADDRNOTAVAIL', asked });
  expect(verdict).toMatchObject({ id: 'address-not-ours', confidence: 'certain' });
  expect(verdict?.sentence).toContain('192.0.2.7:80');
});

test('no source address for IPv6', () => {
  const { verdict } = judged([failsAtOnce('EADDRNOTAVAIL', '[2001:db8::1]:443')], [IPV6]);
  expect(verdict).toMatchObject({ id: 'address-not-ours', confidence: 'likely' });
});

test('a privileged port', () => {
  const asked = { address: '0.0.0.0', port: 443 };
  const { verdict } = judgedCall({ call: 'bind', fd: 3, result: 'EACCES', asked });
  expect(verdict?.id).toBe('not-permitted');
  expect(verdict?.sentence).toContain('CAP_NET_BIND_SERVICE');
});

test.each([
  [2000, 1500, 'certain', 'ports below 2000 need CAP_NET_BIND_SERVICE'],
  [2000, 2000, 'certain', 'a security module'],
  [80, 443, 'certain', 'a security module'],
  [undefined, 443, 'likely', 'need CAP_NET_BIND_SERVICE'],
  [undefined, 1500, 'likely', 'has been raised above this port'],
] as const)('unprivileged ports begin at %s: EACCES of %i', (...told) => {
  const [unprivilegedPort, port, confidence, text] = told;
  const settings: ContextDetail[] =
    unprivilegedPort === undefined ? [] : [{ ...IPV6, unprivilegedPort }];
  const asked = { address: '0.0.0.0', port };
  const { verdict } = judgedCall({ call: 'bind', fd: 3, result: 'EACCES', asked }, settings);
  expect(verdict).toMatchObject({ id: 'not-permitted', confidence });
  expect(verdict?.sentence).toContain(text);
});

test('a program of the cgroup forbids connect(2)', () => {
  const { verdict } = judged([failsAtOnce('EPERM')]);
  expect(verdict).toMatchObject({ id: 'not-permitted', command: 'bpftool cgroup tree' });
});

test('a security module forbids it', () => {
  expect(judged([failsAtOnce('EACCES')]).verdict?.sentence).toContain('SELinux');
});

test('EPERM with a packet that netfilter dropped', () => {
  const { verdict } = judged([failsInSynSent('EPERM')], [], [drop('NETFILTER_DROP')]);
  expect(verdict?.id).toBe('dropped-by-netfilter');
});

test('listen(2) on a connected socket', () => {
  const { verdict } = judgedCall({ call: 'listen', fd: 3, result: 'EINVAL' });
  expect(verdict).toMatchObject({ id: 'bad-call', command: 'man 2 listen' });
});

test.each(['EINVAL', 'ECONNABORTED'])('accept(2) of a listener that went away: %s', (result) => {
  expect(judgedCall({ call: 'accept', fd: 3, result }).verdict?.id).toBe('listener-closed');
});

test('accept(2) of a socket that does not listen is a question to its code, not to a service', () => {
  const { verdict } = judgedCall({ call: 'accept', fd: 3, result: 'EINVAL' });
  expect(verdict).toMatchObject({ confidence: 'likely', command: 'ss -ltnp' });
  expect(verdict?.sentence).toContain(
    'listen(2) was never called for it, or the listener was shut',
  );
  expect(verdict?.next.join()).toContain('call listen(2) before accept(2)');
  expect(verdict?.next.join()).not.toContain('restarted');
});

test('an errno of the network is none of the call', () => {
  const story = connecting('curl', '10.0.0.2:443')
    .goes('SYN_SENT', 'CLOSE', { error: 'ENETUNREACH' })
    .connectReturned('ENETUNREACH');
  expect(judged([story]).verdict?.id).toBe('unreachable');
});
