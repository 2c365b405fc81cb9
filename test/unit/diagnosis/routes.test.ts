// connect(2) that failed before a packet: the route that the kernel found, or did not, and
// addresses that no route makes work.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { socket } from '../../fixtures/socket-story.ts';
import { drop, failsAtOnce, failsInSynSent, judged, judgedCall } from './verdict.ts';

test('no route', () => {
  const route: ContextDetail = { about: 'route', found: false, error: 'Network is unreachable' };
  const { verdict, proofs } = judged([failsAtOnce('ENETUNREACH')], [route]);
  expect(verdict).toMatchObject({
    id: 'no-route',
    confidence: 'certain',
    command: 'ip route get 10.0.0.2',
  });
  expect(proofs).toEqual(['connect', 'context']);
});

const ROUTED: ContextDetail = { about: 'route', found: true, device: 'eth0' };

test.each([
  ['ENETUNREACH', 'no-route', 'likely', 'by the mark of the socket (SO_MARK)'],
  ['EHOSTUNREACH', 'no-route', 'likely', 'by the mark of the socket (SO_MARK)'],
  ['EACCES', 'not-permitted', 'likely', 'a route of the type `prohibit`'],
  ['EINVAL', 'bad-call', 'possible', 'a route of the type `blackhole`'],
])('%s though others have a route: it may be a rule that goes by the mark', (error, ...told) => {
  const [id, confidence, cause] = told;
  const { verdict, proofs } = judged([failsAtOnce(error)], [ROUTED]);
  expect(verdict).toMatchObject({ id, confidence });
  expect(verdict?.sentence).toContain(cause);
  expect(verdict?.sentence).not.toContain('no route to that network');
  expect(verdict?.evidence[1]?.text).toContain('without its mark and interface');
  expect(verdict?.next.join()).toContain('ip rule');
  expect(proofs).toEqual(['connect', 'context']);
});

const OWN: ContextDetail = { ...ROUTED, forSocket: true, mark: 5 };

test.each([
  [
    'ENETUNREACH',
    'no-route',
    'likely',
    'the interface has come since, or a rule goes by its TOS or user.',
  ],
  [
    'EHOSTUNREACH',
    'no-route',
    'likely',
    'the interface has come since, or a rule goes by its TOS or user.',
  ],
  ['EACCES', 'not-permitted', 'likely', 'forbids it: a security module'],
  ['EINVAL', 'bad-call', 'likely', 'a state that cannot connect.'],
])(
  '%s though this socket itself would have a route: hardly a rule is to blame',
  (error, ...told) => {
    const [id, confidence, cause] = told;
    const { verdict, proofs } = judged([failsAtOnce(error)], [OWN]);
    expect(verdict).toMatchObject({ id, confidence });
    expect(verdict?.sentence).toContain(cause);
    expect(verdict?.sentence).not.toContain('policy routing');
    expect(verdict?.evidence[1]?.text).toContain('with its mark, interface and ports');
    expect(verdict?.next.join()).toContain('goes by its TOS (DSCP)');
    expect(proofs).toEqual(['connect', 'context']);
  },
);

test.each([
  [{ mark: 5 }, 'no route to that network for the mark 0x5 of the socket.', '10.0.0.2 mark 5'],
  [
    { bound: 'tun0', boundState: 'down' },
    'no route to that network through tun0, to which the socket is bound and which is down.',
    'route get 10.0.0.2',
  ],
  [
    { bound: 'tun0', boundState: 'up', mark: 16 },
    'for the mark 0x10 of the socket through tun0, to which the socket is bound.',
    '10.0.0.2 mark 16',
  ],
] as const)('no route for a socket with %o', (socket, sentence, command) => {
  const error = 'Network is unreachable';
  const route: ContextDetail = { about: 'route', found: false, error, forSocket: true, ...socket };
  const { verdict } = judged([failsAtOnce('ENETUNREACH')], [route]);
  expect(verdict).toMatchObject({ id: 'no-route', confidence: 'certain' });
  expect(verdict?.sentence).toContain(sentence);
  expect(verdict?.command).toContain(command);
});

test.each([
  ['ENETUNREACH', 'no-route', 'likely', 'no route to that network, or a rule'],
  ['EHOSTUNREACH', 'no-route', 'likely', 'says `unreachable`'],
  ['EACCES', 'not-permitted', 'possible', 'a route of the type `prohibit`'],
  ['EINVAL', 'bad-call', 'possible', 'a route of the type `blackhole`'],
])('%s, and nobody asked for the route: a route may have said so', (error, ...told) => {
  const [id, confidence, cause] = told;
  const { verdict, proofs } = judged([failsAtOnce(error)]);
  expect(verdict).toMatchObject({ id, confidence });
  expect(verdict?.sentence).toContain(cause);
  expect(verdict?.next.join()).toContain('ip rule');
  expect(proofs).toEqual(['connect']);
});

