import { expect, test } from 'vitest';
import { LifecycleRecorder, told } from '../../fixtures/lifecycle-recorder.ts';
import { connected, connecting, refused, socket } from '../../fixtures/socket-story.ts';

test('a refused connect keeps its tuple, owner, fd and errno', () => {
  const { attempt, ended } = told(refused('curl', '10.0.0.2:443'));
  expect(attempt).toMatchObject({
    direction: 'outgoing',
    family: 'ipv4',
    remoteAddress: '10.0.0.2',
    remotePort: 443,
    localAddress: '192.168.1.5',
    localPort: 40_000,
    outcome: 'refused',
    failed: true,
    errno: 111,
    fd: 3,
    async: false,
    ownerSource: 'connect',
    owner: { comm: 'curl', pid: 100, uid: 1000, user: 'ada' },
    establishedNs: null,
  });
  expect(ended).toEqual([attempt.id]);
});

test('the tuple that the kernel clears at the end does not replace the one of the begin', () => {
  const story = connecting('curl', '10.0.0.2:443').goes('SYN_SENT', 'CLOSE', {
    error: 'ECONNREFUSED',
  });
  story.to('0.0.0.0:0').at('0.0.0.0:0').connectReturned('ECONNREFUSED').destroyed();
  expect(told(story).attempt).toMatchObject({
    remoteAddress: '10.0.0.2',
    remotePort: 443,
    localPort: 40_000,
  });
});

test('the local port is 0 in SYN_SENT and filled by what follows', () => {
  const story = connecting('curl', '10.0.0.2:443');
  const recorder = new LifecycleRecorder().hears(story);
  expect(recorder.attempt.localPort).toBe(0);
  recorder.hears(story.retransmits('SYN_SENT', 1000, 1));
  expect(recorder.attempt.localPort).toBe(40_000);
});

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timed-out'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EPROTO', 'failed'],
])('SYN_SENT → CLOSE with %s is %s', (error, outcome) => {
  const { attempt } = told(connecting('curl', '10.0.0.2:443').goes('SYN_SENT', 'CLOSE', { error }));
  expect(attempt).toMatchObject({ outcome, failed: true });
});

test('a caller that closes in SYN_SENT abandons', () => {
  const story = connecting('nc', '10.0.0.2:81')
    .after(2000)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  const recorder = new LifecycleRecorder().hears(story);
  expect(recorder.ended).toEqual([]);
  expect(recorder.attempt.outcome).toBe('connecting');
  recorder.hears(story.destroyed());
  expect(recorder.attempt).toMatchObject({
    outcome: 'abandoned',
    failed: true,
    errno: 0,
    closedBy: 'local',
  });
  expect(recorder.ended).toEqual([recorder.attempt.id]);
});

test('a killed caller abandons, and the event says that the process ended', () => {
  const story = connecting('nc', '10.0.0.2:81').goes('SYN_SENT', 'CLOSE', {
    by: 'owner',
    exiting: true,
  });
  const { attempt, events } = told(story.destroyed());
  expect(attempt.outcome).toBe('abandoned');
  expect(events.at(-2)?.detail).toEqual({ inTask: true, exiting: true });
});

test('an abandoned connect whose socket stays is settled after a grace', () => {
  const story = connecting('nc', '10.0.0.2:81').goes('SYN_SENT', 'CLOSE', { by: 'owner' });
  const recorder = new LifecycleRecorder().hears(story).waitsUntil(100);
  expect(recorder.ended).toEqual([]);
  recorder.waitsUntil(300);
  expect(recorder.attempt.outcome).toBe('abandoned');
});

test('taken back by connect(2) with AF_UNSPEC: that call is no answer to the first', () => {
  const story = connecting('nc', '10.0.0.2:81')
    .connectReturned('EINPROGRESS')
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' })
    .connectReturned(0, { asked: false });
  const recorder = told(story.destroyed());
  expect(recorder.attempt).toMatchObject({ outcome: 'abandoned', closedBy: 'local' });
  expect(recorder.events.at(-2)?.detail).toMatchObject({ fd: 3, dissolves: true });
  expect(recorder.events.at(-2)?.detail).not.toHaveProperty('asked');
});

test('back from SYN_SENT without a port, in a call that nobody saw: it never asked anybody', () => {
  const story = socket().by('curl').to('10.0.0.2:443').at('0.0.0.0:0').connects();
  const recorder = new LifecycleRecorder().hears(
    story.goes('SYN_SENT', 'CLOSE', { by: 'owner' }).destroyed(),
  );
  expect(recorder.attempt).toMatchObject({ outcome: 'failed', failed: true, errno: 0 });
});

test('no free local port: what connect(2) returns decides, not the missing socket error', () => {
  const story = connecting('curl', '10.0.0.2:443')
    .goes('SYN_SENT', 'CLOSE', { by: 'owner' })
    .connectReturned('EADDRNOTAVAIL')
    .destroyed();
  expect(told(story).attempt).toMatchObject({ outcome: 'failed', errno: 99, failed: true });
});

