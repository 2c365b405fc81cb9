import { expect, test } from 'vitest';
import { told } from '../../fixtures/lifecycle-recorder.ts';
import { connected, socket } from '../../fixtures/socket-story.ts';

const peer = '10.0.0.2:443';

test('closed by this side first', () => {
  const story = connected('curl', peer)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', sent: 80, received: 500 })
    .goes('FIN_WAIT1', 'FIN_WAIT2', { shutdown: 3, received: 500 })
    .goes('FIN_WAIT2', 'CLOSE', { shutdown: 3, received: 500 })
    .destroyed();
  expect(told(story).attempt).toMatchObject({
    outcome: 'closed',
    closedBy: 'local',
    failed: false,
    bytesSent: 80,
    bytesReceived: 500,
  });
});

test('closed by the peer first: its FIN is not counted as payload', () => {
  const story = connected('curl', peer)
    .goes('ESTABLISHED', 'CLOSE_WAIT', { sent: 80, received: 501, shutdown: 1 })
    .goes('CLOSE_WAIT', 'LAST_ACK', { by: 'owner', shutdown: 3 })
    .goes('LAST_ACK', 'CLOSE', { shutdown: 3 })
    .destroyed();
  expect(told(story).attempt).toMatchObject({
    outcome: 'closed',
    closedBy: 'remote',
    bytesReceived: 500,
  });
});

test('shutdown for sending, then the answer and the FIN of the peer', () => {
  const story = connected('nc', peer)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', shutdown: 2 })
    .goes('FIN_WAIT1', 'FIN_WAIT2', { shutdown: 2, received: 0 })
    .goes('FIN_WAIT2', 'CLOSE', { shutdown: 3, received: 11 });
  expect(told(story).attempt).toMatchObject({ outcome: 'closed', bytesReceived: 10 });
});

test('payload sent twice counts once', () => {
  const story = connected('curl', peer).goes('ESTABLISHED', 'FIN_WAIT1', {
    by: 'owner',
    sent: 3000,
    resent: 1000,
  });
  expect(told(story).attempt.bytesSent).toBe(2000);
});

test.each(['ESTABLISHED', 'CLOSE_WAIT'] as const)('a RST received in %s is a failure', (state) => {
  const story = connected('curl', peer);
  if (state === 'CLOSE_WAIT') story.goes('ESTABLISHED', 'CLOSE_WAIT');
  story
    .receivesReset(state)
    .goes(state, 'CLOSE', { error: state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET' });
  expect(told(story).attempt).toMatchObject({ outcome: 'reset', failed: true, closedBy: 'remote' });
});

test('a RST that answers an own close is an orderly end', () => {
  const story = connected('curl', peer)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner' })
    .receivesReset('FIN_WAIT1')
    .goes('FIN_WAIT1', 'CLOSE', { error: 'ECONNRESET' });
  expect(told(story).attempt).toMatchObject({
    outcome: 'closed',
    failed: false,
    closedBy: 'local',
    errno: 0,
  });
});

test('a RST while the program is done sending, and still listens', () => {
  const shutdown = 2;
  const story = connected('curl', peer)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', shutdown })
    .goes('FIN_WAIT1', 'FIN_WAIT2', { shutdown })
    .receivesReset('FIN_WAIT2')
    .goes('FIN_WAIT2', 'CLOSE', { error: 'ECONNRESET', shutdown });
  expect(told(story).attempt).toMatchObject({ outcome: 'reset', failed: true, closedBy: 'remote' });
});

test('an own RST (unread payload, SO_LINGER 0) is a reset, but no failure', () => {
  const story = connected('curl', peer)
    .goes('ESTABLISHED', 'CLOSE', { by: 'owner' })
    .sendsReset('CLOSE')
    .destroyed();
  expect(told(story).attempt).toMatchObject({ outcome: 'reset', failed: false, closedBy: 'local' });
});

test('the kernel gives up on an open connection', () => {
  const { attempt } = told(
    connected('ssh', peer).goes('ESTABLISHED', 'CLOSE', { error: 'ETIMEDOUT' }),
  );
  expect(attempt).toMatchObject({ outcome: 'timed-out', failed: true, closedBy: null });
  expect(attempt.establishedNs).not.toBeNull();
});

test('another process closes: the owner stays, the event names who did it', () => {
  const story = connected('parent', peer).goes('ESTABLISHED', 'FIN_WAIT1', {
    by: { pid: 200, comm: 'child' },
  });
  const { attempt, events } = told(story);
  expect(attempt.owner?.comm).toBe('parent');
  expect(events.at(-1)?.detail).toEqual({ inTask: true, by: { pid: 200, comm: 'child' } });
});

test('a listener that closes is no attempt', () => {
  const story = socket().by('nginx').at('0.0.0.0:80').goes('CLOSE', 'LISTEN', { by: 'owner' });
  expect(told(story.goes('LISTEN', 'CLOSE', { by: 'owner' }).destroyed()).attempts).toEqual([]);
});

test('the lost last change of a destroyed socket is said, not guessed', () => {
  const { attempt } = told(connected('curl', peer).destroyed());
  expect(attempt).toMatchObject({ outcome: 'unknown', incomplete: true, state: 7, failed: false });
});
