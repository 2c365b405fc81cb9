// SYNs without an answer, and what keeps answers away.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { connecting, type SocketStory } from '../../fixtures/socket-story.ts';
import { drop, icmp, judged, resends } from './verdict.ts';

const PEER = '10.0.0.2:443';
const SETTINGS: ContextDetail = {
  about: 'settings',
  synRetries: 6,
  linearTimeouts: 4,
  givesUpMs: 67_000,
  ipv6Disabled: false,
};
const CHALLENGES: ContextDetail = { about: 'counters', rose: { TCPChallengeACK: 2 } };
const [SOURCE, DESTINATION] = ['192.168.1.5', '10.0.0.2'];
const TRANSLATED: ContextDetail = {
  about: 'conntrack',
  original: { source: SOURCE, sourcePort: 15_001, destination: DESTINATION, destinationPort: 443 },
  reply: { source: '127.0.0.1', sourcePort: 15_001, destination: SOURCE, destinationPort: 15_001 },
  state: 'SYN_SENT',
  translated: true,
};
const COLLISION: ContextDetail = {
  about: 'collision',
  local: '127.0.0.1',
  localPort: 15_001,
  peer: SOURCE,
  peerPort: 15_001,
  state: 'FIN_WAIT2',
  pid: 7,
  comm: 'envoy',
};

/** Until the kernel gave up. */
function silent(to = PEER, lastMs = 64_000): SocketStory {
  return resends(connecting('curl', to))
    .after(lastMs)
    .goes('SYN_SENT', 'CLOSE', { error: 'ETIMEDOUT' })
    .connectReturned('ETIMEDOUT');
}

/** Until curl had enough. */
function givenUp(to = PEER): SocketStory {
  return resends(connecting('curl', to).connectReturned('EINPROGRESS'))
    .after(2000)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' });
}

test('silence is less sure while packets are thrown away that nobody tells of', () => {
  const { verdict } = judged([silent()], [SETTINGS], [], { dropsSkipped: true });
  expect(verdict).toMatchObject({ id: 'silence', confidence: 'likely' });
  expect(verdict?.evidence).toContainEqual({
    text: expect.stringContaining('those of this connection may be among them'),
    eventId: null,
  });
});

test('silence tells how often, when and how long', () => {
  const { verdict, proofs } = judged([silent()], [SETTINGS]);
  expect(verdict).toMatchObject({ id: 'silence', confidence: 'certain' });
  expect(verdict?.sentence).toContain('did not answer 3 SYNs of curl (pid 100)');
  expect(verdict?.sentence).not.toContain('earlier');
  const claims = verdict?.evidence.map(({ text }) => text) ?? [];
  expect(claims[1]).toBe('the SYN was sent 3 times (again after 1 s, 3 s)');
  expect(claims[2]).toContain('tcp_syn_retries allows 6 retries');
  expect(claims[2]).toContain('1 min 7 s');
  expect(proofs).toEqual(['state', 'retransmit', 'context', 'state']);
});

test('the kernel gave up before its time: the program asked for that', () => {
  const { verdict } = judged([silent(PEER, 2000)], [SETTINGS]);
  expect(verdict?.sentence).toContain('TCP_USER_TIMEOUT');
});

test('given up by the caller, while the kernel would have gone on', () => {
  const { verdict, proofs } = judged([givenUp()], [SETTINGS]);
  expect(verdict).toMatchObject({ id: 'abandoned', confidence: 'certain' });
  expect(verdict?.sentence).toContain('curl (pid 100) gave up after 5 s');
  expect(verdict?.sentence).toContain('would have gone on until 1 min 7 s');
  expect(proofs).toEqual(['state', 'state', 'retransmit', 'context']);
});

test('killed while connecting', () => {
  const story = connecting('curl', PEER)
    .after(500)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner', exiting: true });
  const { verdict } = judged([story]);
  expect(verdict?.id).toBe('abandoned');
  expect(verdict?.sentence).toContain('curl (pid 100) ended after 500 ms while it was connecting');
});

test('its own send timeout', () => {
  const story = connecting('curl', PEER)
    .after(3000)
    .connectReturned('EINPROGRESS')
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  expect(judged([story]).verdict?.sentence).toContain('SO_SNDTIMEO');
});

test('closed by another process', () => {
  const story = connecting('curl', PEER)
    .after(300)
    .goes('SYN_SENT', 'CLOSE', { by: { pid: 9, comm: 'supervisor' } });
  expect(judged([story]).verdict?.sentence).toContain(
    'supervisor (pid 9) closed the connection of',
  );
});

test.each([
  ['out', 'what curl (pid 100) sent to 10.0.0.2:443'],
  ['in', 'the answers of 10.0.0.2:443'],
] as const)('netfilter dropped packets on the way %s', (way, what) => {
  const { verdict, proofs } = judged(
    [silent()],
    [SETTINGS],
    [drop('NETFILTER_DROP', way), drop('NETFILTER_DROP', way)],
  );
  expect(verdict).toMatchObject({ id: 'dropped-by-netfilter', confidence: 'certain' });
  expect(verdict?.sentence).toContain(what);
  expect(proofs[0]).toBe('drop');
  expect(verdict?.evidence[0]?.text).toContain('twice');
});

