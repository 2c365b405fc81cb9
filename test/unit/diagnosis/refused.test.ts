// An answer that says no: RST, or ICMP in the place of one.
import { expect, test } from 'vitest';
import { connected, connecting, refused } from '../../fixtures/socket-story.ts';
import { drop, icmp, judged } from './verdict.ts';

const NOBODY = { about: 'listener', listeners: 0, pid: null, comm: null } as const;
const NGINX = { about: 'listener', listeners: 1, pid: 812, comm: 'nginx' } as const;

test('nobody listens on an own address', () => {
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:9')], [NOBODY]);
  expect(verdict).toMatchObject({
    id: 'refused-no-listener',
    confidence: 'certain',
    command: "ss -ltnp 'sport = :9'",
  });
  expect(verdict?.sentence).toContain('Nothing listened on 127.0.0.1:9');
  expect(verdict?.sentence).toContain('curl (pid 100)');
  expect(proofs).toEqual(['reset-received', 'context']);
});

test('a listener on another address is named', () => {
  const elsewhere = { ...NOBODY, elsewhere: ['127.0.0.1', '10.0.0.5'] };
  const { verdict } = judged([refused('curl', '[::1]:8080')], [elsewhere]);
  expect(verdict?.id).toBe('refused-no-listener');
  expect(verdict?.sentence).toContain('only on 127.0.0.1, 10.0.0.5');
});

test('a listener on another address that has ended meanwhile is named', () => {
  const { verdict } = judged([refused('curl', '127.0.0.1:9')], [{ ...NOBODY, ended: ['::1'] }]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'certain' });
  expect(verdict?.sentence).toContain('port 9 had a listener on ::1, which has ended meanwhile');
  expect(verdict?.next[0]).toContain('localhost');
});

test.each([
  ['127.0.0.1:0', 'refused-no-listener'],
  ['10.0.0.2:0', 'refused-by-peer'],
])('nobody can listen on port 0: %s', (to, id) => {
  const { verdict } = judged([refused('curl', to)], to.startsWith('127.') ? [NOBODY] : []);
  expect(verdict).toMatchObject({ id, command: null });
  expect(verdict?.sentence).toContain('port 0 is no port that anybody can listen on');
  expect(verdict?.next.join()).toContain('Was the port ever set?');
  expect(verdict?.next.join()).not.toContain('Is the service');
});

test('without the list of listeners it is likely, and no claim is made of it', () => {
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:9')]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'likely' });
  expect(proofs).toEqual(['reset-received']);
});

test('another machine refused', () => {
  const { verdict } = judged([refused('curl', '10.0.0.2:443')]);
  expect(verdict).toMatchObject({ id: 'refused-by-peer', confidence: 'likely' });
});

test.each([
  ['127.0.0.1:9', [NOBODY], 'refused-no-listener'],
  ['10.0.0.2:443', [], 'refused-by-peer'],
])('where there is NAT, the RST may be of another address: %s', (to, asked, id) => {
  const { verdict, proofs } = judged([refused('curl', to)], [...asked, { about: 'nat' }]);
  expect(verdict).toMatchObject({ id, confidence: 'likely' });
  expect(verdict?.sentence).toContain('unless a NAT rule of this machine led the connection');
  expect(verdict?.next.join()).toContain('`redirect` rule take port');
  expect(proofs.at(-1)).toBe('context');
});

test('a filter of this machine answered with a RST', () => {
  const { verdict, proofs } = judged(
    [refused('curl', '10.0.0.2:443')],
    [],
    [drop('NETFILTER_DROP')],
  );
  expect(verdict).toMatchObject({ id: 'rejected-by-firewall', confidence: 'certain' });
  expect(verdict?.sentence).toContain('a firewall rule of this machine answered them with a RST');
  expect(proofs).toEqual(['drop', 'reset-received']);
});

test('a RST though somebody listens may be a filter', () => {
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:80')], [NGINX]);
  expect(verdict).toMatchObject({ id: 'rejected-by-firewall', confidence: 'possible' });
  expect(verdict?.sentence).toContain('or nobody where a NAT rule of it led them');
  expect(proofs).toEqual(['reset-received', 'context']);
});

