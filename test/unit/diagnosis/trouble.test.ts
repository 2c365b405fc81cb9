// Attempts that did not fail, and what troubled them.
import { expect, test } from 'vitest';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { Diagnosis } from '../../../engine/diagnosis/diagnosis.ts';
import type { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import { OwnCounts } from '../../../engine/lifecycle/own-counts.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import {
  connected,
  connecting,
  type SocketStory,
  STORY_START_NS,
  socket,
} from '../../fixtures/socket-story.ts';
import { judged } from './verdict.ts';

const PEER = '10.0.0.2:443';
const LISTENER: ContextDetail = { about: 'listener', listeners: 1, pid: 7, comm: 'nginx' };
const FULL: ContextDetail = { ...LISTENER, full: true };
const DROPPED: ContextDetail = { ...LISTENER, dropped: true };

function closes(story: SocketStory): SocketStory {
  return story
    .after(100)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner' })
    .goes('FIN_WAIT1', 'FIN_WAIT2')
    .goes('FIN_WAIT2', 'CLOSE')
    .destroyed();
}

function late(): SocketStory {
  const story = connecting('curl', PEER).after(1000).retransmits('SYN_SENT', 1000, 1);
  return closes(story.after(20).establishes());
}

test('what went well has no verdict', () => {
  const { verdict, attempt } = judged([closes(connected('curl', PEER))]);
  expect(verdict).toBeNull();
  expect(attempt).toMatchObject({ failed: false, outcome: 'closed', trouble: null });
});

test('connected only after its SYN was sent again', () => {
  const { verdict, proofs, attempt } = judged([late()]);
  expect(verdict).toMatchObject({ id: 'slow-handshake', confidence: 'certain' });
  expect(verdict?.sentence).toContain('took 2 SYNs');
  expect(verdict?.evidence[1]?.text).toBe('the SYN was sent twice (again after 1 s)');
  expect(proofs).toEqual(['state', 'retransmit', 'state']);
  expect(attempt.failed).toBe(false);
});

test('an accepted one, after its SYN-ACK was sent again', () => {
  const story = socket().by('nginx').at('10.0.0.1:80').to('10.0.0.9:5000').retransmitsSynAck();
  closes(story.after(30).goes('SYN_RECV', 'ESTABLISHED'));
  const { verdict, proofs } = judged([story]);
  expect(verdict?.id).toBe('slow-handshake');
  expect(verdict?.sentence).toContain('10.0.0.9:5000 began with 10.0.0.1:80 took 2 SYN-ACKs.');
  expect(verdict?.evidence[0]?.text).toBe('the SYN-ACK was sent twice');
  expect(proofs).toEqual(['synack-retransmit', 'state']);
});

test('a listener that waits for data (TCP_DEFER_ACCEPT) sends its SYN-ACK again: no trouble', async () => {
  const story = () => {
    const accepted = socket().by('nginx').at('10.0.0.1:80').to('10.0.0.9:5000').retransmitsSynAck();
    return closes(accepted.after(0.08).goes('SYN_RECV', 'ESTABLISHED'));
  };
  const counters: ContextDetail = { about: 'counters', rose: {} };
  expect((await delayed(story(), [counters])).attempt.verdict?.rule).toBe('slow-handshake');
  const deferred = { ...counters, deferred: 1 };
  expect((await delayed(story(), [deferred])).attempt.verdict).toBeNull();
  // A SYN that was sent again is another thing, whatever the listeners here do.
  expect((await delayed(late(), [deferred])).attempt.verdict?.rule).toBe('slow-handshake');
});

/** Runs a story through lifecycle and diagnosis; the machine's answer comes late. */
async function delayed(
  story: SocketStory,
  context: readonly ContextDetail[],
): Promise<{ attempt: Attempt; asked: number }> {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  let asked = 0;
  diagnosis.askFrom({
    ask: () => null,
    askDelayed: async () => {
      asked++;
      await Promise.resolve();
      return context;
    },
  });
  const clock = new SessionClock(STORY_START_NS);
  const names = { dropReasons: { '8': 'TCP_LISTEN_OVERFLOW' }, resetReasons: {} };
  const lifecycle = new Lifecycle(clock, diagnosis, quietHost, new OwnCounts(), names);
  new BatchDecoder(lifecycle).decode(story.batch());
  lifecycle.tick(60e9);
  await diagnosis.settled();
  return { attempt: recorder.attempt, asked };
}

test.each([
  ['ListenOverflows', [FULL], 'backlog-delayed', 'likely', 'accept'],
  ['TCPReqQFullDrop', [DROPPED], 'backlog-delayed', 'likely', 'syn'],
  ['ListenOverflows', [LISTENER], 'backlog-delayed', 'possible', 'accept'],
  ['ListenOverflows', [], 'backlog-delayed', 'possible', 'accept'],
  ['TCPTimeouts', [LISTENER], 'slow-handshake', 'certain', undefined],
] as const)('a backlog was full meanwhile: %s %j', async (name, more, rule, sure, queue) => {
  const counters: ContextDetail = { about: 'counters', rose: { [name]: 2 } };
  const { attempt, asked } = await delayed(late(), [counters, ...more]);
  expect(asked).toBe(1);
  const { verdict } = attempt;
  expect(verdict).toMatchObject({ rule, finding: { confidence: sure } });
  expect(verdict?.finding.params['queue']).toBe(queue);
});

