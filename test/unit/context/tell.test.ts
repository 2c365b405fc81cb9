// What is concluded from the kernel's tables together with what was seen.
import { describe, expect, test } from 'vitest';
import { tellHolder } from '../../../engine/context/holder.ts';
import { addPast, parseListening, tellListener } from '../../../engine/context/listener.ts';
import { PastSockets } from '../../../engine/context/past-sockets.ts';
import { tellPorts } from '../../../engine/context/ports.ts';
import type { SocketLine } from '../../../engine/context/socket-table.ts';
import type { Listener } from '../../../engine/lifecycle/listeners.ts';
import { attemptTo, S, someone } from './attempts.ts';

const NETNS = 4026531840;
const nginx = someone('nginx', 812);

function listener(address: string, sinceNs: number | null = null): Listener {
  const told = { netns: NETNS, drops: 0, droppedNs: null, fullNs: null, cookieNs: null };
  return { cookie: 1, key: 0, address, owner: nginx, sinceNs, ...told };
}

function line(local: string, remote: string, state: number): SocketLine {
  const [localAddress = '', localPort] = local.split('|');
  const [remoteAddress = '', remotePort] = remote.split('|');
  const ports = { localPort: Number(localPort), remotePort: Number(remotePort) };
  return { localAddress, remoteAddress, ...ports, state };
}

