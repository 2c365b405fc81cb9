import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../contract/generated/events.ts';
import { flagNames } from '../../../engine/lifecycle/drops.ts';
import { LifecycleRecorder } from '../../fixtures/lifecycle-recorder.ts';
import { batchOf, record } from '../../fixtures/records.ts';
import {
  connecting,
  type SocketStory,
  STORY_START_NS,
  socket,
} from '../../fixtures/socket-story.ts';
import { endpoint } from '../../fixtures/story-words.ts';

const NAMES = { dropReasons: { '8': 'NETFILTER_DROP' }, resetReasons: {} };

interface Dropped {
  from: string;
  to: string;
  cookie?: bigint;
  reason?: number;
  netns?: number;
  /** Since the session began; default 2. */
  afterMs?: number;
}

function drop(dropped: Dropped): ArrayBuffer {
  const { from, to, cookie = 0n, reason = 8, netns = 4_026_531_840, afterMs = 2 } = dropped;
  const [local, remote] = [endpoint(from), endpoint(to)];
  const fields = {
    'socket.cookie': cookie,
    'socket.netns': netns,
    'socket.family': local.family,
    'socket.local_address': local.bytes,
    'socket.remote_address': remote.bytes,
    'socket.local_port': local.port,
    'socket.remote_port': remote.port,
    reason,
    tcp_flags: 2,
  };
  const timeNs = STORY_START_NS + BigInt(Math.round(afterMs * 1e6));
  return batchOf([record('drop_event', EventKind.DROP, timeNs, fields)]);
}

function dropsOf(recorder: LifecycleRecorder) {
  return recorder.events.filter(({ kind }) => kind === 'drop').map(({ detail }) => detail);
}

test('a packet with a socket of its own is of that attempt, by name of its reason', () => {
  const story = connecting('curl', '10.0.0.2:443');
  const recorder = new LifecycleRecorder(undefined, NAMES).hears(story);
  recorder.decoder.decode(
    drop({ from: '192.168.1.5:40000', to: '10.0.0.2:443', cookie: story.cookie }),
  );
  expect(dropsOf(recorder)).toEqual([{ reason: 'NETFILTER_DROP', way: 'out', flags: 'SYN' }]);
});

test.each([
  ['the own way, port not known yet', { from: '192.168.1.5:40000', to: '10.0.0.2:443' }, 'out'],
  ['in another namespace', { from: '192.168.1.5:40000', to: '10.0.0.2:443', netns: 7 }, 'out'],
] as const)('without a socket: %s', (_name, packet, way) => {
  const recorder = new LifecycleRecorder(undefined, NAMES);
  recorder.hears(connecting('curl', '10.0.0.2:443'));
  recorder.decoder.decode(drop(packet));
  expect(dropsOf(recorder)).toMatchObject([{ way }]);
});

describe('several connect to one destination, and a router of this machine drops their SYNs', () => {
  const TO = '10.0.0.2:443';
  const router = 7;
  /** Times are of SYN_SENT, since the session began. */
  const begins = (ms: number) =>
    socket()
      .by('curl')
      .to(TO)
      .after(ms - 1)
      .connects();
  const heard = (...stories: SocketStory[]) =>
    new LifecycleRecorder(undefined, NAMES).hears(...stories);
  const loses = (recorder: LifecycleRecorder, port: number, afterMs: number) =>
    recorder.decoder.decode(drop({ from: `192.168.1.5:${port}`, to: TO, netns: router, afterMs }));
  const losers = (recorder: LifecycleRecorder) =>
    recorder.events.filter(({ kind }) => kind === 'drop').map(({ attemptId }) => attemptId);

  test('a port that is known goes first, and one that waits longer is not meant', () => {
    const waiting = begins(1);
    const known = begins(2).connectReturned('EINPROGRESS');
    const recorder = heard(waiting, known);
    loses(recorder, 40_000, 3);
    expect(losers(recorder)).toEqual([2]);
    recorder.hears(begins(500));
    loses(recorder, 40_788, 500.06);
    expect(losers(recorder)).toEqual([2, 3]);
  });

  test('each that was given its SYN is not meant by the next, and has its own again', () => {
    const recorder = heard(begins(1));
    loses(recorder, 40_001, 1.06);
    recorder.hears(begins(2));
    loses(recorder, 40_002, 2.06);
    loses(recorder, 40_001, 3);
    loses(recorder, 40_003, 4);
    expect(losers(recorder)).toEqual([1, 2, 1]);
  });

  test('which one is meant is not guessed', () => {
    const recorder = heard(begins(1), begins(1.5));
    loses(recorder, 40_001, 1.56);
    expect(losers(recorder)).toEqual([]);
  });

  test('one that has waited for long has sent its SYN before, one that begins later has not yet', () => {
    const recorder = heard(begins(1), begins(3000));
    loses(recorder, 40_001, 2000);
    expect(losers(recorder)).toEqual([]);
  });
});

test('an answer of the peer is on the way in', () => {
  const recorder = new LifecycleRecorder(undefined, NAMES);
  recorder.hears(connecting('curl', '10.0.0.2:443').retransmits('SYN_SENT', 1000, 1));
  recorder.decoder.decode(drop({ from: '10.0.0.2:443', to: '192.168.1.5:40000', reason: 999 }));
  expect(dropsOf(recorder)).toMatchObject([{ way: 'in', reason: '999' }]);
});

test('an answer that was given its socket early is on the way in', () => {
  const story = connecting('curl', '10.0.0.2:443');
  const recorder = new LifecycleRecorder(undefined, NAMES).hears(story);
  const { cookie } = story;
  recorder.decoder.decode(drop({ from: '10.0.0.2:443', to: '192.168.1.5:40000', cookie }));
  expect(dropsOf(recorder)).toMatchObject([{ way: 'in' }]);
});

test("another connection's packet is nobody's", () => {
  const recorder = new LifecycleRecorder(undefined, NAMES);
  recorder.hears(connecting('curl', '10.0.0.2:443'));
  recorder.decoder.decode(drop({ from: '192.168.1.5:40000', to: '10.0.0.3:443' }));
  recorder.decoder.decode(drop({ from: '192.168.1.6:40000', to: '10.0.0.2:444' }));
  expect(dropsOf(recorder)).toEqual([]);
});

test('flags are said as people say them', () => {
  expect([2, 18, 4, 17, 0].map(flagNames)).toEqual(['SYN', 'SYN ACK', 'RST', 'ACK FIN', '']);
});
