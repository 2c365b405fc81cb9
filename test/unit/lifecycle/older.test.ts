import { expect, test } from 'vitest';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { connected, connecting, NETNS, refused, socket } from '../../fixtures/socket-story.ts';

const peer = '10.0.0.2:443';

/** A recorder in the middle of its first scan. */
function scanning(): LifecycleRecorder {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.scanBegins();
  return recorder;
}

function endScan(recorder: LifecycleRecorder, ms: number, netns = NETNS): LifecycleRecorder {
  recorder.lifecycle.scanEnded(ms * 1e6, new Set([netns]));
  return recorder.waitsUntil(ms + 200);
}

test('an older connection has an owner, no begin, and is told as first seen', () => {
  const older = socket()
    .by('sshd')
    .to(peer)
    .found('ESTABLISHED', { received: 5000 })
    .found('ESTABLISHED', { fd: 7 });
  const recorder = endScan(scanning().hears(older), 10);
  expect(recorder.attempt).toMatchObject({
    startedNs: null,
    establishedNs: null,
    direction: 'outgoing',
    outcome: 'open',
    ownerSource: 'scan',
    owner: { comm: 'sshd' },
    fd: 7,
    bytesReceived: 5000,
    incomplete: false,
  });
  expect(recorder.kinds()).toEqual(['first-seen']);
});

test('a listener tells that an older connection was accepted, whichever is found first', () => {
  const older = socket().to('10.0.0.9:50001').at('192.168.1.5:22').found('ESTABLISHED');
  const listener = socket().by('sshd').at('0.0.0.0:22').to('0.0.0.0:0').found('LISTEN', { fd: 3 });
  const recorder = endScan(scanning().hears(older, listener), 10);
  expect(recorder.attempt).toMatchObject({
    direction: 'accepted',
    ownerSource: 'listener',
    owner: { comm: 'sshd' },
  });
});

test('without a listener and outside the ephemeral ports the direction is unknown', () => {
  const older = socket().to('10.0.0.9:50001').at('192.168.1.5:22').found('ESTABLISHED');
  expect(endScan(scanning().hears(older), 10).attempt.direction).toBe('unknown');
});

test('a scan that overtakes the begin of a connection makes no second attempt', () => {
  const story = socket().by('curl').to(peer).after(5).found('SYN_SENT');
  const recorder = scanning().hears(story);
  recorder.hears(story.connects());
  expect(endScan(recorder, 10).attempt).toMatchObject({ ownerSource: 'connect', ordinal: 1 });
});

test('a scan that comes after the end of a connection brings nothing back', () => {
  const story = refused('curl', peer);
  const recorder = scanning().hears(story);
  endScan(recorder.hears(story.found('ESTABLISHED')), 10);
  expect(recorder.attempts).toHaveLength(1);
});

test('the scans of each second change figures, and make no events', () => {
  const story = connected('curl', peer);
  const recorder = scanning().hears(story);
  const before = recorder.events.length;
  recorder.hears(story.after(1000).found('ESTABLISHED', { received: 777 }));
  expect(recorder.attempt.bytesReceived).toBe(777);
  expect(recorder.events).toHaveLength(before);
});

test('a state that two scans saw and no record told is taken over, and marks the attempt', () => {
  const story = connecting('curl', peer);
  const recorder = scanning().hears(story.after(50).found('ESTABLISHED'));
  expect(recorder.attempt).toMatchObject({ outcome: 'connecting', incomplete: false });
  recorder.hears(story.after(1000).found('ESTABLISHED'));
  expect(recorder.attempt).toMatchObject({ outcome: 'open', incomplete: true, state: 1 });
});

test('a socket that scans no longer find has ended unseen', () => {
  const story = connected('curl', peer);
  const recorder = scanning().hears(story.found('ESTABLISHED'));
  endScan(recorder, 100);
  for (const ms of [1000, 2000, 3000, 4000]) {
    recorder.lifecycle.scanBegins();
    endScan(recorder, ms);
  }
  expect(recorder.attempt).toMatchObject({ outcome: 'unknown', incomplete: true });
  expect(recorder.events.at(-1)?.detail).toEqual({ inferred: 'gone at a scan' });
});

test('a socket in a namespace that no scan can enter any more is not taken for gone', () => {
  const story = connected('curl', peer);
  const recorder = endScan(scanning().hears(story.found('ESTABLISHED')), 100);
  for (const ms of [1000, 2000, 3000, 4000]) {
    recorder.lifecycle.scanBegins();
    endScan(recorder, ms, NETNS + 1);
  }
  expect(recorder.attempt).toMatchObject({ outcome: 'open', incomplete: false });
  for (const ms of [5000, 6000, 7000]) {
    expect(recorder.attempt.outcome).toBe('open');
    recorder.lifecycle.scanBegins();
    endScan(recorder, ms);
  }
  expect(recorder.attempt).toMatchObject({ outcome: 'unknown', incomplete: true });
});

test('a change of an unknown socket makes an attempt of what is known', () => {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.settledIn();
  recorder.hears(socket().by('curl').to(peer).goes('ESTABLISHED', 'CLOSE_WAIT'));
  expect(recorder.attempt).toMatchObject({
    startedNs: null,
    closedBy: 'remote',
    incomplete: true,
    outcome: 'open',
  });
});

test('what is open at the end of the capture is told', () => {
  const recorder = new LifecycleRecorder().hears(
    connected('ssh', peer),
    refused('curl', peer),
    connecting('nc', peer),
  );
  expect(recorder.lifecycle.finish(1e9)).toEqual([1, 3]);
});

test("figures of the window's own connection are taken over seldom, at both ends", () => {
  const pid = 4242;
  const ends = [
    socket().by('synscope', pid).at('127.0.0.1:7007').to('127.0.0.1:50001'),
    socket().by('chromium').at('127.0.0.1:50001').to('127.0.0.1:7007'),
  ];
  const recorder = new LifecycleRecorder({ ...quietHost, ownPid: pid });
  const scan = (ms: number, received: number) => {
    recorder.lifecycle.scanBegins();
    for (const end of ends) recorder.hears(end.after(ms).found('ESTABLISHED', { received }));
    endScan(recorder, ms);
    return recorder.attempts.map(({ bytesReceived }) => bytesReceived);
  };
  for (const end of ends) recorder.hears(end.found('ESTABLISHED', { fd: 7 }));
  expect(scan(10, 100)).toEqual([100, 100]);
  expect(scan(1000, 200)).toEqual([100, 100]);
  expect(recorder.lifecycle.scanMoved).toBe(false);
  expect(scan(10_000, 300)).toEqual([300, 300]);
});