test('dropped in another namespace of this machine', () => {
  const { verdict } = judged([silent()], [], [drop('NETFILTER_DROP', 'out', 'SYN', 4026532246)]);
  expect(verdict?.sentence).toContain('in network namespace 4026532246, threw away');
  expect(verdict?.command).toContain('lsns -t net | grep 4026532246');
});

test('answers that were dropped in another namespace may not have come in', () => {
  const seen = [drop('NETFILTER_DROP', 'in', 'SYN ACK', 4026532246)];
  const { verdict } = judged([silent()], [], seen);
  expect(verdict?.sentence).toContain('the answers of 10.0.0.2:443 to curl (pid 100) on their way');
  expect(verdict?.sentence).not.toContain('came in');
  expect(verdict?.next[0]).toContain('in the input, output or forward chain');
});

test('one drop of many packets is less sure', () => {
  const { verdict } = judged([silent()], [], [drop('NETFILTER_DROP')]);
  expect(verdict).toMatchObject({ id: 'dropped-by-netfilter', confidence: 'likely' });
});

test('given up by the caller for the same cause', () => {
  expect(judged([givenUp()], [], [drop('NETFILTER_DROP')]).verdict?.id).toBe(
    'dropped-by-netfilter',
  );
});

test('the connection tracking table is full', () => {
  const table: ContextDetail = { about: 'conntrack-table', entries: 1000, most: 1000 };
  const { verdict } = judged([silent()], [table], [drop('NETFILTER_DROP')]);
  expect(verdict).toMatchObject({ id: 'conntrack-full', confidence: 'likely' });
  expect(verdict?.sentence).toContain('1000 of 1000 entries');
});

test('a table with room is not to blame', () => {
  const table: ContextDetail = { about: 'conntrack-table', entries: 12, most: 1000 };
  expect(judged([silent()], [table]).verdict?.id).toBe('silence');
});

test('the port of an old connection behind NAT', () => {
  const { verdict, proofs } = judged([silent()], [COLLISION, TRANSLATED, CHALLENGES, SETTINGS]);
  expect(verdict).toMatchObject({ id: 'nat-port-collision', confidence: 'certain' });
  expect(verdict?.sentence).toContain('of envoy (pid 7) that is still in FIN_WAIT2');
  expect(verdict?.sentence).toContain('challenge ACK');
  expect(proofs.slice(0, 3)).toEqual(['context', 'context', 'context']);
  expect(verdict?.evidence[0]?.text).toContain('127.0.0.1:15001 ↔ 192.168.1.5:15001, FIN_WAIT2');
});

test('a RST of our own that a rule drops is not what keeps the answer away', () => {
  const seen = [drop('NETFILTER_DROP', 'out', 'RST')];
  const { verdict } = judged([silent()], [COLLISION, TRANSLATED, CHALLENGES], seen);
  expect(verdict?.id).toBe('nat-port-collision');
});

test('the RST to the old socket is as good a proof as its counters', () => {
  const story = connecting('curl', PEER)
    .sendsReset('SYN_SENT')
    .after(1500)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  const { verdict, proofs } = judged([story], [COLLISION, TRANSLATED]);
  expect(verdict).toMatchObject({ id: 'nat-port-collision', confidence: 'certain' });
  expect(proofs).toContain('reset-sent');
});

test('an old connection on another machine answers', () => {
  const story = connecting('curl', PEER)
    .sendsReset('SYN_SENT')
    .after(1500)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'stale-connection', confidence: 'likely' });
  expect(proofs).toEqual(['reset-sent', 'state']);
});

test('a collision without its counters is likely', () => {
  expect(judged([givenUp()], [COLLISION, TRANSLATED]).verdict).toMatchObject({
    id: 'nat-port-collision',
    confidence: 'likely',
  });
});

test.each([
  ['QDISC_DROP', 'out', 'queue of the interface'],
  ['IP_RPFILTER', 'in', 'or a rule leaves no way for the answer, which reverse path filtering'],
  ['SOCKET_BACKLOG', 'in', 'no room in the socket'],
  ['TCP_CSUM', 'in', 'checksum was wrong'],
  ['TCP_MD5NOTFOUND', 'in', 'TCP signature'],
  ['A_REASON_OF_TOMORROW', 'out', 'A_REASON_OF_TOMORROW'],
] as const)('dropped for %s', (reason, way, what) => {
  const seen = [drop(reason, way), drop(reason, way)];
  const { verdict, proofs } = judged([silent()], [], seen);
  expect(verdict).toMatchObject({ id: 'dropped-locally', confidence: 'likely' });
  expect(verdict?.sentence).toContain(what);
  expect(verdict?.sentence).toContain(reason);
  expect(proofs[0]).toBe('drop');
});

test.each(['NO_SOCKET', 'TCP_OLD_DATA', 'NOT_SPECIFIED'])('%s is no cause', (reason) => {
  expect(judged([silent()], [], [drop(reason, 'in')]).verdict?.id).toBe('silence');
});

test('a path that asks for smaller packets does not make it unreachable', () => {
  const message = icmp(3, 4, 'fragmentation needed');
  expect(judged([silent()], [], [message]).verdict?.id).toBe('silence');
});