test('connect(2) that fails before any change of state is an attempt of its own', () => {
  const { attempt, ended } = told(
    socket().by('curl').to('10.9.9.9:80').connectReturned('ENETUNREACH', { cookie: 0n }),
  );
  expect(attempt).toMatchObject({
    cookie: null,
    direction: 'outgoing',
    outcome: 'unreachable',
    state: 7,
    remoteAddress: '10.9.9.9',
    remotePort: 80,
    errno: 101,
    ownerSource: 'connect',
    async: false,
  });
  expect(attempt.endedNs).toBe(attempt.startedNs);
  expect(ended).toEqual([attempt.id]);
});

test('EINPROGRESS is no failure, but makes the attempt asynchronous', () => {
  const story = connecting('firefox', '10.0.0.2:443').connectReturned('EINPROGRESS', {
    state: 'SYN_SENT',
  });
  const recorder = new LifecycleRecorder().hears(story);
  expect(recorder.attempt).toMatchObject({ outcome: 'connecting', failed: false, async: true });
  recorder.hears(story.after(30).establishes());
  expect(recorder.attempt).toMatchObject({ outcome: 'open', async: true });
});

test('refused without blocking: the second connect(2) only collects the error', () => {
  const story = connecting('app', '10.0.0.2:443')
    .connectReturned('EINPROGRESS', { state: 'SYN_SENT' })
    .goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' })
    .after(500)
    .connectReturned('ECONNREFUSED');
  const { attempt } = told(story);
  expect(attempt).toMatchObject({ outcome: 'refused', ordinal: 1, async: true });
});

test('the same socket connected again is attempt 2', () => {
  const story = connecting('app', '10.0.0.2:443')
    .goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' })
    .connectReturned('ECONNREFUSED')
    .to('10.0.0.3:443')
    .connects()
    .establishes()
    .connectReturned(0);
  const { attempts } = told(story);
  expect(
    attempts.map(({ ordinal, outcome, remoteAddress }) => ({ ordinal, outcome, remoteAddress })),
  ).toEqual([
    { ordinal: 1, outcome: 'refused', remoteAddress: '10.0.0.2' },
    { ordinal: 2, outcome: 'open', remoteAddress: '10.0.0.3' },
  ]);
  expect(attempts[0]?.cookie).toBe(attempts[1]?.cookie);
});

test('a second connect(2) that fails at once is attempt 2', () => {
  const story = connecting('app', '10.0.0.2:443')
    .goes('SYN_SENT', 'CLOSE', { error: 'ECONNREFUSED' })
    .connectReturned('ECONNREFUSED')
    .to('10.9.9.9:80')
    .connectReturned('ENETUNREACH');
  expect(told(story).attempts.map(({ ordinal, outcome }) => [ordinal, outcome])).toEqual([
    [1, 'refused'],
    [2, 'unreachable'],
  ]);
});

test('EISCONN on an open connection changes nothing', () => {
  const story = connected('app', '10.0.0.2:443').connectReturned('EISCONN', {
    state: 'ESTABLISHED',
  });
  expect(told(story).attempt).toMatchObject({ outcome: 'open', ordinal: 1, failed: false });
});

test('the kernel gives up: retransmits are counted and timed', () => {
  const story = connecting('curl', '10.0.0.2:443');
  for (const [count, rtoMs] of [
    [1, 1000],
    [2, 2000],
    [3, 4000],
  ] as const) {
    story.after(rtoMs).retransmits('SYN_SENT', rtoMs, count);
  }
  story
    .after(8000)
    .goes('SYN_SENT', 'CLOSE', { error: 'ETIMEDOUT', retransmits: 3 })
    .connectReturned('ETIMEDOUT');
  const { attempt, events } = told(story);
  expect(attempt).toMatchObject({ outcome: 'timed-out', retransmits: 3 });
  const resent = events.filter(({ kind }) => kind === 'retransmit');
  expect(resent.map(({ detail }) => detail)).toMatchObject([
    { count: 1, rtoMs: 1000, state: 'SYN_SENT' },
    { count: 2, rtoMs: 2000 },
    { count: 3, rtoMs: 4000 },
  ]);
  expect(resent.map(({ timeNs }) => Math.round(timeNs / 1e9))).toEqual([1, 3, 7]);
});

test('retransmissions that no record told are known from the counter', () => {
  const story = connected('curl', '10.0.0.2:443').retransmits('ESTABLISHED', 200, 1);
  story.goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', retransmits: 5 });
  expect(told(story).attempt.retransmits).toBe(5);
});

test('time to connect is SYN_SENT → ESTABLISHED', () => {
  const { attempt } = told(connected('curl', '10.0.0.2:443'));
  expect((attempt.establishedNs ?? 0) - (attempt.startedNs ?? 0)).toBe(20_001_000);
});

test('an IPv4 peer of an IPv6 socket is IPv4', () => {
  const { attempt } = told(refused('curl', '[::ffff:a00:2]:443').at('[::ffff:c0a8:105]:40000'));
  expect(attempt).toMatchObject({ family: 'ipv4', remoteAddress: '10.0.0.2' });
});

test('a call that a signal interrupted has not returned, but shows its fd', () => {
  const story = connecting('nc', '10.0.0.2:81').interrupted(512, 5).after(100);
  const { attempt, events } = told(
    story.goes('SYN_SENT', 'CLOSE', { by: 'owner', exiting: true }).destroyed(),
  );
  expect(attempt).toMatchObject({ outcome: 'abandoned', fd: 5, async: null, ordinal: 1 });
  expect(events.map(({ kind }) => kind)).toEqual(['state', 'state', 'destroy']);
});
