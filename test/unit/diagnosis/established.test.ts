// Connections that stood, and handshakes that peers began.
import { expect, test } from 'vitest';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import {
  connected,
  connecting,
  type SocketStory,
  socket,
  type TimerStory,
} from '../../fixtures/socket-story.ts';
import { drop, icmp, judged } from './verdict.ts';

const PEER = '10.0.0.2:443';

const KEEP_ALIVE = { keepalive: 1, keepalive_time_ms: 60_000, keepalive_intvl_ms: 10_000 };

function wentSilent(times: number): SocketStory {
  const story = connected('curl', PEER).after(60_000);
  for (let i = 1; i <= times; i++) {
    story.after(200 * 2 ** (i - 1)).retransmits('ESTABLISHED', 200 * 2 ** (i - 1), i);
  }
  return story.after(5000);
}

/** A timer of the kernel ends a connection that stands. */
function gaveUp(story: SocketStory, timers: TimerStory): SocketStory {
  return story
    .timesOut('ESTABLISHED', { retries2: 15, ...timers })
    .goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
}

test('data was sent again until the kernel gave up', () => {
  const story = gaveUp(wentSilent(4), { unacked: 700, retransmits: 4, ack_ms: 8000 });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'connection-went-silent', confidence: 'certain' });
  expect(verdict?.sentence).toContain('sent again 4 times over');
  expect(verdict?.evidence[1]?.text).toContain('1.6 s');
  expect(verdict?.evidence[2]?.text).toBe(
    'the retransmission timer gave up: 4 retransmissions in a row went unanswered, and tcp_retries2 is 15; the last ACK had come 8 s before',
  );
  expect(proofs).toEqual(['retransmit', 'retransmit', 'timeout', 'state']);
});

test.each([
  [700, false],
  [14_480, true],
])('%i bytes that nobody acknowledged: an MTU black hole is asked about: %s', (unacked, asked) => {
  const { verdict } = judged([gaveUp(wentSilent(4), { unacked, retransmits: 4, ack_ms: 8000 })]);
  expect(verdict?.id).toBe('connection-went-silent');
  expect(verdict?.next.join().includes('MTU black hole')).toBe(asked);
});

test('nothing was waiting: keep-alive probes were not answered', () => {
  const story = connected('curl', PEER).after(90_000).sendsReset('ESTABLISHED');
  gaveUp(story, { ...KEEP_ALIVE, probes_out: 3, keepalive_probes: 3 });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'keep-alive-timeout', confidence: 'certain' });
  expect(verdict?.sentence).toContain('did not answer 3 keep-alive probes');
  expect(verdict?.next[1]).toContain('sooner than 1 min 0 s');
  expect(proofs).toEqual(['timeout', 'reset-sent', 'state']);
});

test('the program had said how long it would wait', () => {
  const asked = { user_timeout_ms: 5000 };
  const sent = judged([gaveUp(wentSilent(4), { ...asked, unacked: 700, retransmits: 4 })]);
  expect(sent.verdict).toMatchObject({ id: 'user-timeout', confidence: 'certain' });
  expect(sent.verdict?.sentence).toContain('after 5 s, as the program had asked for');
  expect(sent.proofs).toEqual(['timeout', 'retransmit', 'state']);

  const idle = judged([gaveUp(wentSilent(0), { ...asked, ...KEEP_ALIVE, probes_out: 1 })]);
  expect(idle.verdict?.id).toBe('user-timeout');
  expect(idle.verdict?.sentence).toContain('its keep-alive probes were not answered');

  const closed = { snd_wnd: 0, unsent: 9000, probes_out: 2, probing_ms: 5100 };
  const stalled = judged([gaveUp(wentSilent(0), { ...asked, ...closed })]);
  expect(stalled.verdict?.sentence).toContain('the peer kept its window closed');
});

test('the peer closed its window, and then was gone', () => {
  const closed = { snd_wnd: 0, unsent: 9000, probes_out: 15, probing_ms: 900_000 };
  const { verdict, proofs } = judged([gaveUp(wentSilent(0), closed)]);
  expect(verdict).toMatchObject({ id: 'zero-window-timeout', confidence: 'certain' });
  expect(verdict?.sentence).toContain('curl (pid 100) still had 9000 bytes for 10.0.0.2:443');
  expect(proofs).toEqual(['timeout', 'state']);
  const orphan = judged([gaveUp(wentSilent(0), { ...closed, orphan: 1 })]);
  expect(orphan.verdict?.sentence).toContain('the program had closed it');
});

test('the record of the timer is lost: it says so', () => {
  const story = wentSilent(0).goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' });
  const { verdict } = judged([story]);
  expect(verdict).toMatchObject({ id: 'connection-went-silent', confidence: 'likely' });
  expect(verdict?.sentence).toContain('which of its timers did was not recorded');
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
  const story = gaveUp(wentSilent(4), { unacked: 700, retransmits: 4 });
  const { verdict, proofs } = judged([story], [], seen);
  expect(verdict).toMatchObject({ id: 'dropped-by-netfilter', confidence: 'likely' });
  expect(verdict?.evidence[0]?.text).toContain('(PSH ACK)');
  expect(proofs).toEqual(['drop', 'timeout']);
});

test('the peer cut it: when, and after what', () => {
  const story = connected('curl', PEER)
    .after(800)
    .receivesReset('ESTABLISHED')
    .goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET', sent: 120, received: 0 });
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'reset-by-peer', confidence: 'likely' });
  expect(verdict?.next.join()).toContain('sends a RST in its name');
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
  expect(verdict?.sentence).toContain('or whoever had accepted it cut it off and listens no more.');
  expect(verdict?.next[0]).toContain('the row of the server');
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
  const room = { about: 'listener', listeners: 1, pid: 7, comm: 'nginx' } as const;
  for (const [listener, confidence] of [
    [{ ...room, full: true }, 'likely'],
    [room, 'possible'],
  ] as const) {
    const { verdict } = judged([story], [counters, listener]);
    expect(verdict).toMatchObject({ id: 'backlog-overflow', confidence });
  }
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
