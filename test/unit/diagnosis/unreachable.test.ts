// A neighbour that does not answer, and routers that say that packets do not arrive.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { connecting } from '../../fixtures/socket-story.ts';
import { drop, icmp, judged, resends } from './verdict.ts';

const PEER = '10.0.0.2:443';

test('the neighbour does not answer', () => {
  const story = connecting('curl', '10.0.0.2:443')
    .after(3000)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const neighbour: ContextDetail = {
    about: 'neighbour',
    address: '10.0.0.254',
    state: 'FAILED',
    device: 'eth0',
  };
  const { verdict, proofs } = judged([story], [neighbour]);
  expect(verdict).toMatchObject({
    id: 'neighbour-silent',
    confidence: 'certain',
    command: 'ip neighbour show 10.0.0.254',
  });
  expect(verdict?.sentence).toContain('the gateway 10.0.0.254 does not answer ARP on eth0');
  expect(proofs).toEqual(['context', 'state']);
});

test.each([
  ['EHOSTUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'timed-out'],
])('a link-local neighbour that does not answer its solicitation: %s', (error, outcome) => {
  const at = 'fe80::5';
  const story = resends(connecting('curl', '[fe80::1]:80').at(`[${at}]:40000`))
    .after(1000)
    .goes('SYN_SENT', 'CLOSE', { error })
    .connectReturned(error);
  const seen = [icmp(1, 3, 'address unreachable', at)];
  const { attempt, verdict } = judged([story], [], seen, { localAddress: at });
  expect(attempt.outcome).toBe(outcome);
  expect(verdict).toMatchObject({
    id: 'neighbour-silent',
    confidence: 'likely',
    command: 'ip -6 neighbour show fe80::1',
  });
  expect(verdict?.sentence).toContain('fe80::1 does not answer neighbour discovery');
});

test('a filter of this machine that says so of a link-local neighbour is told as one', () => {
  const at = 'fe80::5';
  const story = connecting('curl', '[fe80::1]:80')
    .at(`[${at}]:40000`)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' });
  const seen = [icmp(1, 3, 'address unreachable', at), drop('NETFILTER_DROP')];
  const { verdict } = judged([story], [], seen, { localAddress: at });
  expect(verdict?.id).toBe('rejected-by-firewall');
});

test('a socket that is bound to the interface where nobody answers is told so', () => {
  const story = resends(connecting('curl', PEER))
    .after(3000)
    .goes('SYN_SENT', 'CLOSE', { error: 'ETIMEDOUT' })
    .connectReturned('ETIMEDOUT');
  const { verdict } = judged(
    [story],
    [
      { about: 'route', found: true, device: 'tun0', forSocket: true, bound: 'tun0' },
      { about: 'neighbour', address: '10.0.0.2', state: 'FAILED', device: 'tun0' },
    ],
  );
  expect(verdict).toMatchObject({ id: 'neighbour-silent', confidence: 'likely' });
  expect(verdict?.next.join()).toContain('The socket is bound to tun0 (SO_BINDTODEVICE)');
});

test.each([
  [
    'no carrier',
    'the interface v0 has no carrier, so that 10.0.0.2 does not answer ARP',
    'peer of a veth',
  ],
  ['down', 'the interface v0 is down, so that 10.0.0.2 does not answer ARP', 'ip link set'],
] as const)('an interface on which nobody can answer: %s', (deviceState, why, next) => {
  const story = connecting('curl', PEER)
    .after(3000)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const where = { address: '10.0.0.2', state: 'FAILED', device: 'v0', deviceState } as const;
  const { verdict } = judged([story], [{ about: 'neighbour', ...where }]);
  expect(verdict).toMatchObject({ id: 'neighbour-silent', confidence: 'certain' });
  expect(verdict?.sentence).toContain(why);
  expect(verdict?.next[0]).toContain(next);
});

test('a socket with the address ::1 had no address of its own that it could use', () => {
  const story = connecting('curl', '[fd77:1::1]:80')
    .after(3000)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const where = { address: 'fd77:1::1', state: 'FAILED', device: 'eth0' };
  const { verdict } = judged([story], [{ about: 'neighbour', ...where }], [], {
    localAddress: '::1',
  });
  expect(verdict).toMatchObject({ id: 'neighbour-silent', confidence: 'likely' });
  expect(verdict?.sentence).toContain('its own address is ::1, as no address of this machine');
  expect(verdict?.next[0]).toContain('tentative');
});

test('the scope of a link-local address is not called SO_BINDTODEVICE alone', () => {
  const at = 'fe80::5';
  const story = resends(connecting('curl', '[fe80::1]:80').at(`[${at}]:40000`))
    .after(1000)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const route = { about: 'route', found: true, device: 'eth0', forSocket: true } as const;
  const where = { address: 'fe80::1', state: 'FAILED', device: 'eth0' };
  const context = [{ ...route, bound: 'eth0' }, { about: 'neighbour', ...where } as const];
  const next = judged([story], context).verdict?.next.join();
  expect(next).toContain('goes through eth0 (the scope of the address, or SO_BINDTODEVICE)');
  expect(next).not.toContain('IPv4');
});

test('a packet that waited for the neighbour was dropped', () => {
  const story = connecting('curl', PEER)
    .after(3000)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' });
  const { verdict, proofs } = judged([story], [], [drop('NEIGH_FAILED')]);
  expect(verdict).toMatchObject({ id: 'neighbour-silent', confidence: 'certain' });
  expect(proofs).toEqual(['drop', 'state']);
});

test('a neighbour that has had no time to answer yet is not to blame', () => {
  const neighbour: ContextDetail = {
    about: 'neighbour',
    address: '10.0.0.2',
    state: 'INCOMPLETE',
    device: 'eth0',
  };
  const story = connecting('curl', PEER).after(40).goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  expect(judged([story], [neighbour]).verdict?.id).toBe('abandoned');
});

test('a router says that it is unreachable', () => {
  const story = connecting('curl', PEER)
    .after(30)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const { verdict, proofs } = judged([story], [], [icmp(3, 1, 'host unreachable')]);
  expect(verdict).toMatchObject({ id: 'unreachable', confidence: 'certain' });
  expect(verdict?.sentence).toBe(
    '10.9.9.1 told curl (pid 100) by ICMP that 10.0.0.2:443 cannot be reached: host unreachable.',
  );
  expect(verdict?.evidence[0]?.text).toContain('type 3, code 1');
  expect(proofs[0]).toBe('icmp');
});

test.each([
  [11, '10.9.9.1', PEER],
  [3, '2001:db8::9', '[2001:db8::2]:443'],
])('ICMP type %i: the packet ran out of hops', (type, from, to) => {
  const story = connecting('curl', to)
    .goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' })
    .connectReturned('EHOSTUNREACH');
  const { verdict } = judged([story], [], [icmp(type, 0, 'time exceeded', from)]);
  expect(verdict).toMatchObject({ id: 'unreachable', confidence: 'certain' });
  expect(verdict?.sentence).toContain('routers send it round in a loop, or the socket gave it a');
  expect(verdict?.next.join()).not.toContain('knew no way on');
  expect(verdict?.next.join()).toContain('IP_TTL');
});

test('an error without its message is likely', () => {
  const story = connecting('curl', PEER).goes('SYN_SENT', 'CLOSE', { error: 'ENETUNREACH' });
  const { verdict } = judged([story]);
  expect(verdict).toMatchObject({ id: 'unreachable', confidence: 'likely' });
  expect(verdict?.sentence).toContain('ENETUNREACH');
});

test.each([
  [PEER, icmp(3, 1, 'host unreachable', '10.0.0.2'), '10.0.0.7'],
  ['[fd00::2]:443', icmp(1, 3, 'address unreachable', 'fd00::2'), 'fd00::7'],
])('no host says of itself that it cannot be reached: NAT leads on, %s', (to, message, behind) => {
  const story = () => connecting('curl', to).goes('SYN_SENT', 'CLOSE', { error: 'EHOSTUNREACH' });
  const unknown = judged([story()], [], [message]).verdict;
  expect(unknown).toMatchObject({ id: 'unreachable', confidence: 'likely' });
  expect(unknown?.sentence).not.toContain('itself told');
  expect(unknown?.sentence).toContain('NAT may lead the connection on to another address');
  const original = { source: '::', sourcePort: 1, destination: '::', destinationPort: 443 };
  const reply = { source: behind, sourcePort: 8443, destination: '::', destinationPort: 1 };
  const entry = { about: 'conntrack', state: 'SYN_SENT', translated: true } as const;
  const { verdict, proofs } = judged([story()], [{ ...entry, original, reply }], [message]);
  const where = behind.includes(':') ? `[${behind}]:8443` : `${behind}:8443`;
  expect(verdict).toMatchObject({ confidence: 'likely', command: `tracepath -n ${behind}` });
  expect(verdict?.sentence).toContain(`NAT leads the connection to ${where}, and that one is not`);
  expect(proofs).toContain('context');
});
