import { expect, test } from 'vitest';
import { LifecycleRecorder, told } from '../../fixtures/lifecycle-recorder.ts';
import { socket } from '../../fixtures/socket-story.ts';

function listener() {
  return socket().by('nginx', 50).at('0.0.0.0:80').goes('CLOSE', 'LISTEN', { by: 'owner' });
}

function child() {
  const story = socket().by('worker', 51).at('192.168.1.5:80').to('10.0.0.9:50001').after(100);
  // The clone carries neither cookie nor tuple.
  return story
    .goes('LISTEN', 'SYN_RECV', { cookie: 99_999n, localPort: 0 })
    .goes('SYN_RECV', 'ESTABLISHED');
}

test('an accepted child is one attempt, with the listener as its owner until accept(2)', () => {
  const story = child();
  const recorder = new LifecycleRecorder().hears(listener(), story);
  expect(recorder.attempt).toMatchObject({
    direction: 'accepted',
    outcome: 'open',
    localPort: 80,
    remoteAddress: '10.0.0.9',
    remotePort: 50_001,
    ownerSource: 'listener',
    owner: { comm: 'nginx' },
  });
  recorder.hears(story.acceptReturned(9));
  expect(recorder.attempt).toMatchObject({
    ownerSource: 'accept',
    owner: { comm: 'worker' },
    fd: 9,
  });
});

test('without a known listener there is no owner: softirq owns nothing', () => {
  expect(told(child()).attempt).toMatchObject({ ownerSource: 'unknown', owner: null });
});

test('two listeners of different programs on one port: no guess', () => {
  const other = socket()
    .by('haproxy', 60)
    .at('0.0.0.0:80')
    .goes('CLOSE', 'LISTEN', { by: 'owner' });
  expect(told(listener(), other, child()).attempt.ownerSource).toBe('unknown');
});

test('time to connect is SYN_RECV → ESTABLISHED', () => {
  const { attempt } = told(child());
  expect((attempt.establishedNs ?? 0) - (attempt.startedNs ?? 0)).toBe(1000);
});

test('SYN-ACK sent again: the attempt is there before the socket, and is the same after', () => {
  const story = socket().at('192.168.1.5:80').to('10.0.0.9:50001').retransmitsSynAck(1);
  const recorder = new LifecycleRecorder().hears(listener(), story);
  expect(recorder.attempt).toMatchObject({
    direction: 'accepted',
    outcome: 'connecting',
    state: 3,
    cookie: null,
    retransmits: 1,
    owner: { comm: 'nginx' },
  });
  story
    .after(1000)
    .retransmitsSynAck(2)
    .after(500)
    .goes('SYN_RECV', 'ESTABLISHED')
    .goes('ESTABLISHED', 'CLOSE_WAIT');
  recorder.hears(story);
  expect(recorder.attempt).toMatchObject({ outcome: 'open', retransmits: 2, closedBy: 'remote' });
  expect(recorder.kinds()).toEqual(['synack-retransmit', 'synack-retransmit', 'state', 'state']);
});

test('a peer that never completes the handshake times out, and that is said to be inferred', () => {
  const recorder = new LifecycleRecorder().hears(
    socket().at('192.168.1.5:80').to('10.0.0.9:50001').retransmitsSynAck(),
  );
  recorder.waitsUntil(60_000);
  expect(recorder.ended).toEqual([]);
  recorder.waitsUntil(66_000).waitsUntil(67_000);
  expect(recorder.attempt).toMatchObject({
    outcome: 'timed-out',
    failed: true,
    direction: 'accepted',
  });
  expect(recorder.events.at(-1)?.detail).toEqual({ inferred: 'no ACK seen' });
  expect(recorder.ended).toEqual([recorder.attempt.id]);
});

test('a RST in SYN_RECV is a failure', () => {
  const story = socket().at('192.168.1.5:80').to('10.0.0.9:50001').retransmitsSynAck();
  const recorder = told(story.goes('SYN_RECV', 'CLOSE', { error: 'ECONNRESET' }));
  expect(recorder.attempt).toMatchObject({ failed: true, direction: 'accepted' });
});

test.each([
  [0, false],
  [10, true],
])('a peer that resets after %i bytes: failed is %s', (received, failed) => {
  const story = child().receivesReset('ESTABLISHED');
  const end = { error: 'ECONNRESET', received } as const;
  const { attempt } = told(listener(), story.goes('ESTABLISHED', 'CLOSE', end));
  expect(attempt).toMatchObject({ outcome: 'reset', closedBy: 'remote', failed });
});

test('never accepted: closing the listener resets it, and the RST comes after CLOSE', () => {
  const story = child().goes('ESTABLISHED', 'CLOSE').sendsReset('CLOSE');
  const recorder = told(listener(), story.reportsError('ECONNRESET').destroyed());
  expect(recorder.attempt).toMatchObject({
    outcome: 'reset',
    closedBy: 'local',
    failed: false,
    incomplete: false,
  });
});

test('the same after the peer has sent its FIN', () => {
  const story = child().goes('ESTABLISHED', 'CLOSE_WAIT').goes('CLOSE_WAIT', 'CLOSE');
  const { attempt } = told(listener(), story.sendsReset('CLOSE').destroyed());
  expect(attempt).toMatchObject({ outcome: 'reset', closedBy: 'local', failed: false });
});

test('a RST for late payload does not undo an orderly end', () => {
  const story = child().goes('ESTABLISHED', 'FIN_WAIT1').goes('FIN_WAIT1', 'FIN_WAIT2');
  const { attempt } = told(story.goes('FIN_WAIT2', 'CLOSE').sendsReset('CLOSE'));
  expect(attempt).toMatchObject({ outcome: 'closed', closedBy: 'local' });
});

test('a missed change to CLOSE after an own FIN: closed, and marked as incomplete', () => {
  const { attempt } = told(child().goes('ESTABLISHED', 'FIN_WAIT1').destroyed());
  expect(attempt).toMatchObject({ outcome: 'closed', closedBy: 'local', incomplete: true });
});

test('a missed change to CLOSE after a RST, an error or no FIN at all stays unknown', () => {
  const finished = () => child().goes('ESTABLISHED', 'FIN_WAIT1');
  for (const story of [
    child().destroyed(),
    finished().receivesReset('FIN_WAIT1').destroyed(),
    finished().reportsError('ETIMEDOUT').destroyed(),
  ]) {
    expect(told(story).attempt).toMatchObject({ outcome: 'unknown', incomplete: true });
  }
});