test('a listener that takes IPv6 only, or is bound to a device, is no firewall', () => {
  const ipv6 = { ...NOBODY, elsewhere: ['::'], ipv6Only: true } as const;
  const { verdict, proofs } = judged([refused('curl', '127.0.0.1:80')], [ipv6]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'certain' });
  expect(verdict?.sentence).toContain('takes IPv6 only');
  expect(verdict?.evidence.map(({ text }) => text)).toContain(
    'the listener on :: takes IPv6 only (IPV6_V6ONLY)',
  );
  expect(proofs).toEqual(['reset-received', 'context', 'context']);
  const device = { ...NOBODY, elsewhere: ['0.0.0.0'], device: 'eth0' } as const;
  const bound = judged([refused('curl', '127.0.0.1:80')], [device]).verdict;
  expect(bound).toMatchObject({ id: 'refused-no-listener', confidence: 'likely' });
  expect(bound?.sentence).toContain('bound to the device eth0');
});

test('where it could not be asked whether it takes IPv6 only, both causes are named', () => {
  const maybe = { ...NGINX, maybeIpv6Only: true } as const;
  const { verdict } = judged([refused('curl', '127.0.0.1:80')], [maybe]);
  expect(verdict).toMatchObject({ id: 'refused-no-listener', confidence: 'possible' });
  expect(verdict?.sentence).toContain('IPv6 only');
  expect(verdict?.sentence).toContain('a firewall rule');
});

test('a listener whose queue was full is not taken for a filter', () => {
  const seen = [drop('TCP_LISTEN_OVERFLOW', 'out', 'ACK')];
  const { verdict } = judged([refused('curl', '127.0.0.1:80')], [NGINX], seen);
  expect(verdict).toMatchObject({ id: 'backlog-overflow', confidence: 'certain' });
  expect(verdict?.sentence).toContain('nginx (pid 812) did not accept');
});

test.each([
  ['admin-prohibited', 'EHOSTUNREACH', icmp(3, 13, 'communication prohibited'), 'likely'],
  ['port unreachable', 'ECONNREFUSED', icmp(3, 3, 'port unreachable'), 'likely'],
  ['ICMPv6 prohibited', 'EACCES', icmp(1, 1, 'prohibited', 'fd00::1'), 'likely'],
] as const)('%s is an answer of a filter on the way', (_name, error, message, confidence) => {
  const story = connecting('curl', '10.0.0.2:443')
    .after(2)
    .goes('SYN_SENT', 'CLOSE', { error })
    .connectReturned(error);
  const { verdict, proofs } = judged([story], [], [message]);
  expect(verdict).toMatchObject({ id: 'rejected-by-firewall', confidence });
  expect(verdict?.sentence).toContain('a firewall on the way');
  expect(proofs).toEqual(['icmp']);
});

test.each([
  [13, 'likely', 'a firewall on the way or a router with a `prohibit` route,'],
  [10, 'certain', 'a firewall on the way,'],
])('a router on the way prohibits it, code %i: %s', (code, confidence, by) => {
  const story = connecting('curl', '10.0.0.2:443').goes('SYN_SENT', 'CLOSE', {
    error: 'EHOSTUNREACH',
  });
  const { verdict } = judged([story], [], [icmp(3, code, 'prohibited')]);
  expect(verdict).toMatchObject({ id: 'rejected-by-firewall', confidence });
  expect(verdict?.sentence).toContain(`10.9.9.1, ${by} answered them`);
});

test('EACCES while connecting over IPv6 is told as a prohibition without its message', () => {
  const story = connecting('curl', '[2001:db8::1]:443')
    .after(2)
    .goes('SYN_SENT', 'CLOSE', { error: 'EACCES' })
    .connectReturned('EACCES');
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'rejected-by-firewall', confidence: 'likely' });
  expect(proofs).toEqual(['state']);
});

test('an attempt that did not fail has no verdict', () => {
  expect(judged([connected('curl', '10.0.0.2:443')]).verdict).toBeNull();
});