test.each(['EACCES', 'EINVAL'])('%s is not what a missing route says', (error) => {
  const missing: ContextDetail = { about: 'route', found: false, error: 'Network is unreachable' };
  const { verdict } = judged([failsAtOnce(error)], [missing]);
  expect(verdict?.id).not.toBe('no-route');
  expect(verdict?.confidence).toBe('possible');
});

test('where to look for the rule', () => {
  const command = 'ip rule; ip route show table all type prohibit';
  expect(judged([failsAtOnce('EACCES')]).verdict?.command).toBe(command);
  const six = judged([failsAtOnce('EINVAL', '[2001:db8::1]:443')]).verdict;
  expect(six?.command).toBe('ip -6 rule; ip -6 route show table all type blackhole');
});

test.each([
  ['EINVAL', 'blackhole'],
  ['EACCES', 'prohibit'],
  ['EHOSTUNREACH', 'unreachable'],
])('%s of a route that says so', (error, type) => {
  const route: ContextDetail = { about: 'route', found: false };
  const { verdict } = judged([failsAtOnce(error)], [route]);
  expect(verdict?.id).toBe('no-route');
  expect(verdict?.sentence).toContain(type);
});

test.each([
  ['EAFNOSUPPORT', '10.0.0.2:443', 'of another family'],
  ['EINVAL', '[fe80::1]:443', 'without its interface'],
  ['ENETUNREACH', '224.0.0.1:443', 'multicast'],
  ['ENETUNREACH', '255.255.255.255:443', 'broadcast'],
  ['ENETUNREACH', '[ff02::1]:443', 'multicast'],
])('a call that no network makes work: %s to %s', (error, to, why) => {
  const { verdict } = judged([failsAtOnce(error, to)]);
  expect(verdict).toMatchObject({ id: 'bad-call', confidence: 'certain' });
  expect(verdict?.sentence).toContain(why);
});

test.each([
  ['ENETUNREACH', '10.77.1.255:80', 'eth0'],
  ['ENETUNREACH', '127.255.255.255:80', 'lo'],
  ['EACCES', '10.77.1.255:80', 'eth0'],
])('%s of the broadcast address of a subnet: %s', (error, to, device) => {
  const route: ContextDetail = { about: 'route', found: true, many: 'broadcast', device };
  const { verdict, proofs } = judged([failsAtOnce(error, to)], [route]);
  expect(verdict).toMatchObject({ id: 'bad-call', confidence: 'certain' });
  expect(verdict?.sentence).toContain('this is the broadcast address of a subnet.');
  expect(verdict?.evidence[1]?.text).toContain(`broadcast on ${device}`);
  expect(proofs).toEqual(['connect', 'context']);
});

test('an IPv6-only socket is asked for an IPv4 address in an IPv6 one', () => {
  const story = failsAtOnce('ENETUNREACH', '[::ffff:7f00:1]:3009');
  const route: ContextDetail = { about: 'route', found: true, device: 'lo' };
  const { verdict, proofs } = judged([story], [route]);
  expect(verdict).toMatchObject({ id: 'bad-call', confidence: 'likely' });
  expect(verdict?.sentence).toContain('the socket is of IPv6 only (IPV6_V6ONLY)');
  expect(verdict?.evidence[1]?.text).toContain('had one through lo');
  expect(proofs).toEqual(['connect', 'context']);
});

test('without its route such a socket is asked about, and not blamed', () => {
  const story = () => failsAtOnce('ENETUNREACH', '[::ffff:a00:2]:3009');
  const { verdict } = judged([story()]);
  expect(verdict).toMatchObject({ id: 'no-route', confidence: 'likely' });
  expect(verdict?.next.join()).toContain('IPV6_V6ONLY');
  const none: ContextDetail = { about: 'route', found: false, error: 'Network is unreachable' };
  expect(judged([story()], [none]).verdict).toMatchObject({
    id: 'no-route',
    confidence: 'certain',
  });
});

test('a link-local address without its interface is told alone, and no route is blamed', () => {
  const { verdict } = judged([failsAtOnce('EINVAL', '[fe80::1]:443')]);
  expect(verdict?.sentence).toMatch(
    /to \[fe80::1\]:443: a link-local IPv6 address came without its interface\.$/,
  );
  expect(verdict?.command).toBe('man 2 connect');
});

