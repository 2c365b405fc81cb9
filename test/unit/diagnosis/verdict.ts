// What the tests of the rules share: a story goes through lifecycle and diagnosis, with the
// machine's answers given, and comes out as the words that a reader sees.

import type { AttemptRow, EventKind } from '../../../contract/attempt.ts';
import { errnoByName, errnoName } from '../../../contract/errno.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { Diagnosis } from '../../../engine/diagnosis/diagnosis.ts';
import { tellVerdict } from '../../../engine/diagnosis/tell.ts';
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import type { LifecycleOutput } from '../../../engine/lifecycle/output.ts';
import type {
  DropDetail,
  EventDetail,
  FailedCallDetail,
  IcmpDetail,
} from '../../../engine/session/detail.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { type SocketStory, STORY_START_NS, socket } from '../../fixtures/socket-story.ts';
import { attempt as attemptRow } from '../renderer/attempts.ts';

export interface Judged {
  readonly attempt: Attempt;
  readonly row: AttemptRow;
  readonly verdict: Verdict | null;
  /** Kinds of the events that the evidence points at, in order. */
  readonly proofs: readonly string[];
}

/** An event that was recorded of the attempt besides those that its story tells. */
export interface Seen {
  readonly kind: EventKind;
  readonly detail: EventDetail;
}

/** The verdict on the first attempt of the stories. */
export function judged(
  stories: SocketStory[],
  context: readonly ContextDetail[] = [],
  seen: readonly Seen[] = [],
  /** What else is known of the first attempt. */
  known: Partial<Attempt> = {},
): Judged {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  diagnosis.askFrom({
    ask: (attempt) => {
      if (attempt.id === 1) note(Object.assign(attempt, known), diagnosis, seen);
      return context;
    },
  });
  const lifecycle = new Lifecycle(new SessionClock(STORY_START_NS), diagnosis, quietHost);
  const decoder = new BatchDecoder(lifecycle);
  for (const story of stories) decoder.decode(story.batch());
  // The first ends half-open ones, the second settles them.
  for (const minutes of [60, 61]) lifecycle.tick(minutes * 60e9);
  const [attempt] = recorder.attempts;
  if (!attempt) throw new Error('no attempt');
  return judgement(attempt, recorder);
}

/** The verdict on a call that failed before there was a connection, as the capture reports it. */
export function judgedCall(
  detail: Omit<FailedCallDetail, 'via'>,
  context: readonly ContextDetail[] = [],
): Judged {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  diagnosis.askFrom({ ask: () => context });
  const attempt = new Attempt(1, null, 1, 4_026_531_840, 0);
  attempt.outcome = 'failed';
  attempt.failed = true;
  attempt.startedNs = 0;
  attempt.endedNs = 0;
  attempt.errno = errnoByName(detail.result) ?? 0;
  note(attempt, diagnosis, [{ kind: 'call', detail: { ...detail, via: 'sys-exit' } }]);
  diagnosis.attemptEnded(attempt);
  return judgement(attempt, recorder);
}

function note(attempt: Attempt, output: LifecycleOutput, seen: readonly Seen[]): void {
  const timeNs = attempt.endedNs ?? attempt.beginNs;
  for (const { kind, detail } of seen) {
    const event = { timeNs, kind, oldState: 0, newState: 0, errno: 0, detail };
    const id = output.event({ ...event, attemptId: attempt.id, kernelStack: 0, userStack: 0 });
    attempt.notes.add({ id, ...event });
  }
}

function judgement(attempt: Attempt, recorder: LifecycleRecorder): Judged {
  const row = rowOf(attempt);
  const verdict = told(attempt, row);
  const proofs = (verdict?.evidence ?? []).flatMap(({ eventId }) => {
    return eventId === null ? [] : [recorder.events[eventId - 1]?.kind ?? '?'];
  });
  return { attempt, row, verdict, proofs };
}

/** As engine/query/row.ts would read it. */
export function rowOf(attempt: Attempt): AttemptRow {
  const { verdict, establishedNs, startedNs, endedNs } = attempt;
  return attemptRow({
    direction: attempt.direction,
    family: attempt.family,
    outcome: attempt.outcome,
    error: attempt.errno === 0 ? null : errnoName(attempt.errno),
    comm: attempt.owner?.comm ?? null,
    pid: attempt.owner?.pid ?? null,
    localAddress: attempt.localAddress,
    localPort: attempt.localPort,
    remoteAddress: attempt.remoteAddress,
    remotePort: attempt.remotePort,
    retransmits: attempt.retransmits,
    bytesSent: attempt.bytesSent,
    bytesReceived: attempt.bytesReceived,
    connectMs: establishedNs === null ? null : (establishedNs - (startedNs ?? 0)) / 1e6,
    durationMs: startedNs === null ? null : ((endedNs ?? 0) - startedNs) / 1e6,
    closedBy: attempt.closedBy,
    incomplete: attempt.incomplete,
    verdict: verdict && {
      id: verdict.rule,
      title: '',
      confidence: verdict.finding.confidence,
    },
  });
}

function told({ verdict }: Attempt, row: AttemptRow): Verdict | null {
  if (verdict === null) return null;
  const { params, events } = verdict.finding;
  return tellVerdict(row, JSON.stringify({ params, events }));
}

/** A packet that this machine threw away. */
export function drop(
  reason: string,
  way: DropDetail['way'] = 'out',
  flags: string = way === 'out' ? 'SYN' : 'SYN ACK',
  netns?: number,
): Seen {
  const detail = { reason, way, flags, ...(netns !== undefined && { netns }) };
  return { kind: 'drop', detail };
}

/** An ICMP error, by default from a router on the way. */
export function icmp(type: number, code: number, meaning: string, from = '10.9.9.1'): Seen {
  const version = from.includes(':') ? 6 : 4;
  const detail: IcmpDetail = { from, version, type, code, meaning };
  return { kind: 'icmp', detail };
}

/** connect(2) failed without any change of state. */
export function failsAtOnce(error: string, to = '10.0.0.2:443') {
  const unbound = to.startsWith('[') ? '[::]:0' : '0.0.0.0:0';
  return socket().by('curl').to(to).at(unbound).connectReturned(error);
}

/** connect(2) failed after the route was found. */
export function failsInSynSent(error: string, to = '10.0.0.2:443', at = '10.0.0.1:0') {
  const story = socket().by('curl').at(at).to(to);
  const localPort = Number(at.split(':').at(-1));
  return story
    .goes('CLOSE', 'SYN_SENT', { by: 'owner', localPort })
    .goes('SYN_SENT', 'CLOSE', { by: 'owner', localPort })
    .connectReturned(error);
}

/** A SYN that is sent again, twice. */
export function resends(story: SocketStory): SocketStory {
  return story
    .after(1000)
    .retransmits('SYN_SENT', 1000, 1)
    .after(2000)
    .retransmits('SYN_SENT', 2000, 2);
}
