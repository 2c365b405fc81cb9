// What the tests of the rules share: a story goes through lifecycle and diagnosis, with the
// machine's answers given, and comes out as the words that a reader sees.

import { errnoName } from '../../../contract/errno.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import { SessionClock } from '../../../engine/capture/clock.ts';
import { BatchDecoder } from '../../../engine/capture/decode.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { Diagnosis } from '../../../engine/diagnosis/diagnosis.ts';
import { tellVerdict } from '../../../engine/diagnosis/tell.ts';
import type { Attempt } from '../../../engine/lifecycle/attempt.ts';
import { Lifecycle } from '../../../engine/lifecycle/lifecycle.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { type SocketStory, STORY_START_NS } from '../../fixtures/socket-story.ts';
import { attempt as attemptRow } from '../renderer/attempts.ts';

export interface Judged {
  readonly attempt: Attempt;
  readonly verdict: Verdict | null;
  /** Kinds of the events that the evidence points at, in order. */
  readonly proofs: readonly string[];
}

/** The verdict on the first attempt of the stories. */
export function judged(stories: SocketStory[], context: readonly ContextDetail[] = []): Judged {
  const recorder = new LifecycleRecorder();
  const diagnosis = new Diagnosis(recorder);
  diagnosis.askFrom({ ask: () => context });
  const lifecycle = new Lifecycle(new SessionClock(STORY_START_NS), diagnosis, quietHost);
  const decoder = new BatchDecoder(lifecycle);
  for (const story of stories) decoder.decode(story.batch());
  lifecycle.tick(300_000 * 1e6);
  const [attempt] = recorder.attempts;
  if (!attempt) throw new Error('no attempt');
  const verdict = told(attempt);
  const proofs = (verdict?.evidence ?? []).flatMap(({ eventId }) => {
    return eventId === null ? [] : [recorder.events[eventId - 1]?.kind ?? '?'];
  });
  return { attempt, verdict, proofs };
}

function told(attempt: Attempt): Verdict | null {
  const { verdict } = attempt;
  if (verdict === null) return null;
  const { params, events, confidence } = verdict.finding;
  const row = attemptRow({
    outcome: attempt.outcome,
    error: attempt.errno === 0 ? null : errnoName(attempt.errno),
    comm: attempt.owner?.comm ?? null,
    pid: attempt.owner?.pid ?? null,
    localAddress: attempt.localAddress,
    localPort: attempt.localPort,
    remoteAddress: attempt.remoteAddress,
    remotePort: attempt.remotePort,
    retransmits: attempt.retransmits,
    durationMs: ((attempt.endedNs ?? 0) - (attempt.startedNs ?? 0)) / 1e6,
    closedBy: attempt.closedBy,
    verdict: { id: verdict.rule, title: '', confidence },
  });
  return tellVerdict(row, JSON.stringify({ params, events }));
}