test.each([
  ['EACCES', 'Permission denied', '`prohibit`'],
  ['EINVAL', 'Invalid argument', '`blackhole`'],
  ['EHOSTUNREACH', 'No route to host', '`unreachable`'],
])('%s once the local port was chosen: a rule that goes by it', (result, error, type) => {
  const story = () => failsInSynSent(result, '10.0.0.2:443', '10.0.0.1:40000');
  const route: ContextDetail = { about: 'route', found: false, error, forSocket: true };
  const { verdict, proofs } = judged([story()], [route]);
  expect(verdict).toMatchObject({ id: 'no-route', confidence: 'certain' });
  expect(verdict?.sentence).toContain(type);
  expect(verdict?.sentence).toContain('none with the local port 40000 that it then chose');
  expect(verdict?.command).toContain('ip route get 10.0.0.2 ipproto tcp sport 40000 dport 443');
  expect(proofs).toEqual(['connect', 'state', 'context']);
  for (const answer of [[], [OWN]]) {
    expect(judged([story()], answer).verdict).toMatchObject({
      id: 'no-route',
      confidence: 'likely',
    });
  }
});

test('an error that a packet brought is none of the local port', () => {
  const story = failsInSynSent('EACCES', '[2001:db8::1]:443', '[2001:db8::2]:40000');
  expect(judged([story]).verdict?.id).toBe('not-permitted');
  const dropped = judged([failsInSynSent('EACCES')], [], [drop('NETFILTER_DROP')]);
  expect(dropped.verdict?.id).toBe('not-permitted');
});

test.each([
  [
    'foreign',
    'no interface in its network namespace has that address.',
    'address show to 10.99.99.99',
  ],
  ['own', 'a rule of policy routing goes by that address.', 'from 10.99.99.99'],
  ['unknown', 'has that address, or a rule of policy routing', 'address show to 10.99.99.99'],
] as const)('a way, but not from the local address: %s', (withoutSource, why, command) => {
  const error = 'Network is unreachable';
  const story = socket().by('curl').to('10.0.0.2:443').at('10.99.99.99:39619');
  const route = { about: 'route', found: false, error, forSocket: true, withoutSource } as const;
  const { verdict, proofs } = judged([story.connectReturned('ENETUNREACH')], [route]);
  expect(verdict).toMatchObject({ id: 'no-route', confidence: 'certain' });
  expect(verdict?.sentence).toContain('none from its local address 10.99.99.99: ');
  expect(verdict?.sentence).toContain(why);
  expect(verdict?.sentence).not.toContain('no route to that network');
  expect(verdict?.command).toContain(command);
  expect(proofs).toEqual(['connect', 'context']);
});

test('a link-local address with another scope than the interface of the socket', () => {
  const bound = {
    about: 'route',
    found: true,
    device: 'v0',
    forSocket: true,
    bound: 'v0',
  } as const;
  const story = () => failsAtOnce('EINVAL', '[fe80::5]:443');
  const { verdict } = judged([story()], [bound], [], { boundDevice: 7 });
  expect(verdict).toMatchObject({ id: 'bad-call', confidence: 'likely' });
  expect(verdict?.sentence).toContain('came with another interface (its scope) than v0, to which');
  const unasked = judged([story()], [], [], { boundDevice: 7 }).verdict;
  expect(unasked?.sentence).toContain('than interface 7, to which the socket is bound');
  const none: ContextDetail = { about: 'route', found: false, error: 'Invalid argument' };
  expect(judged([story()], [none], [], { boundDevice: 7 }).verdict?.id).toBe('no-route');
});

test('bind(2) to a link-local address without its interface', () => {
  const asked = { address: 'fe80::1', port: 9701 };
  const { verdict } = judgedCall({ call: 'bind', fd: 3, result: 'EINVAL', asked });
  expect(verdict).toMatchObject({ id: 'bad-call', confidence: 'likely', command: 'man 2 bind' });
  expect(verdict?.sentence).toContain('a link-local IPv6 address came without its interface.');
});

test('the interface of a link-local address may be its scope alone', () => {
  const error = 'Network is unreachable';
  const route = { about: 'route', found: false, error, forSocket: true, bound: 'v0' } as const;
  const { verdict } = judged([failsAtOnce('ENETUNREACH', '[fe80::5]:443')], [route]);
  expect(verdict?.id).toBe('no-route');
  expect(verdict?.next[0]).toContain('is the scope of the address, or the socket is bound to it');
});