describe('listeners', () => {
  test('their room, as the scans found it while the attempt lasted', () => {
    const asked = attemptTo('127.0.0.1', 80);
    const room = (found: Partial<Listener>) =>
      tellListener(asked, [{ ...listener('127.0.0.1'), ...found }], null);
    expect(room({ droppedNs: 9.5 * S })).toMatchObject({ listeners: 1, dropped: true });
    expect(room({ droppedNs: 8.9 * S })).not.toHaveProperty('dropped');
    expect(room({ fullNs: 8.9 * S })).toMatchObject({ full: true });
    expect(room({ fullNs: 7 * S })).not.toHaveProperty('full');
    expect(room({})).not.toHaveProperty('full');
    const other = { ...listener('10.0.0.3'), fullNs: 9.5 * S };
    expect(tellListener(asked, [other, listener('127.0.0.1')], null)).not.toHaveProperty('full');
  });

  const four = attemptTo('127.0.0.1', 80);
  const six = attemptTo('::1', 80);

  test('on that address, or on all of that family', () => {
    expect(tellListener(four, [listener('127.0.0.1')], null)).toEqual({
      about: 'listener',
      listeners: 1,
      pid: 812,
      comm: 'nginx',
    });
    expect(tellListener(four, [listener('0.0.0.0')], null)).toMatchObject({ listeners: 1 });
    expect(tellListener(four, [listener('::')], null)).toMatchObject({ listeners: 1 });
    expect(tellListener(six, [listener('0.0.0.0')], null)).toEqual({
      about: 'listener',
      listeners: 0,
      pid: null,
      comm: null,
      elsewhere: ['0.0.0.0'],
    });
  });

  test('the kernel knows more than was seen, and less', () => {
    expect(tellListener(four, [], ['127.0.0.1'])).toMatchObject({ listeners: 1, pid: null });
    expect(tellListener(four, [listener('127.0.0.1')], [])).toMatchObject({ listeners: 0 });
  });

  const asSsPrints = [
    'LISTEN 0 128 [::]:80 [::]:* ino:52639155 sk:1ddd941 cgroup:/ v6only:1 <->',
    'LISTEN 0 5 *%eth0:80 *:* ino:52639157 sk:1ddd943 cgroup:/ v6only:0 <->',
    'LISTEN 0 5 [::1]%lo:80 [::]:* ino:52639161 sk:1ddd940 v6only:1 <->',
    'LISTEN 0 5 [::ffff:127.0.0.1]:80 *:* ino:1 sk:1 v6only:0 <->',
    'LISTEN 0 5 0.0.0.0:80 0.0.0.0:* ino:1062 sk:1 <->',
    'Error: an inet prefix is expected rather than "x".',
  ].map((line) => parseListening(line));

  test('what ss tells of a listener', () => {
    expect(asSsPrints).toEqual([
      { address: '::', ipv6Only: true, device: null },
      { address: '::', ipv6Only: false, device: 'eth0' },
      { address: '::1', ipv6Only: true, device: 'lo' },
      { address: '127.0.0.1', ipv6Only: false, device: null },
      { address: '0.0.0.0', ipv6Only: null, device: null },
      null,
    ]);
  });

  test('on all of IPv6 alone, or of a device alone', () => {
    const [v6only = null, eth0 = null, , , all = null] = asSsPrints;
    if (!v6only || !eth0 || !all) throw new Error('not read');
    const ipv6 = { listeners: 0, elsewhere: ['::'], ipv6Only: true };
    expect(tellListener(four, [], ['::'], [v6only])).toMatchObject(ipv6);
    expect(tellListener(six, [], ['::'], [v6only])).toMatchObject({ listeners: 1 });
    const device = { listeners: 0, elsewhere: ['::'], device: 'eth0' };
    expect(tellListener(four, [], ['::'], [eth0])).toMatchObject(device);
    expect(tellListener(four, [], ['::', '::'], [v6only, { ...v6only, ipv6Only: false }])).toEqual({
      about: 'listener',
      listeners: 2,
      pid: null,
      comm: null,
    });
    expect(tellListener(four, [], ['0.0.0.0'], [all])).toMatchObject({ listeners: 1 });
  });

  test('when nobody could be asked, it may be of IPv6 alone', () => {
    expect(tellListener(four, [], ['::'], null)).toMatchObject({ maybeIpv6Only: true });
    expect(tellListener(four, [], ['::', '0.0.0.0'])).not.toHaveProperty('maybeIpv6Only');
    expect(tellListener(six, [], ['::'])).not.toHaveProperty('maybeIpv6Only');
  });

  test('a service that was started after the failure did not refuse it', () => {
    const late = listener('0.0.0.0', 11 * S);
    expect(tellListener(four, [late], ['0.0.0.0'])).toEqual({
      about: 'listener',
      listeners: 0,
      pid: null,
      comm: null,
    });
    expect(tellListener(four, [late, listener('0.0.0.0', 9 * S)], null)).toMatchObject({
      listeners: 1,
    });
  });

  test('a listener on another address whose program has ended meanwhile', () => {
    const nobody = tellListener(four, [], []);
    const past = (address: string, untilNs: number, sinceNs: number | null = null) => {
      return { key: 0, address, sinceNs, untilNs };
    };
    const all = [past('::1', 10.1 * S), past('10.0.0.2', 9.5 * S, 9.2 * S)];
    expect(addPast(nobody, four, all)).toEqual({ ...nobody, ended: ['::1', '10.0.0.2'] });
    const others = [past('::1', 8 * S), past('::1', 12 * S, 11 * S)];
    expect(addPast(nobody, four, others)).toEqual(nobody);
    const still = tellListener(four, [listener('::1')], null);
    expect(addPast(still, four, [past('::1', 10.1 * S)])).toEqual(still);
  });

  test('of an accepted attempt, the end that accepted', () => {
    const accepted = attemptTo('10.0.0.9', 50_000);
    accepted.direction = 'accepted';
    accepted.localAddress = '10.0.0.2';
    expect(tellListener(accepted, [listener('10.0.0.2')], null)).toMatchObject({ listeners: 1 });
  });
});

