// Connections that stood, and handshakes that peers began.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { connected, connecting, type SocketStory, socket } from '../../fixtures/socket-story.ts';
import { drop, icmp, judged } from './verdict.ts';

const PEER = '10.0.0.2:443';

function wentSilent(times: number): SocketStory {
  const story = connected('curl', PEER).after(60_000);
  for (let i = 1; i <= times; i++) {
    story.after(200 * 2 ** (i - 1)).retransmits('ESTABLISHED', 200 * 2 ** (i - 1), i);
  }
  return story.after(5000).goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
}

test('data was sent again until the kernel gave up', () => {
  const { verdict, proofs } = judged([wentSilent(4)]);
  expect(verdict).toMatchObject({ id: 'connection-went-silent', confidence: 'certain' });
  expect(verdict?.sentence).toContain('sent again 4 times over');
  expect(verdict?.evidence[1]?.text).toContain('1.6 s');
  expect(proofs).toEqual(['retransmit', 'retransmit', 'state']);
});

test('nothing was waiting: probes were not answered', () => {
  const story = connected('curl', PEER)
    .after(60_000)
    .sendsReset('ESTABLISHED')
    .goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'connection-went-silent', confidence: 'certain' });
  expect(verdict?.sentence).toContain('its keep-alive probes were not answered');
  expect(proofs).toEqual(['reset-sent', 'state']);
  expect(judged([wentSilent(0)]).verdict).toMatchObject({
    id: 'connection-went-silent',
    confidence: 'likely',
  });
});

test('a connection that is older than the capture is not taken for a connect', () => {
  const story = socket()
    .by('curl')
    .to(PEER)
    .found('ESTABLISHED', { fd: 3 })
    .after(9000)
    .goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
  expect(judged([story]).verdict?.id).toBe('connection-went-silent');
});

test('a router cut off an established connection', () => {
  const story = connected('curl', PEER)
    .after(900)
    .goes('ESTABLISHED', 'CLOSE', { error: 'EHOSTUNREACH' });
  const { verdict, proofs } = judged([story], [], [icmp(3, 1, 'host unreachable')]);
  expect(verdict).toMatchObject({ id: 'unreachable', confidence: 'certain' });
  expect(proofs).toEqual(['icmp', 'state']);
});

test('a rule that was added later drops what is sent', () => {
  const seen = [drop('NETFILTER_DROP', 'out', 'PSH ACK')];
  const { verdict } = judged([wentSilent(4)], [], seen);
  expect(verdict).toMatchObject({ id: 'dropped-by-netfilter', confidence: 'likely' });
  expect(verdict?.evidence[0]?.text).toContain('(PSH ACK)');
});

test('the peer cut it: when, and after what', () => {
  const story = connected('curl', PEER)
    .after(800)
    .receivesReset('ESTABLISHED')
    .goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET', sent: 120, received: 0 });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'reset-by-peer', confidence: 'certain' });
  expect(verdict?.sentence).toContain('by a RST after 820 ms, 120 bytes sent and none received');
  expect(proofs).toEqual(['reset-received', 'state']);
});

test('the peer had closed before', () => {
  const story = connected('curl', PEER)
    .goes('ESTABLISHED', 'CLOSE_WAIT', { received: 31 })
    .receivesReset('CLOSE_WAIT')
    .goes('CLOSE_WAIT', 'CLOSE', { error: 'EPIPE', sent: 9, received: 31 });
  const { verdict } = judged([story]);
  expect(verdict?.id).toBe('reset-by-peer');
  expect(verdict?.sentence).toContain('it had closed its side before');
});

test('a listener that went away takes its waiting connections along', () => {
  const story = connected('curl', '127.0.0.1:80')
    .receivesReset('ESTABLISHED')
    .goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET' });
  const nobody: ContextDetail = { about: 'listener', listeners: 0, pid: null, comm: null };
  const { verdict, proofs } = judged([story], [nobody]);
  expect(verdict).toMatchObject({ id: 'listener-closed', confidence: 'likely' });
  expect(proofs).toEqual(['reset-received', 'context']);
});

test('ss --kill', () => {
  const story = connected('curl', PEER).goes('ESTABLISHED', 'CLOSE', {
    error: 'ECONNABORTED',
    by: { pid: 55, comm: 'ss' },
  });
  const { verdict } = judged([story]);
  expect(verdict).toMatchObject({ id: 'aborted-locally', confidence: 'certain' });
  expect(verdict?.sentence).toContain('by ss (pid 55)');
});

test('a peer that never finished the handshake', () => {
  const story = socket().at('10.0.0.1:80').to('10.0.0.9:5000').retransmitsSynAck();
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'half-open', confidence: 'likely' });
  expect(verdict?.sentence).toContain('10.0.0.9:5000 asked 10.0.0.1:80');
  expect(verdict?.sentence).toContain('2 SYN-ACKs went unanswered');
  expect(proofs).toEqual(['synack-retransmit', 'state']);
});

test('its last ACK found the accept queue full', () => {
  const story = socket().at('10.0.0.1:80').to('10.0.0.9:5000').retransmitsSynAck();
  const counters: ContextDetail = { about: 'counters', rose: { ListenOverflows: 2 } };
  expect(judged([story], [counters]).verdict).toMatchObject({
    id: 'backlog-overflow',
    confidence: 'likely',
  });
});

test('the listener was closed during the handshake', () => {
  const story = socket()
    .by('nginx', 812)
    .at('10.0.0.1:80')
    .to('10.0.0.9:5000')
    .goes('SYN_RECV', 'CLOSE', { by: 'owner' });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'listener-closed', confidence: 'certain' });
  expect(proofs).toEqual(['state']);
});

test('a RST during the handshake', () => {
  const story = connecting('curl', PEER).goes('SYN_SENT', 'SYN_RECV');
  story.receivesReset('SYN_RECV').goes('SYN_RECV', 'CLOSE', { error: 'ECONNRESET' });
  const { verdict } = judged([story]);
  expect(verdict?.id).toBe('reset-by-peer');
});

test('nothing tells: it says so, and what would', () => {
  const story = connected('curl', PEER).goes('ESTABLISHED', 'CLOSE', { error: 'EPROTO' });
  const { verdict } = judged([story]);
  expect(verdict).toMatchObject({ id: 'unknown', confidence: 'possible' });
  expect(verdict?.sentence).toContain('with EPROTO');
  expect(verdict?.command).toContain('tcpdump');
});