test('its last ACK was thrown away for want of room', async () => {
  const ACK = 16;
  const story = closes(connected('curl', PEER).loses(8, ACK));
  const { attempt, asked } = await delayed(story, []);
  expect(attempt.verdict).toMatchObject({
    rule: 'backlog-delayed',
    finding: { confidence: 'certain' },
  });
  expect(asked).toBe(0);
});

test('it has its verdict while it goes on, and keeps it when it ends', async () => {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  const lifecycle = new Lifecycle(new SessionClock(STORY_START_NS), diagnosis, quietHost);
  const story = connecting('curl', PEER).after(1000).retransmits('SYN_SENT', 1000, 1).establishes();
  const decoder = new BatchDecoder(lifecycle);
  decoder.decode(story.batch());
  expect(recorder.attempt).toMatchObject({ outcome: 'open', failed: false });
  expect(recorder.attempt.verdict?.rule).toBe('slow-handshake');
  story.records.length = 0;
  decoder.decode(closes(story).batch());
  lifecycle.tick(60e9);
  expect(recorder.attempt).toMatchObject({ outcome: 'closed', failed: false });
  expect(recorder.attempt.verdict?.rule).toBe('slow-handshake');
});

test('data went unanswered, and was answered after all', () => {
  const story = connected('curl', PEER);
  for (const [i, rtoMs] of [200, 400, 800].entries()) {
    story.after(rtoMs).retransmits('ESTABLISHED', rtoMs, i + 1);
  }
  const { verdict, proofs } = judged([closes(story)]);
  expect(verdict).toMatchObject({ id: 'retransmission-timeouts', confidence: 'certain' });
  expect(verdict?.sentence).toContain('for more than 1.4 s: it was sent again 3 times in a row');
  expect(proofs).toEqual(['retransmit', 'retransmit']);
});

test('one or two timeouts are what any connection may have', () => {
  const story = connected('curl', PEER);
  story.after(200).retransmits('ESTABLISHED', 200, 1).after(400).retransmits('ESTABLISHED', 400, 2);
  expect(judged([closes(story)]).verdict).toBeNull();
});

test('a good part of its segments was sent again', () => {
  const story = connected('curl', PEER);
  for (let i = 1; i <= 12; i++) story.after(5).retransmits('ESTABLISHED', 200, i, 0);
  const { verdict, proofs } = judged([closes(story)]);
  expect(verdict).toMatchObject({ id: 'segments-lost', confidence: 'likely' });
  expect(verdict?.sentence).toContain('had to send 12 segments again');
  expect(proofs).toEqual(['retransmit', 'retransmit']);
});

test('accepted by a SYN cookie', () => {
  const story = socket().by('nginx').at('10.0.0.1:80').to('10.0.0.9:5000');
  closes(story.goes('SYN_RECV', 'ESTABLISHED', { srttUs: 2000, synCookieMs: 3 }));
  const { verdict, proofs } = judged([story]);
  expect(verdict).toMatchObject({ id: 'syn-cookies', confidence: 'likely' });
  expect(verdict?.sentence).toContain('was full, or net.ipv4.tcp_syncookies is 2 (always)');
  expect(proofs).toEqual(['syn-cookie']);
});

test('from the moment that it fails, what troubled it is not taken for the reason', async () => {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  let answer: (details: readonly ContextDetail[]) => void = () => {};
  diagnosis.askFrom({ ask: () => new Promise((resolve) => (answer = resolve)) });
  const lifecycle = new Lifecycle(new SessionClock(STORY_START_NS), diagnosis, quietHost);
  const decoder = new BatchDecoder(lifecycle);
  const story = connecting('curl', PEER).after(1000).retransmits('SYN_SENT', 1000, 1).establishes();
  decoder.decode(story.batch());
  expect(recorder.attempt.verdict?.rule).toBe('slow-handshake');
  story.records.length = 0;
  story.after(50).receivesReset('ESTABLISHED');
  decoder.decode(story.goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET' }).batch());
  expect(recorder.attempt).toMatchObject({ failed: true, verdict: null });
  lifecycle.tick(60e9);
  expect(recorder.attempt).toMatchObject({ failed: true, verdict: null });
  answer([]);
  await diagnosis.settled();
  expect(recorder.attempt.verdict?.rule).toBe('reset-by-peer');
});

test('a failure is told in its place', () => {
  const story = connecting('curl', PEER).after(1000).retransmits('SYN_SENT', 1000, 1);
  story.establishes().receivesReset('ESTABLISHED');
  story.goes('ESTABLISHED', 'CLOSE', { error: 'ECONNRESET' });
  expect(judged([story]).verdict?.id).toBe('reset-by-peer');
});