test('ports: of the range, towards the destination, by who has them', () => {
  const failed = attemptTo('10.0.0.3', 443);
  const range = { first: 40_000, last: 40_009 };
  const lines = [
    line('10.0.0.2|40000', '10.0.0.3|443', 1),
    line('10.0.0.2|40001', '10.0.0.3|443', 6),
    line('10.0.0.2|40002', '10.0.0.3|443', 6),
    line('10.0.0.2|39999', '10.0.0.3|443', 1),
    line('10.0.0.3|443', '10.0.0.2|40005', 1),
    line('10.0.0.2|40006', '10.0.0.3|80', 1),
  ];
  const [curl, wget] = [someone('curl', 1), someone('wget', 2)];
  const seen = [
    { ...attemptTo('10.0.0.3', 443), localPort: 40_000, owner: curl },
    { ...attemptTo('10.0.0.3', 443), localPort: 40_001, owner: wget },
    { ...attemptTo('10.0.0.3', 443), localPort: 40_002, owner: wget },
    { ...attemptTo('10.0.0.3', 443), localPort: 40_008, owner: wget },
    { ...attemptTo('10.0.0.4', 443), localPort: 40_000, owner: wget },
    // Newer ones come first: an older owner of the same port has it no more.
    { ...attemptTo('10.0.0.3', 443), localPort: 40_000, owner: wget },
  ];
  expect(tellPorts(failed, range, lines, seen)).toEqual({
    about: 'ports',
    first: 40_000,
    last: 40_009,
    used: 3,
    timeWait: 2,
    holders: [
      { comm: 'wget', pid: 2, count: 2 },
      { comm: 'curl', pid: 1, count: 1 },
    ],
  });
});

describe('holder of an address', () => {
  const bind = attemptTo('', 0);
  bind.localAddress = '10.0.0.2';
  bind.localPort = 80;

  test('whoever listens rather than who is connected', () => {
    const lines = [line('10.0.0.2|80', '10.0.0.9|5000', 1), line('0.0.0.0|80', '0.0.0.0|0', 10)];
    expect(tellHolder(bind, lines, [listener('0.0.0.0')], () => null)).toEqual({
      about: 'holder',
      address: '0.0.0.0',
      port: 80,
      state: 'LISTEN',
      pid: 812,
      comm: 'nginx',
    });
  });

  test('not one on another address, nor who is connected to that port elsewhere', () => {
    const lines = [line('10.0.0.5|80', '0.0.0.0|0', 10), line('10.0.0.2|5000', '10.0.0.9|80', 1)];
    expect(tellHolder(bind, lines, [], () => null)).toBeNull();
  });

  test('of a connect with a port of its own: the same four', () => {
    const connect = attemptTo('10.0.0.3', 443);
    connect.localPort = 5000;
    const lines = [
      line('10.0.0.2|5000', '10.0.0.4|443', 1),
      line('10.0.0.2|5000', '10.0.0.3|443', 6),
    ];
    const holder = tellHolder(connect, lines, [], () => ({ owner: nginx }));
    expect(holder).toMatchObject({ state: 'TIME_WAIT', pid: 812 });
  });
});

test('whose a socket was that the kernel keeps', () => {
  const past = new PastSockets();
  const add = (comm: string, endedNs: number, closedBy: 'local' | 'remote') => {
    const attempt = attemptTo('10.0.0.3', 443);
    Object.assign(attempt, { localAddress: '10.0.0.2', localPort: 40_000, endedNs, closedBy });
    attempt.owner = someone(comm, 1);
    past.add(attempt);
  };
  add('older', S, 'local');
  add('newer', 2 * S, 'local');
  add('closed by the peer', 3 * S, 'remote');
  const socket = line('10.0.0.2|40000', '10.0.0.3|443', 6);
  expect(past.find(NETNS, socket)?.owner.comm).toBe('newer');
  expect(past.find(NETNS + 1, socket)).toBeNull();
  const owners = [...past.towards(NETNS, '10.0.0.3', 443)].map(({ owner }) => owner.comm);
  expect(owners).toEqual(['newer', 'older']);
  // Later than TIME_WAIT lasts, another one has ended: the older ones are nobody's any more.
  add('much later', 200 * S, 'local');
  expect([...past.towards(NETNS, '10.0.0.3', 443)]).toHaveLength(1);
});
